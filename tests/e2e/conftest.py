"""A local AWS for the test session, with both stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qldb_simulator.client import LedgerClient

from local.environment import environment
from local.pulumi_cli import ensure_pulumi
from local.service_process import free_port
from local.services import Ports, Services
from local.stack import Stacks
from tests.support.deployed_stacks import Deployment
from tests.support.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPLICA_TABLES = [
    {
        "ledgerTable": "Person",
        "attributes": {
            "firstName": "firstName",
            "lastName": "lastName",
            "email": "email",
            "city": "address.city",
        },
    },
    # The table of the genuine event, with whole documents.
    {"ledgerTable": "attestations"},
]


@pytest.fixture(scope="session")
def pulumi_bin() -> Path:
    """Folder of the real Pulumi engine, which is built on the first use on a machine."""
    return ensure_pulumi(print)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, pulumi_bin: Path) -> Iterator[Shell]:
    """A shell in a copy of the work tree, with nothing running."""
    assert pulumi_bin.is_dir()
    shell = Shell.in_copy(tmp_path_factory.mktemp("clone"))
    yield shell
    shell.run("python -m local down")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """An emulator and a simulated QLDB on free ports."""
    state = tmp_path_factory.mktemp("state")
    with Services(state=state, ports=Ports(emulator=free_port(), qldb=free_port())) as services:
        yield services


@pytest.fixture(scope="module")
def stacks(
    services: Services, pulumi_bin: Path, tmp_path_factory: pytest.TempPathFactory
) -> Stacks:
    """Both stacks, with settings, not deployed yet."""
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack="e2e"),
        stack="e2e",
        settings={"replicaTables": REPLICA_TABLES},
        inline_folder=tmp_path_factory.mktemp("projects"),
    )
    stacks.prepare()
    return stacks


@pytest.fixture(scope="module")
def deployment(services: Services, stacks: Stacks) -> Deployment:
    """Both stacks, deployed."""
    outputs = stacks.up()
    return Deployment(
        services=services,
        stacks=stacks,
        outputs=outputs,
        ledger=LedgerClient(services.endpoints.qldb),
    )
