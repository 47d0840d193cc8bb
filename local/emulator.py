"""Runs the AWS emulator (ministack) as a child process, with IAM enforced."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.http_probe import probe
from local.service_process import HOST, ServiceProcess, temporary_folder

if TYPE_CHECKING:
    from typing import Self

_PACKAGES = "lambda-packages"
_INTERPRETER = "lambda-python"
_RUNTIME_PACKAGES = (
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
)
_LAUNCH = Path(__file__).with_name("emulator_launch.py")


class Emulator:
    """A local AWS on one port, with Kinesis, DynamoDB, Lambda, S3, SQS, IAM and others.

    Its state is in memory: `stop` leaves only the log. Requests are authenticated and
    authorized (`AUTH=true`); the root user's keys are test/test.

    A function runs in a child process of the emulator, with the emulator's interpreter and
    environment variables. Both are set up as in AWS Lambda. No setting, credential or proxy of this
    machine's user reaches a function. Of the packages in this virtual environment it sees only
    boto3 and its dependencies, as in Lambda's Python runtimes (Lambda developer guide,
    "Runtime-included SDK versions"). So a package that is missing from its archive is missing here
    too.

    Parameters
    ----------
    port
        TCP port of the loopback interface.
    log_file
        The emulator's log, truncated at every start.
    """

    name = "the AWS emulator"

    def __init__(self, port: int, log_file: Path) -> None:
        self.port = port
        log_file = log_file.absolute()
        folder = temporary_folder(log_file)
        self._process = ServiceProcess(
            name=self.name,
            command=[sys.executable, "-P", str(_LAUNCH), str(folder / _INTERPRETER)],
            environment=_environment(port, folder),
            port=port,
            log_file=log_file,
            ready=self.healthy,
            prepare=_make_lambda_runtime,
        )

    @property
    def endpoint(self) -> str:
        """URL of every service of the emulator."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the emulator while it runs, whichever program started it."""
        return self._process.pid

    def healthy(self) -> bool:
        """Return whether the emulator answers on its port, with IAM enforced."""
        answer = probe(self.port, "/_ministack/health")
        try:
            health = json.loads(answer.body) if answer else None
        except ValueError:
            return False
        return isinstance(health, dict) and health.get("auth") == "enabled"

    def start(self, *, detached: bool = False) -> None:
        """Start the emulator and return when it is healthy.

        Parameters
        ----------
        detached
            Whether it outlives this process; `Emulator(port, log_file).stop()` ends it later.

        Raises
        ------
        LocalError
            If it is already running, the port is in use, or it ended or did not answer in time.
        """
        self._process.start(detached=detached)

    def stop(self) -> None:
        """End the emulator and its functions, whichever program started it.

        Raises
        ------
        LocalError
            If the process could not be ended.
        """
        self._process.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def _make_lambda_runtime(folder: Path) -> None:
    """Create a folder with Lambda's packages, and an interpreter that sees no others."""
    packages = folder / _PACKAGES
    packages.mkdir()
    for name in _RUNTIME_PACKAGES:
        distribution = importlib.metadata.distribution(name)
        for part in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (packages / part).symlink_to(Path(str(distribution.locate_file(part))))
    interpreter = folder / _INTERPRETER
    # Without the module `site` no folder of installed packages is on the module path.
    interpreter.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    interpreter.chmod(0o755)


def _environment(port: int, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(folder / _PACKAGES),
        "AWS_EC2_METADATA_DISABLED": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        # Step Functions waits a hundredth of the time before it tries a task again.
        "SFN_WAIT_SCALE": "0.01",
        # Unused listeners on fixed ports.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # The emulator removes containers that it considers its own: hide them.
        "DOCKER_HOST": "unix:///nonexistent",
    }
