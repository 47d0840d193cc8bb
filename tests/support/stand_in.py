"""The stand-in provider, connected to the emulator and to the simulated QLDB service."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from pulumi_aws_standin.testing import Engine
from qldb_simulator.config import SimulatorConfig
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.service import QldbService

from local.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCOUNT = "000000000000"
REGION = "us-east-1"
LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
QLDB_TRUST = LAMBDA_TRUST.replace("lambda", "qldb")


def policy(*actions: str, resource: str = "*", **more: object) -> str:
    """Return the text of a policy that allows actions on a resource."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True, kw_only=True)
class ConnectedProvider:
    """A configured provider with its services.

    Attributes
    ----------
    engine
        Calls the provider.
    client
        Returns boto3's client of a service of the emulator, by the service's name.
    qldb
        URL of the simulated QLDB service.
    """

    engine: Engine
    client: Callable[[str], Any]
    qldb: str


@contextmanager
def connected_provider(folder: Path) -> Iterator[ConnectedProvider]:
    """A context manager that starts both services.

    Parameters
    ----------
    folder
        Folder for the emulator's log.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        pytest.MonkeyPatch.context() as patch,
        Emulator(port, folder / "emulator.log") as emulator,
        QldbService(ControlPlane(SimulatorConfig(aws_endpoint=emulator.endpoint))) as qldb,
    ):
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", REGION)
        variables = {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ENDPOINT_URL_QLDB": qldb.endpoint,
        }

        def client(service: str) -> object:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=emulator.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        yield ConnectedProvider(engine=Engine(variables), client=client, qldb=qldb.endpoint)
