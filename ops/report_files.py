"""Files into which a command writes its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.errors import OpsError

if TYPE_CHECKING:
    from pathlib import Path


def check_writable(path: Path) -> None:
    """Raise an error before long work, and not after it.

    Raises
    ------
    OpsError
        If the file cannot be written.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise OpsError(f"{path} cannot be written: give a file in a folder that exists")


def write_report(path: Path, text: str) -> None:
    """Write a report.

    Raises
    ------
    OpsError
        If the file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OpsError(f"{path} cannot be written: {error.strerror}") from None
