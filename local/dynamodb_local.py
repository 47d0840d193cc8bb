"""AWS's own DynamoDB Local: the engine for everything about conditions, types and limits."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.service_process import HOST, ServiceProcess, free_port
from local.user_cache import cached

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

VERSION = "2.6.1"
# Its classes are compiled for Java 17.
_JAVA_MAJOR = 17
_LOCK_FILE = Path(__file__).with_name("dynamodb") / "artifacts.lock"
_MAIN_CLASS = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
_ANSWER_SECONDS = 5.0


class DynamoDBLocal:
    """One DynamoDB Local that keeps its tables in memory, for as long as the context is open.

    It accepts every access key of letters and digits, and keeps the tables of each access key and
    region apart. It listens on all interfaces of the machine; it has no setting for that.

    Parameters
    ----------
    log_file
        The engine's log, begun anew at every start. Its temporary files lie beside it.
    progress
        Receives a line for a person when something takes long.
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
            It has not been started.
        """
        if self._process is None:
            raise LocalError("DynamoDB Local is not running: start it before asking where it is")
        return f"http://{HOST}:{self._process.port}"

    def start(self) -> None:
        """Start the engine on a free port, fetching it from Maven Central on first use.

        Raises
        ------
        LocalError
            Java is missing or too old, the engine cannot be fetched, or it does not start.
        """
        java = find_java()
        library = ensure_library(self._progress)
        port = free_port()
        process = ServiceProcess(
            name="DynamoDB Local",
            command=[
                java,
                # A short life on few cores: start quickly rather than run at full speed later.
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
        """End the engine; its tables are gone."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def ensure_library(progress: Callable[[str], None]) -> Path:
    """Return the folder with the engine's jars and native libraries, fetching them on first use.

    Parameters
    ----------
    progress
        Receives a line for a person when they have to be fetched.

    Raises
    ------
    LocalError
        They cannot be fetched, or a file is not the one that the lock file names.
    """
    lock = _LOCK_FILE.read_text(encoding="utf-8")
    digest = hashlib.sha256(lock.encode()).hexdigest()[:8]

    def make(folder: Path) -> None:
        # It brings an HTTP client, which only the first use on a machine needs.
        from local import maven  # noqa: PLC0415

        progress(
            f"Fetching DynamoDB Local {VERSION} from Maven Central (51 MB, once per machine) ..."
        )
        maven.fetch(maven.read_lock(lock), folder)

    return cached(f"dynamodb-local-{VERSION}-{digest}", make, progress)


def find_java() -> str:
    """Return the Java command that is new enough: of JAVA_HOME, else the one on PATH.

    Raises
    ------
    LocalError
        There is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    candidates += [found for found in [shutil.which("java")] if found]
    majors = {java: _java_major(java) for java in candidates}
    for java, major in majors.items():
        if major >= _JAVA_MAJOR:
            return java
    found = ", ".join(f"{java} is Java {major}" for java, major in majors.items() if major)
    raise LocalError(
        f"DynamoDB Local needs Java {_JAVA_MAJOR} ({found or 'there is none'}): install a Java "
        f"runtime, {_JAVA_MAJOR} or newer, and put `java` on PATH"
    )


def _java_major(java: str) -> int:
    """Return the major version of a Java command, or 0 if it does not run."""
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    # `version "17.0.15"`; until Java 8 `version "1.8.0_392"`.
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(version[1]) if version else 0


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/")
        # An unsigned request is refused, which only the engine itself can do.
        return connection.getresponse().status == http.HTTPStatus.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
