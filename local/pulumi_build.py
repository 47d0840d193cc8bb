"""Builds the Pulumi command line from its Go modules, if no release can be downloaded."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from local import language_host
from local.errors import LocalError
from local.long_command import run_long_command
from local.quick_command import output_of, version_in

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINE = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
LANGUAGE_HOST_SCRIPT = "pulumi-language-python-exec"
"""The language host starts the program with this script, which it expects beside itself."""

INSTALL_YOURSELF = "install Pulumi yourself (www.pulumi.com/docs/install) and put it on PATH"

_MODULES = Path(__file__).with_name("pulumi")
_LAUNCHER = Path(language_host.__file__)
_ENGINE_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_LANGUAGE_HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_BUILD_SECONDS = 1800.0


def sources_digest() -> str:
    """Return a short hash of this repository's part of the build; a new hash causes a new build."""
    digest = hashlib.sha256(_LAUNCHER.read_bytes())
    for file in sorted(_MODULES.glob("*/go.*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def build(target: Path, version: str, progress: Callable[[str], None]) -> None:
    """Build engine and language host into a folder.

    Parameters
    ----------
    target
        The folder; created if it is missing.
    version
        The version that the engine reports.
    progress
        Receives lines for the user.

    Raises
    ------
    LocalError
        If Go is missing or too old, or the build fails.
    """
    go = _go()
    target.mkdir(exist_ok=True)
    log = target / "build.log"

    def build_package(module: str, package: str, stamp: str, title: str) -> None:
        run_long_command(
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
            remedy=INSTALL_YOURSELF,
            progress=progress,
        )

    build_package(
        "engine",
        _ENGINE_PACKAGE,
        version,
        "Building the Pulumi engine from its Go module (about 4 minutes, once per machine)",
    )
    host_version = _go_list(go, _MODULES / "language_host", "{{.Version}}").removeprefix("v")
    build_package(
        "language_host",
        _LANGUAGE_HOST_PACKAGE,
        host_version,
        "Building the Pulumi language host for Python (about a minute)",
    )
    (target / LANGUAGE_HOST).rename(target / language_host.BUILT_HOST)
    _copy_program(_LAUNCHER, target / LANGUAGE_HOST)
    sdk = Path(_go_list(go, _MODULES / "engine", "{{.Dir}}"))
    _copy_program(
        sdk / "python" / "cmd" / LANGUAGE_HOST_SCRIPT,
        target / LANGUAGE_HOST_SCRIPT,
    )
    log.unlink()


def _copy_program(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _go() -> str:
    """Return the Go command, if it is new enough for the engine's module."""
    go = shutil.which("go")
    needed = _required_go()
    if go is None:
        raise LocalError(
            f"neither the Pulumi command line nor Go is on PATH: install Go {needed} or newer "
            f"(go.dev/dl), or {INSTALL_YOURSELF}"
        )
    # Inside the module, Go 1.21 and newer fetch the version that the module requires, if allowed.
    answer = output_of([go, "version"], folder=_MODULES / "engine", environment=_go_environment())
    found = version_in(answer)
    if found is None or found < (version_in(needed) or found):
        raise LocalError(
            f"Go {needed} or newer is needed to build the Pulumi command line; {go} is "
            f"{answer or 'older'}: install a newer one (go.dev/dl), or {INSTALL_YOURSELF}"
        )
    return go


def _required_go() -> str:
    text = (_MODULES / "engine" / "go.mod").read_text(encoding="utf-8")
    line = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if line is None:
        raise LocalError("local/pulumi/engine/go.mod names no Go version: restore the file")
    return line[1]


def _go_environment() -> dict[str, str]:
    """Return the user's environment without settings that would change the build."""
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
    answer = output_of(
        [go, "list", "-mod=readonly", "-m", "-f", template, _SDK_MODULE],
        folder=module,
        environment=_go_environment(),
    )
    if not answer:
        raise LocalError(f"{go} cannot find {_SDK_MODULE}; {INSTALL_YOURSELF}")
    return answer
