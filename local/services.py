"""The two servers of the local AWS as a unit."""

from __future__ import annotations

import http
import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from local.emulator import Emulator
from local.environment import Endpoints
from local.errors import LocalError
from local.http_probe import probe
from local.projects import REPOSITORY
from local.service_process import HOST, ServiceProcess

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

DEFAULT_STATE = REPOSITORY / ".local"
EMULATOR_PORT = 4566
QLDB_PORT = 4567


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports of the loopback interface on which the local AWS listens.

    Attributes
    ----------
    emulator
        Port of the emulator.
    qldb
        Port of the simulated QLDB service.
    """

    emulator: int = EMULATOR_PORT
    qldb: int = QLDB_PORT


class Services:
    """The emulator and the simulated QLDB service.

    Parameters
    ----------
    state
        Folder for logs and for the file by which running servers are found.
    ports
        Ports of the servers.
    """

    def __init__(self, *, state: Path, ports: Ports) -> None:
        self.state = state
        self.ports = ports
        self.emulator = Emulator(ports.emulator, state / "logs" / "emulator.log")
        self.qldb = ServiceProcess(
            name="the simulated QLDB service",
            command=[
                sys.executable,
                "-m",
                "qldb_simulator",
                "--port",
                str(ports.qldb),
                "--aws-endpoint",
                self.emulator.endpoint,
            ],
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
            port=ports.qldb,
            log_file=(state / "logs" / "qldb.log").absolute(),
            ready=self._qldb_answers,
        )

    @classmethod
    def found(cls, state: Path) -> Services | None:
        """Return the services that were started with a state folder; None if there are none."""
        file = _ports_file(state)
        if not file.is_file():
            return None
        return cls(state=state, ports=Ports(**json.loads(file.read_text())))

    @property
    def endpoints(self) -> Endpoints:
        """URLs of the servers."""
        return Endpoints(emulator=self.emulator.endpoint, qldb=f"http://{HOST}:{self.ports.qldb}")

    def running(self) -> dict[str, bool]:
        """Return whether each server answers, by name."""
        return {
            self.emulator.name: self.emulator.pid is not None and self.emulator.healthy(),
            self.qldb.name: self.qldb.pid is not None and self._qldb_answers(),
        }

    def start(self, *, detached: bool = False) -> None:
        """Start both servers and return when they answer.

        Parameters
        ----------
        detached
            Whether they outlive this process.

        Raises
        ------
        LocalError
            If a port is in use, or a server ended or did not answer.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        if not self.alive():
            # Before the start, so that servers are found even if the start is killed.
            _ports_file(self.state).write_text(json.dumps(asdict(self.ports)))
        try:
            self._start_both(detached=detached)
        finally:
            if not self.alive():
                _ports_file(self.state).unlink(missing_ok=True)

    def start_ended(self) -> list[str]:
        """Start each server again whose process has ended, detached and with an empty memory.

        The `loss_file` then exists; whoever refreshes Pulumi's state removes it.

        Returns
        -------
        list of str
            Names of the servers that were started.

        Raises
        ------
        LocalError
            As for `start`.
        """
        ended = [server for server in (self.emulator, self.qldb) if server.pid is None]
        for server in ended:
            loss_file(self.state).touch()
            server.start(detached=True)
        return [server.name for server in ended]

    def stop(self) -> None:
        """Stop both servers, whichever program started them.

        Raises
        ------
        LocalError
            If a server could not be ended.
        """
        try:
            self.qldb.stop()
        finally:
            self.emulator.stop()
        _ports_file(self.state).unlink(missing_ok=True)

    def require_running(self) -> None:
        """Raise an error unless both servers answer.

        Raises
        ------
        LocalError
            If one does not answer; the message names it, its log and the remedy.
        """
        silent = [name for name, answers in self.running().items() if not answers]
        if silent:
            verb = "does" if len(silent) == 1 else "do"
            raise LocalError(
                f"{' and '.join(silent)} {verb} not answer (logs: {self.state / 'logs'}): "
                f"{self._remedy()}"
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _start_both(self, *, detached: bool) -> None:
        self.emulator.start(detached=detached)
        try:
            self.qldb.start(detached=detached)
        except BaseException:
            self.emulator.stop()
            raise

    def alive(self) -> bool:
        """Return whether a process of either server is alive, even if it does not answer."""
        return self.emulator.pid is not None or self.qldb.pid is not None

    def _remedy(self) -> str:
        if self.emulator.pid is None or self.qldb.pid is None:
            return "`python -m local up` starts what has ended"
        return "wait, or `python -m local down` and `python -m local up`"

    def _qldb_answers(self) -> bool:
        answer = probe(self.ports.qldb, "/ledgers")
        return answer is not None and answer.status == http.HTTPStatus.OK


def loss_file(state: Path) -> Path:
    """Return the file that exists while Pulumi's state may describe what a server has lost.

    It is on disk, because the command that is to refresh that state may be interrupted.

    Parameters
    ----------
    state
        Folder of the local AWS.
    """
    return state / "lost-memory"


def _ports_file(state: Path) -> Path:
    return state / "ports.json"
