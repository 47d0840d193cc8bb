"""Where replays keep what they remember."""

from __future__ import annotations

import os
from pathlib import Path

from infra.project import PROJECT
from ops.errors import OpsError

_FORMER_PROJECT = "qldb-journal-to-dynamodb"
"""In place of `PROJECT`, where replays that are not complete yet may have begun."""

_SUFFIXES = ("", "-wal", "-shm")
"""A database of SQLite and the files beside it (SQLite documentation, "Temporary Files")."""


def state_file(folder: Path | None, digest: str) -> Path:
    """Return the file of a replay, whose folder is made. One under a former name goes on there.

    Parameters
    ----------
    folder
        As the user gave it; None for XDG_STATE_HOME, or ``~/.local/state``.
    digest
        Stands for the work of the replay.

    Raises
    ------
    OpsError
        If the folder cannot be made.
    """
    name = f"{digest[:32]}.sqlite"
    try:
        if folder is not None:
            place = folder
        else:
            home = _state_home()
            place, former = (home / each / "replay" for each in (PROJECT, _FORMER_PROJECT))
            if (former / name).exists() and not (place / name).exists():
                return former / name
        place.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OpsError(
            f"there is no place for what the replay remembers ({reason}): name a folder with "
            "--state"
        ) from None
    return place / name


def remove(file: Path) -> None:
    """Remove the file of a replay, if it is there."""
    for suffix in _SUFFIXES:
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _state_home() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return Path(home) if home else Path.home() / ".local" / "state"
