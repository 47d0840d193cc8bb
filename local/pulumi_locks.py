"""The locks with which Pulumi keeps two commands from changing one stack at once.

A file backend holds a lock as a file that names the process which made it. Pulumi removes the file
at its end, and leaves it when it is killed; every later command is then refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.quick_command import output_of

if TYPE_CHECKING:
    from pathlib import Path

_END_SECONDS = 30.0
_POLL_SECONDS = 0.1
_ZOMBIE = "Z"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock on a stack.

    Attributes
    ----------
    file
        The lock's file.
    stack
        Name of the stack, as "project/stack".
    pid
        Id of the process that made it; 0 if the file does not say.
    host
        Name of the machine of that process.
    """

    file: Path
    stack: str
    pid: int
    host: str

    def is_held(self) -> bool:
        """Return whether the process that made the lock still runs.

        A process of another machine cannot be looked up and counts as running. Process ids are
        used again, so a process that is not a Pulumi counts as another one.
        """
        if self.host != socket.gethostname():
            return True
        if self.pid <= 0:
            return False
        state, _, name = output_of(
            ["ps", "-o", "state=", "-o", "comm=", "-p", str(self.pid)]
        ).partition(" ")
        return "pulumi" in name and not state.startswith(_ZOMBIE)


def locks(backend: Path) -> list[Lock]:
    """Return all locks of a file backend.

    Parameters
    ----------
    backend
        Folder of the backend.
    """
    files = backend.glob(".pulumi/locks/organization/*/*/*.json")
    return [lock for file in sorted(files) if (lock := _read(file)) is not None]


def clear_stale(backend: Path) -> None:
    """Remove the locks whose process has ended.

    Parameters
    ----------
    backend
        Folder of the backend.
    """
    for lock in locks(backend):
        if not lock.is_held():
            _remove(lock)


def require_unlocked(backend: Path) -> None:
    """Raise an error if a running Pulumi holds a lock.

    Parameters
    ----------
    backend
        Folder of the backend.

    Raises
    ------
    LocalError
        If one does; the message names the process and what to do.
    """
    held = _held(backend)
    if held:
        raise LocalError(
            f"another Pulumi (process {held[0].pid}) is changing the stack {held[0].stack}: wait "
            "until it has ended, or stop it with Ctrl-C where it runs or with "
            f"`kill -INT {held[0].pid}`"
        )


def interrupt_holders(backend: Path) -> None:
    """Cancel every Pulumi that holds a lock; end it if it does not finish in half a minute.

    Parameters
    ----------
    backend
        Folder of the backend.

    Raises
    ------
    LocalError
        If a lock is held by a process of another machine or user.
    """
    held = _held(backend)
    for number in (signal.SIGINT, signal.SIGKILL):
        for lock in held:
            _signal(lock, number)
        deadline = time.monotonic() + _END_SECONDS
        while held and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            held = [lock for lock in held if lock.file.exists() and lock.is_held()]
        if not held:
            break
    clear_stale(backend)


def _held(backend: Path) -> list[Lock]:
    return [lock for lock in locks(backend) if lock.is_held()]


def _signal(lock: Lock, number: signal.Signals) -> None:
    if lock.host != socket.gethostname():
        raise LocalError(
            f"a Pulumi on the machine {lock.host} is changing the stack {lock.stack}: stop it "
            f"there, or delete {lock.file}"
        )
    try:
        os.kill(lock.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise LocalError(
            f"another user's Pulumi (process {lock.pid}) is changing the stack {lock.stack}: stop "
            "it first"
        ) from error


def _read(file: Path) -> Lock | None:
    """Return a lock; None if Pulumi has removed it meanwhile."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        # A file that was cut when its writer was killed.
        content = {}
    content = content if isinstance(content, dict) else {}
    pid = content.get("pid")
    return Lock(
        file=file,
        stack="/".join(file.parent.parts[-2:]),
        pid=pid if isinstance(pid, int) else 0,
        host=str(content.get("hostname", socket.gethostname())),
    )


def _remove(lock: Lock) -> None:
    for file in (lock.file, lock.file.with_name(f"{lock.file.name}.attrs")):
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
