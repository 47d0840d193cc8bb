"""One stand-in provider for all modules of this folder: its emulator takes seconds to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from pulumi_aws_standin.testing import Engine
from qldb_simulator.config import SimulatorConfig
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.service import QldbService

from local.emulator import Emulator
from local.service_process import free_port
from tests.support.stand_in import ConnectedProvider

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectedProvider]:
    """A provider with an emulator and a simulated QLDB; each test deletes what it creates."""
    log = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with (
        Emulator(free_port(), log) as emulator,
        QldbService(ControlPlane(SimulatorConfig(aws_endpoint=emulator.endpoint))) as qldb,
    ):
        variables = {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ENDPOINT_URL_QLDB": qldb.endpoint,
        }

        def client(service: str) -> object:
            return boto3.client(service, endpoint_url=emulator.endpoint)  # type: ignore[call-overload]

        yield ConnectedProvider(engine=Engine(variables), client=client, qldb=qldb.endpoint)
