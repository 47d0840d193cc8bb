"""The emulator of AWS (ministack) as a child process, with IAM enforced."""

from __future__ import annotations

import http.client
import importlib.metadata
import json
import os
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.service_process import HOST, ServiceProcess

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_ANSWER_SECONDS = 5.0
_RUNTIME_FOLDER = "lambda-runtime"
_RUNTIME_PACKAGES = (
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
)
# The emulator starts functions with the interpreter that runs itself. That is not the one of the
# virtual environment, whose packages it gets in a way that its children do not inherit.
_LAUNCH = """
import runpy, site, sys
for folder in sys.argv[1:]:
    site.addsitedir(folder)
del sys.argv[1:]
runpy.run_module("ministack", run_name="__main__")
"""


class Emulator:
    """A local AWS on one port: Kinesis, DynamoDB, Lambda, S3, SQS, IAM and the others.

    It keeps everything in memory: after `stop` nothing of it is left but the log. Requests are
    authenticated and authorized (`AUTH=true`); the root user's keys are test/test.

    A function runs in a child process of the emulator, with its interpreter and its environment.
    So both are made here as they are in AWS Lambda. No setting, credential or proxy of this
    machine's user reaches a function, and of this virtual environment's packages only boto3 and
    what it needs, which Lambda's Python runtimes have too: what is missing in a function's own
    archive is missing here as there (Lambda developer guide, "Runtime-included SDK versions").

    Parameters
    ----------
    port
        TCP port of the loopback interface.
    log_file
        The emulator's log, begun anew at every start.
    """

    def __init__(self, port: int, log_file: Path) -> None:
        self.port = port
        self._process = ServiceProcess(
            name="the AWS emulator",
            command=[_base_interpreter(), "-P", "-c", _LAUNCH, *site.getsitepackages()],
            environment={},
            port=port,
            log_file=log_file.absolute(),
            ready=self.healthy,
            prepare=lambda folder: _link_runtime_packages(folder / _RUNTIME_FOLDER),
        )
        temporary = str(self._process.temporary_folder)
        self._process.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": temporary,
            "TMPDIR": temporary,
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": str(self._process.temporary_folder / _RUNTIME_FOLDER),
            "AWS_EC2_METADATA_DISABLED": "true",
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "AUTH": "true",
            # Listeners on fixed ports that nothing here uses.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # The emulator removes containers that it takes for its own; keep it from looking.
            "DOCKER_HOST": "unix:///nonexistent",
        }

    @property
    def endpoint(self) -> str:
        """URL of every service of the emulator."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Number of the emulator's process while it runs, whichever program started it."""
        return self._process.pid

    def healthy(self) -> bool:
        """Tell whether the emulator answers on its port, with IAM enforced."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", "/_ministack/health")
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        return isinstance(answer, dict) and answer.get("auth") == "enabled"

    def start(self, *, detached: bool = False) -> None:
        """Start the emulator and return when it is healthy.

        Parameters
        ----------
        detached
            Whether it goes on after this process; `Emulator(port, log_file).stop()` ends it later.

        Raises
        ------
        LocalError
            It runs already, the port is taken, or it died or gave no answer in time.
        """
        self._process.start(detached=detached)

    def stop(self) -> None:
        """End the emulator and its functions, whichever program started it.

        Raises
        ------
        LocalError
            The process could not be ended.
        """
        self._process.stop()

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


def _base_interpreter() -> str:
    """Return the interpreter that this virtual environment was made from."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix) / "bin" / version
    return str(base) if base.is_file() else sys.executable


def _link_runtime_packages(folder: Path) -> None:
    """Make a folder with links to the packages that Lambda's Python runtimes bring."""
    folder.mkdir()
    for name in _RUNTIME_PACKAGES:
        distribution = importlib.metadata.distribution(name)
        for part in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (folder / part).symlink_to(Path(str(distribution.locate_file(part))))
