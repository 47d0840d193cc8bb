"""Proves the process that the engine starts, and calls of services that do not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from pulumi_aws_standin import plugin_folder
from pulumi_aws_standin.testing import CallError, Engine, urn_of

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_QLDB": "http://127.0.0.1:9",
}
PROGRAM = plugin_folder() / "pulumi-resource-aws"


def test_a_failed_call_names_type_and_name_and_is_no_success() -> None:
    with pytest.raises(
        CallError, match=r'creating aws:qldb/ledger:Ledger "thing": NoAnswer: the QLDB'
    ) as error:
        Engine(ENVIRONMENT).create(
            urn_of("aws:qldb/ledger:Ledger"), {"permissionsMode": "STANDARD"}
        )
    assert error.value.detail is None


def test_the_program_prints_its_port_and_nothing_else(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    with subprocess.Popen(
        [PROGRAM, "127.0.0.1:1"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version == "7.51.1"
            with pytest.raises(grpc.RpcError, match="AWS_ENDPOINT_URL"):
                stub.Configure(provider_pb2.ConfigureRequest(), timeout=10)
        process.kill()  # SIGTERM may be ignored where the tests run
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""
