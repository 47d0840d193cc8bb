"""The logs of the local AWS: what each of them has received since it was read last."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local import aws
from local.errors import LocalError
from local.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVERS = ("emulator", "qldb")
FUNCTION = "function"
_MAX_EVENTS = 10_000
"""In one answer (CloudWatch Logs API reference, FilterLogEvents)."""


class LogSource(Protocol):
    """A log that can be read on."""

    def new_lines(self) -> Iterator[str]:
        """Yield the lines since the last call, all of them at first.

        Raises
        ------
        LocalError
            If the log cannot be read now.
        """


class ServerLog:
    """A server's log file, which stays when the server ends.

    Parameters
    ----------
    file
        The file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = 0

    def new_lines(self) -> Iterator[str]:
        """Yield the lines since the last call, the last one even if it has no end yet."""
        try:
            file = self._file.open("rb")
        except FileNotFoundError:
            raise LocalError(
                f"there is no log {self._file}: `python -m local up` starts the servers"
            ) from None
        with file:
            if self._file.stat().st_size < self._position:
                # The server was started again, which truncates its log.
                self._position = 0
            file.seek(self._position)
            for line in file:
                self._position += len(line)
                yield line.decode(errors="replace").rstrip("\n")


class FunctionLog:
    """The log of the function, in the emulator's CloudWatch Logs and lost with it.

    Parameters
    ----------
    state
        Folder of the local AWS.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._groups: dict[str, LogGroup] = {}

    def new_lines(self) -> Iterator[str]:
        """Yield the lines since the last call, each with its time."""
        services = Services.found(self._state)
        if services is None or not services.emulator.healthy():
            raise LocalError(
                "the function's log is in the emulator's memory, and the emulator does not "
                "answer: what it wrote of the function is in `python -m local logs emulator`"
            )
        endpoint = services.endpoints.emulator
        try:
            functions = aws.client("lambda", endpoint).list_functions()["Functions"]
            for name in (function["LoggingConfig"]["LogGroup"] for function in functions):
                group = self._groups.setdefault(name, LogGroup(name))
                yield from group.new_lines(aws.client("logs", endpoint))
        except (BotoCoreError, ClientError) as error:
            raise LocalError(f"the function's log cannot be read: {error}") from error
        if not functions:
            raise LocalError("no function is deployed: `python -m local up` deploys both stacks")


class LogGroup:
    """A log group of CloudWatch Logs.

    Parameters
    ----------
    name
        The log group's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = 0
        self._read_of_last: Counter[str] = Counter()
        """Events of the millisecond `_last` that were read, by log stream."""

    def new_lines(self, logs: Any) -> Iterator[str]:  # noqa: ANN401 (a boto3 client)
        """Yield the events since the last call, each with its time.

        Parameters
        ----------
        logs
            A client of CloudWatch Logs.
        """
        while events := logs.filter_log_events(
            logGroupName=self._name, startTime=self._last, limit=_MAX_EVENTS
        )["events"]:
            seen = self._read_of_last.copy()
            fresh = 0
            for event in events:
                stream, at = event["logStreamName"], event["timestamp"]
                if at == self._last and seen[stream]:
                    seen[stream] -= 1
                    continue
                if at != self._last:
                    self._last = at
                    self._read_of_last.clear()
                    seen.clear()
                self._read_of_last[stream] += 1
                fresh += 1
                time = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
                yield f"{time.removesuffix('+00:00')}Z {event['message'].rstrip()}"
            if not fresh or len(events) < _MAX_EVENTS:
                return


def open_source(name: str, state: Path) -> LogSource:
    """Return a log by its name.

    Parameters
    ----------
    name
        One of `SERVERS`, or `FUNCTION`.
    state
        Folder of the local AWS.
    """
    return FunctionLog(state) if name == FUNCTION else ServerLog(state / "logs" / f"{name}.log")
