"""Finds a Pulumi command line: on PATH, else by download, else by building it.

The AWS provider is not part of it; see `pulumi_aws_standin`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.long_command import run_long_command
from local.pulumi_build import (
    ENGINE,
    INSTALL_YOURSELF,
    LANGUAGE_HOST,
    LANGUAGE_HOST_SCRIPT,
    build,
    sources_digest,
)
from local.quick_command import output_of, version_in
from local.user_cache import cached

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[str], None]

_INSTALL_SECONDS = 240.0
_INSTALL = """
import sys
from pulumi.automation import PulumiCommand
try:
    PulumiCommand.install(root=sys.argv[1])
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def ensure_pulumi(progress: Progress) -> Path:
    """Return the folder of a usable Pulumi command line; download or build it if there is none.

    It must be at least as new as the Pulumi SDK in use, the version that this project is tested
    with. A downloaded or built one is stored in the user's cache for all checkouts.

    Parameters
    ----------
    progress
        Receives a line for the user before a long step.

    Returns
    -------
    pathlib.Path
        Folder of `pulumi`. Its companions `pulumi-language-python` and
        `pulumi-language-python-exec` are in the same folder or on PATH.

    Raises
    ------
    LocalError
        If `pulumi` is missing or too old, and can be neither downloaded nor built.
    """
    version = importlib.metadata.version("pulumi")
    found = on_path(version, progress)
    if found is not None:
        return found
    machine = f"{platform.system()}-{platform.machine()}".lower()
    name = f"pulumi-{version}-{machine}-{sources_digest()}"
    folder = cached(name, lambda target: _install_or_build(target, version, progress), progress)
    return folder / "bin"


def on_path(version: str, progress: Progress) -> Path | None:
    """Return the folder of the `pulumi` on PATH, or None if it is missing, too old or incomplete.

    Parameters
    ----------
    version
        The oldest version that is accepted.
    progress
        Receives the reason if `pulumi` is not used.
    """
    executable = shutil.which(ENGINE)
    if executable is None:
        return None
    answer = output_of([executable, "version"])
    found = version_in(answer)
    if found is None:
        progress(f"{executable} is not used: it does not print its version")
        return None
    if found < (version_in(version) or found):
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
        build(target / "bin", version, progress)


def _install(target: Path, progress: Progress) -> bool:
    """Download the release with the SDK; return whether that succeeded."""
    log = target / "install.log"
    try:
        run_long_command(
            [sys.executable, "-c", _INSTALL, str(target)],
            title="Downloading the Pulumi command line",
            folder=target,
            environment={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            log=log,
            seconds=_INSTALL_SECONDS,
            remedy=INSTALL_YOURSELF,
            progress=progress,
        )
    except LocalError:
        progress("The Pulumi command line cannot be downloaded; it is built instead")
        return False
    finally:
        log.unlink(missing_ok=True)
    needed = (ENGINE, LANGUAGE_HOST, LANGUAGE_HOST_SCRIPT)
    return all((target / "bin" / name).is_file() for name in needed)
