"""The Pulumi command line: the one on PATH, else installed, else built from its Go modules.

The provider of AWS is no part of it; see `pulumi_aws_standin`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.user_cache import cached

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Progress = Callable[[str], None]

ENGINE = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
# The language host starts the program with this script, which it expects beside itself.
LANGUAGE_HOST_SCRIPT = "pulumi-language-python-exec"

_MODULES = Path(__file__).with_name("pulumi")
_ENGINE_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_LANGUAGE_HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_ANSWER_SECONDS = 30.0
_INSTALL_SECONDS = 240.0
_BUILD_SECONDS = 1800.0
_PROGRESS_SECONDS = 15.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 8

_INSTALL_YOURSELF = "install Pulumi yourself (www.pulumi.com/docs/install) and put it on PATH"
_INSTALL = """
import sys
from pulumi.automation import PulumiCommand
try:
    PulumiCommand.install(root=sys.argv[1])
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def ensure_pulumi(progress: Progress) -> Path:
    """Return the folder of a usable Pulumi command line, getting one if there is none.

    It must be at least as new as the Pulumi SDK in use, which is the version that this project is
    tested with. One that is fetched or built is kept in the user's cache for every checkout.

    Parameters
    ----------
    progress
        Receives a line for a person when something takes long.

    Returns
    -------
    pathlib.Path
        Folder of `pulumi`. Its companions `pulumi-language-python` and
        `pulumi-language-python-exec` are in the same folder or on PATH.

    Raises
    ------
    LocalError
        None is there and none can be had: no network and no Go, for instance.
    """
    version = importlib.metadata.version("pulumi")
    found = on_path(version, progress)
    if found is not None:
        return found
    name = f"pulumi-{version}-{platform.system()}-{platform.machine()}".lower()
    folder = cached(name, lambda target: _install_or_build(target, version, progress), progress)
    return folder / "bin"


def on_path(version: str, progress: Progress) -> Path | None:
    """Return the folder of the `pulumi` on PATH, or None if it is missing, too old or incomplete.

    Parameters
    ----------
    version
        The oldest version that will do.
    progress
        Receives the reason why one is not used.
    """
    executable = shutil.which(ENGINE)
    if executable is None:
        return None
    answer = _output([executable, "version"])
    found = _version(answer)
    if found is None:
        progress(f"{executable} is not used: it does not tell its version")
        return None
    if found < (_version(version) or found):
        progress(f"{executable} is not used: {answer} is older than the SDK's {version}")
        return None
    # A package manager links the executable; its companions are where the link leads.
    folder = Path(executable).resolve().parent
    if (folder / LANGUAGE_HOST).is_file() and (folder / LANGUAGE_HOST_SCRIPT).is_file():
        return folder
    host = shutil.which(LANGUAGE_HOST)
    if host is not None and Path(host).resolve().with_name(LANGUAGE_HOST_SCRIPT).is_file():
        return Path(executable).parent
    progress(f"{executable} is not used: it has no {LANGUAGE_HOST} beside it or on PATH")
    return None


def _install_or_build(target: Path, version: str, progress: Progress) -> None:
    if not _install(target, progress):
        _build(target / "bin", version, progress)


