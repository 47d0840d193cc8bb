"""The emulator starts with IAM enforced, is found again, and always ends.

The emulator's services are not tested here.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator import Emulator
from local.errors import LocalError
from local.projects import REPOSITORY
from local.service_process import HOST, free_port, port_is_taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "emulator.log"


@pytest.fixture
def emulator(log_file: Path) -> Iterator[Emulator]:
    instance = Emulator(free_port(), log_file)
    yield instance
    instance.stop()


def invoke_as_function(emulator: Emulator, source: str) -> dict[str, Any]:
    """Deploy a module with a `run` function, call it once and return its answer."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", source)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = boto3.client("iam", endpoint_url=emulator.endpoint)
    functions = boto3.client("lambda", endpoint_url=emulator.endpoint)
    with contextlib.closing(iam), contextlib.closing(functions):
        role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))
        functions.create_function(
            FunctionName="function",
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.run",
            Code={"ZipFile": archive.getvalue()},
        )
        result: dict[str, Any] = json.loads(
            functions.invoke(FunctionName="function")["Payload"].read()
        )
    return result


def wait_until_free(port: int) -> None:
    deadline = time.monotonic() + 5
    while port_is_taken(port):
        assert time.monotonic() < deadline, "the emulator still listens"
        time.sleep(0.02)


def test_serves_with_iam_enforced_and_leaves_nothing(emulator: Emulator, log_file: Path) -> None:
    emulator.start()
    unknown_user = boto3.client(
        "dynamodb",
        endpoint_url=emulator.endpoint,
        aws_access_key_id="AKIAUNKNOWN",
        aws_secret_access_key="unknown",
    )
    root = boto3.client("dynamodb", endpoint_url=emulator.endpoint)
    with contextlib.closing(unknown_user), contextlib.closing(root):
        assert root.list_tables()["TableNames"] == []
        with pytest.raises(ClientError, match=r"UnrecognizedClientException"):
            unknown_user.list_tables()

    emulator.stop()

    assert not emulator.healthy()
    assert emulator.pid is None
    assert not port_is_taken(emulator.port)
    assert [path.name for path in log_file.parent.iterdir() if path.is_dir()] == []


def test_a_function_has_what_lambda_has_and_nothing_of_this_machine(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", "http://elsewhere.invalid")
    emulator.start()
    handler = (
        "import importlib.util, os\n"
        "def run(event, context):\n"
        "    names = ('boto3', 'dateutil', 'ministack', 'pulumi', 'pytest')\n"
        "    modules = [n for n in names if importlib.util.find_spec(n)]\n"
        "    return {'modules': modules, 'environment': dict(os.environ)}\n"
    )

    answer = invoke_as_function(emulator, handler)

    assert answer["modules"] == ["boto3", "dateutil"]
    assert answer["environment"]["AWS_ENDPOINT_URL"] == emulator.endpoint
    assert not {"HTTPS_PROXY", "AWS_ENDPOINT_URL_KINESIS"} & set(answer["environment"])


def test_a_taken_port_is_named_with_the_remedy(log_file: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(LocalError, match=rf"port {port}.*lsof -i :{port}"):
            Emulator(port, log_file).start()


def test_a_second_start_is_refused_while_it_runs(emulator: Emulator, log_file: Path) -> None:
    emulator.start()

    with pytest.raises(LocalError, match=rf"already running \(process {emulator.pid}.*local down"):
        Emulator(emulator.port, log_file).start()

    assert emulator.healthy()


def test_a_detached_emulator_is_ended_by_another_object(emulator: Emulator, log_file: Path) -> None:
    emulator.start(detached=True)

    Emulator(emulator.port, log_file).stop()

    assert emulator.pid is None
    assert not port_is_taken(emulator.port)


@pytest.mark.parametrize("detached", [False, True])
def test_it_ends_with_its_killed_parent_unless_detached(
    emulator: Emulator, log_file: Path, *, detached: bool
) -> None:
    program = (
        "import os, signal, pathlib, local.emulator as e\n"
        f"e.Emulator({emulator.port}, pathlib.Path({str(log_file)!r})).start(detached={detached})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )

    if detached:
        assert emulator.healthy()
    else:
        wait_until_free(emulator.port)
