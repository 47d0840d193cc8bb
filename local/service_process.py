"""Runs a server as a child process, which can also be found again and stopped later.

Every local server runs this way: the emulator, the simulated QLDB, DynamoDB Local.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HOST = "127.0.0.1"
_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_POLL_SECONDS = 0.03
_PROBE_SECONDS = 1.0
_STOP_SECONDS = 10.0
_TAIL_LINES = 12


def free_port() -> int:
    """Return a TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_taken(port: int) -> bool:
    """Return whether a TCP port of this machine is in use."""
    with socket.socket() as probe:
        probe.settimeout(_PROBE_SECONDS)
        return probe.connect_ex((HOST, port)) == 0


def temporary_folder(log_file: Path) -> Path:
    """Return the folder for a server's temporary files, beside its log; `stop` removes it."""
    return log_file.with_suffix(".tmp")


@dataclass(kw_only=True)
class ServiceProcess:
    """A server with its log and its process file.

    The server and its children form a process group, which is ended as a whole. The server holds a
    lock on the process file while it runs. A file without a lock is stale, so another program with
    the same process id is never mistaken for the server.

    Attributes
    ----------
    name
        Name of the server in messages, such as "the emulator".
    command
        Program and arguments.
    environment
        The complete environment of the server; nothing is inherited.
    port
        TCP port of the loopback interface.
    log_file
        Receives standard output and standard error; truncated at every start. The process file and
        the server's temporary folder are beside it.
    ready
        Returns whether the server answers. Called often, so it must be quick and must not raise.
    start_seconds
        Time limit until the server is ready.
    prepare
        Called before the start with the server's temporary folder, which is empty.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    log_file: Path
    ready: Callable[[], bool]
    start_seconds: float = 30.0
    prepare: Callable[[Path], None] | None = None
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def _process_file(self) -> Path:
        return self.log_file.with_suffix(".pid")

    @property
    def pid(self) -> int | None:
        """Id of the server's process and process group while it runs."""
        try:
            with self._process_file.open("rb") as file:
                if _lock(file.fileno()):
                    return None
                return int(file.read() or b"0") or None
        except FileNotFoundError:
            return None

    def start(self, *, detached: bool = False) -> None:
        """Start the server and return when it answers.

        Parameters
        ----------
        detached
            Whether the server outlives this process; `stop` of an equal object ends it later.
            Otherwise it ends with this process, even if this process is killed.

        Raises
        ------
        LocalError
            If the server is already running, its port is in use, or it ended or did not answer in
            time.
        """
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._process_file.open("a+b") as process_file:
            if not _lock(process_file.fileno()):
                raise LocalError(
                    f"{self.name} is already running (process {self.pid}, log {self.log_file}); "
                    "`python -m local down` stops it"
                )
            if port_is_taken(self.port):
                raise LocalError(
                    f"{self.name} cannot listen on port {self.port}: another program does; "
                    f"`lsof -i :{self.port}` shows which: stop it or choose another port"
                )
            folder = temporary_folder(self.log_file)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            if self.prepare is not None:
                self.prepare(folder)
            process_file.truncate(0)
            child = self._spawn(process_file.fileno(), detached=detached)
            process_file.write(str(child.pid).encode())
        self._child = child
        try:
            self._wait_until_ready(child)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and its children, and remove its temporary files. The log stays.

        Raises
        ------
        LocalError
            If the process could not be ended within ten seconds.
        """
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        if self._child is not None:
            self._child.wait(_STOP_SECONDS)
            if self._child.stdin is not None:
                self._child.stdin.close()
            self._child = None
        if pid is not None:
            self._wait_until_gone(pid)
        shutil.rmtree(temporary_folder(self.log_file), ignore_errors=True)

    def _spawn(self, lock: int, *, detached: bool) -> subprocess.Popen[bytes]:
        supervised = [] if detached else [sys.executable, "-IS", str(_SUPERVISOR), str(lock)]
        with self.log_file.open("wb") as log:
            try:
                return subprocess.Popen(
                    [*supervised, *self.command],
                    stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(self.environment),
                    pass_fds=(lock,),
                    start_new_session=True,
                )
            except OSError as error:
                raise LocalError(f"{self.name} cannot be started: {error}") from error

    def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self.ready():
            status = child.poll()
            if status is not None:
                raise self._not_ready(f"ended at once (status {status})")
            if time.monotonic() > deadline:
                raise self._not_ready(f"did not answer within {self.start_seconds:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _not_ready(self, what: str) -> LocalError:
        return LocalError(
            f"{self.name} {what}; the end of {self.log_file}:\n{_tail(self.log_file)}"
        )

    def _wait_until_gone(self, pid: int) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while self.pid == pid or port_is_taken(self.port):
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} (process {pid}) does not end; try `kill -9 -{pid}`")
            time.sleep(_POLL_SECONDS)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log_file: Path) -> str:
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:]) or "  (nothing was logged)"