def _install(target: Path, progress: Progress) -> bool:
    """Let the SDK download the release; tell whether it could."""
    log = target / "install.log"
    try:
        _run(
            [sys.executable, "-c", _INSTALL, str(target)],
            title="Downloading the Pulumi command line",
            folder=target,
            environment={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            log=log,
            seconds=_INSTALL_SECONDS,
            progress=progress,
        )
    except LocalError:
        progress("The Pulumi command line cannot be downloaded from here; it is built instead")
        return False
    finally:
        log.unlink(missing_ok=True)
    needed = (ENGINE, LANGUAGE_HOST, LANGUAGE_HOST_SCRIPT)
    return all((target / "bin" / name).is_file() for name in needed)


def _build(target: Path, version: str, progress: Progress) -> None:
    go = _go()
    target.mkdir(exist_ok=True)
    log = target / "build.log"

    def build(module: str, package: str, stamp: str, title: str) -> None:
        _run(
            [
                *(go, "build", "-mod=readonly", "-buildvcs=false", "-trimpath"),
                *("-tags", "osusergo,grpcnotrace"),
                *("-ldflags", f"-s -w -X {_VERSION_VARIABLE}=v{stamp}"),
                *("-o", f"{target}/", package),
            ],
            title=title,
            folder=_MODULES / module,
            environment=_go_environment(),
            log=log,
            seconds=_BUILD_SECONDS,
            progress=progress,
        )

    build(
        "engine",
        _ENGINE_PACKAGE,
        version,
        "Building the Pulumi engine from its Go module (about 4 minutes, once per machine)",
    )
    host_version = _go_list(go, _MODULES / "language_host", "{{.Version}}").removeprefix("v")
    build(
        "language_host",
        _LANGUAGE_HOST_PACKAGE,
        host_version,
        "Building the Pulumi language host for Python (about a minute)",
    )
    sdk = Path(_go_list(go, _MODULES / "engine", "{{.Dir}}"))
    script = target / LANGUAGE_HOST_SCRIPT
    shutil.copyfile(sdk / "python" / "cmd" / LANGUAGE_HOST_SCRIPT, script)
    script.chmod(0o755)
    log.unlink()


def _go() -> str:
    """Return the Go command, if it is new enough for the engine's module."""
    go = shutil.which("go")
    needed = _required_go()
    if go is None:
        raise LocalError(
            f"neither the Pulumi command line nor Go is on PATH: install Go {needed} or newer "
            f"(go.dev/dl), or {_INSTALL_YOURSELF}"
        )
    # Inside the module, Go 1.21 and newer fetch the version that the module asks for, if they may.
    answer = _output([go, "version"], folder=_MODULES / "engine", environment=_go_environment())
    found = _version(answer)
    if found is None or found < (_version(needed) or found):
        raise LocalError(
            f"Go {needed} or newer is needed to build the Pulumi command line, {go} is "
            f"{answer or 'older'}: install a newer one (go.dev/dl), or {_INSTALL_YOURSELF}"
        )
    return go


def _required_go() -> str:
    text = (_MODULES / "engine" / "go.mod").read_text(encoding="utf-8")
    line = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if line is None:
        raise LocalError("local/pulumi/engine/go.mod names no Go version: restore the file")
    return line[1]


def _go_environment() -> dict[str, str]:
    """Return the user's environment without the settings that would change what is built."""
    return {
        **os.environ,
        "GOFLAGS": "",
        "GOWORK": "off",
        "GO111MODULE": "on",
        "CGO_ENABLED": "0",
        "GOOS": "",
        "GOARCH": "",
    }


def _go_list(go: str, module: Path, template: str) -> str:
    answer = _output(
        [go, "list", "-mod=readonly", "-m", "-f", template, _SDK_MODULE],
        folder=module,
        environment=_go_environment(),
    )
    if not answer:
        raise LocalError(f"{go} cannot tell where {_SDK_MODULE} is; {_INSTALL_YOURSELF}")
    return answer


def _output(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return what a quick command prints, or an empty text where it fails."""
    environment = {**(environment or os.environ), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _version(text: str) -> tuple[int, int, int] | None:
    """Return the first version number in a text, its patch number 0 where it has none."""
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)) if numbers else None


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started; nothing happens if it has ended."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _run(
    command: Sequence[str],
    *,
    title: str,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    seconds: float,
    progress: Progress,
) -> None:
    """Run a long command, telling every few seconds that it goes on."""
    progress(f"{title} ...")
    begun = time.monotonic()
    told = begun
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while (status := child.poll()) is None:
                now = time.monotonic()
                if now - begun > seconds:
                    raise LocalError(f"{title}: gave up after {seconds:.0f} s; {_INSTALL_YOURSELF}")
                if now - told > _PROGRESS_SECONDS:
                    told = now
                    progress(f"{title} ... {now - begun:.0f} s")
                time.sleep(_POLL_SECONDS)
        finally:
            _end(child)
    if status != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise LocalError("\n  ".join([f"{title} failed; {_INSTALL_YOURSELF}", *lines]))
