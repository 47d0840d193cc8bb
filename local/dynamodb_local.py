"""Runs AWS's DynamoDB Local, the reference for conditions, types and limits."""

from __future__ import annotations

import hashlib
import http
import os
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.http_probe import probe
from local.java import find_java
from local.service_process import HOST, ServiceProcess, free_port
from local.user_cache import cached

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

VERSION = "2.6.1"
_LOCK_FILE = Path(__file__).with_name("dynamodb") / "artifacts.lock"
_MAIN_CLASS = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"


class DynamoDBLocal:
    """A context manager that runs DynamoDB Local, with its tables in memory.

    It accepts every access key of letters and digits, and separates the tables by access key and
    region. It listens on all interfaces of the machine; this cannot be configured.

    Parameters
    ----------
    log_file
        The engine's log, truncated at every start. Its temporary files are beside it.
    progress
        Receives a line for the user before a long step.
    """

    def __init__(self, log_file: Path, progress: Callable[[str], None]) -> None:
        self._log_file = log_file.absolute()
        self._progress = progress
        self._process: ServiceProcess | None = None

    @property
    def endpoint(self) -> str:
        """URL of the running engine.

        Raises
        ------
        LocalError
            If it has not been started.
        """
        if self._process is None:
            raise LocalError("DynamoDB Local is not running: start it before you read its endpoint")
        return f"http://{HOST}:{self._process.port}"

    def start(self) -> None:
        """Start the engine on a free port, fetching it from Maven Central on first use.

        Raises
        ------
        LocalError
            If Java is missing or too old, the engine cannot be fetched, or it does not start.
        """
        java = find_java()
        library = ensure_library(self._progress)
        port = free_port()
        process = ServiceProcess(
            name="DynamoDB Local",
            command=[
                java,
                # For a short life on few cores, a quick start counts more than full speed later.
                *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"),
                f"-Djava.library.path={library}",
                *("-cp", f"{library}{os.sep}*", _MAIN_CLASS),
                *("-inMemory", "-disableTelemetry", "-port", str(port)),
            ],
            environment={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            port=port,
            log_file=self._log_file,
            ready=lambda: _answers(port),
        )
        process.start()
        self._process = process

    def stop(self) -> None:
        """Stop the engine, which discards its tables."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def ensure_library(progress: Callable[[str], None]) -> Path:
    """Return the folder with the engine's jars and native libraries, fetching them on first use.

    Parameters
    ----------
    progress
        Receives a line for the user when they are fetched.

    Raises
    ------
    LocalError
        If they cannot be fetched, or a file does not match the lock file.
    """
    lock = _LOCK_FILE.read_text(encoding="utf-8")
    digest = hashlib.sha256(lock.encode()).hexdigest()[:8]

    def make(folder: Path) -> None:
        from local import maven  # noqa: PLC0415 (imports an HTTP client, needed on first use only)

        progress(
            f"Fetching DynamoDB Local {VERSION} from Maven Central (51 MB, once per machine) ..."
        )
        maven.fetch(maven.read_lock(lock), folder)

    return cached(f"dynamodb-local-{VERSION}-{digest}", make, progress)


def _answers(port: int) -> bool:
    # Only the engine itself refuses an unsigned request in this way.
    answer = probe(port, "/")
    return answer is not None and answer.status == http.HTTPStatus.BAD_REQUEST
