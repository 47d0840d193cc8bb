"""Both servers of the local AWS are reached directly, found again, and always ended.

The servers themselves are tested elsewhere.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local import aws
from local.commands import up
from local.errors import LocalError
from local.projects import REPOSITORY
from local.service_process import HOST, free_port
from local.services import Ports, Services, loss_file
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    instance = Services(state=tmp_path, ports=Ports(emulator=free_port(), qldb=free_port()))
    yield instance
    instance.stop()


def test_the_users_proxy_is_not_used(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    services.start()

    assert all(services.running().values())
    assert aws.client("dynamodb", services.endpoints.emulator).list_tables()["TableNames"] == []


def test_a_start_that_is_killed_half_way_is_found_again(services: Services) -> None:
    # given a process that is killed when one of both servers runs detached
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from local.services import Ports, Services\n"
        "state, emulator, qldb = sys.argv[1:]\n"
        "services = Services(\n"
        "    state=Path(state), ports=Ports(emulator=int(emulator), qldb=int(qldb))\n"
        ")\n"
        "services.qldb.start = lambda **_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "services.start(detached=True)\n"
    )
    ports = (str(services.ports.emulator), str(services.ports.qldb))
    subprocess.run(
        [sys.executable, "-c", program, str(services.state), *ports],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    assert services.emulator.pid is not None
    # when it is looked up / then it is found, with its ports, and can be stopped
    found = Services.found(services.state)
    assert found is not None
    assert found.ports == services.ports
    found.stop()
    assert services.emulator.pid is None
    assert Services.found(services.state) is None


def test_a_start_that_fails_leaves_nothing(services: Services) -> None:
    with socket.create_server((HOST, services.ports.qldb)), pytest.raises(LocalError, match="port"):
        services.start()

    assert services.emulator.pid is None
    assert Services.found(services.state) is None


def test_a_second_start_does_not_hide_the_first(services: Services) -> None:
    services.start()
    other = Services(state=services.state, ports=Ports(emulator=free_port(), qldb=free_port()))

    with pytest.raises(LocalError, match="already running"):
        other.start()

    found = Services.found(services.state)
    assert found is not None
    assert found.ports == services.ports
    assert all(found.running().values())


def test_a_server_that_has_ended_is_started_again_beside_the_other(services: Services) -> None:
    # given a server that has died
    services.start(detached=True)
    emulator, qldb = services.emulator.pid, services.qldb.pid
    assert emulator is not None
    assert qldb is not None
    os.killpg(qldb, signal.SIGKILL)
    eventually(lambda: services.qldb.pid is None)
    # when what has ended is started again
    assert services.start_ended() == ["the simulated QLDB service"]
    # then both answer, the other is the same, and the loss is on record
    assert all(services.running().values())
    assert services.emulator.pid == emulator
    assert services.qldb.pid != qldb
    assert loss_file(services.state).exists()


def test_servers_that_live_without_an_answer_are_left_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given servers that are too busy to answer
    services.start(detached=True)
    pids = (services.emulator.pid, services.qldb.pid)
    monkeypatch.setattr(Services, "running", lambda _self: {"the AWS emulator": False})
    # when they are to be started
    options = argparse.Namespace(state=services.state, port=None, qldb_port=None)
    with pytest.raises(LocalError, match=r"does not answer .*: wait, or `python -m local down`"):
        up.run(options)
    # then they still run, with what they hold
    assert (services.emulator.pid, services.qldb.pid) == pids
