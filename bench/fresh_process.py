"""Runs modules of the benchmark in fresh processes, with the function's environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.workloads import replica_tables
from handler.contract import METRICS_NAMESPACE, SERVICE_NAME, Variable
from local.environment import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCESS_KEY: Final = "test"
_REPOSITORY: Final = Path(__file__).resolve().parent.parent
_MAX_SECONDS: Final = 300


class MeasurementError(Exception):
    """A measurement failed; the text names which one."""


def run_module(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Run a module of the benchmark in a fresh process.

    Parameters
    ----------
    module
        Name of the module. It takes the arguments, the name of a file for its result, and the
        options.
    arguments, options
        Arguments and options of the module.
    environment
        Result of `function_environment`.

    Returns
    -------
    dict
        The result that the module wrote.

    Raises
    ------
    MeasurementError
        If the process fails; the message ends with its last line.
    """
    with tempfile.TemporaryDirectory() as temporary:
        result = Path(temporary) / "result.json"
        log = Path(temporary) / "errors.txt"
        with log.open("wb") as errors:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments, str(result), *options],
                cwd=_REPOSITORY,
                env=dict(environment),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                timeout=_MAX_SECONDS,
                check=False,
            )
        if done.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise MeasurementError(f"{module} {' '.join(arguments)} failed: {''.join(last)}")
        fields: dict[str, Any] = json.loads(result.read_text())
        return fields


def function_environment(endpoint: str, access_key: str = ACCESS_KEY) -> dict[str, str]:
    """Return the environment of the deployed function, with another DynamoDB and without S3.

    The user's own account must not be used.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "t" * 600,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "replica",
        Variable.REPLICA_TABLES: json.dumps(replica_tables(), separators=(",", ":")),
        Variable.FAILURE_BUCKET: "failures",
        Variable.SERVICE_NAME: SERVICE_NAME,
        Variable.METRICS_NAMESPACE: METRICS_NAMESPACE,
        Variable.LOG_LEVEL: "INFO",
    }
