"""The user's cache folder, for everything that is downloaded or built once for all checkouts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.projects import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def cache_folder() -> Path:
    """Return the project's cache folder, in XDG_CACHE_HOME or in `~/.cache`.

    Raises
    ------
    LocalError
        If the user has no home folder and XDG_CACHE_HOME is not set.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / PIPELINE.name
    except RuntimeError as error:
        raise LocalError(
            f"there is no place for the cache ({error}): set XDG_CACHE_HOME to a folder"
        ) from error


def cached(name: str, make: Callable[[Path], None], progress: Callable[[str], None]) -> Path:
    """Return a folder of the cache, which is created on first use and never changed.

    Of several concurrent processes, one creates it and the others wait. An incomplete folder is
    never visible.

    Parameters
    ----------
    name
        Name of the folder, with the version of its content.
    make
        Fills an empty folder.
    progress
        Receives a line if this process waits for another one.

    Raises
    ------
    LocalError
        If the cache cannot be written.
    """
    target = cache_folder() / name
    try:
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(target.with_name(f"{name}.lock"), name, progress):
            if not target.is_dir():
                _make(target, make)
    except OSError as error:
        raise LocalError(
            f"the cache folder {target.parent} cannot be used ({error}); free space, make it "
            "writable, or set XDG_CACHE_HOME to another one"
        ) from error
    return target


def _make(target: Path, make: Callable[[Path], None]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        make(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextlib.contextmanager
def _exclusive(lock: Path, name: str, progress: Callable[[str], None]) -> Iterator[None]:
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"Waiting for another process that makes {name} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
