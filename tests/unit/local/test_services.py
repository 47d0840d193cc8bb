"""Both servers of the local AWS together: reached directly, found again, and ended for certain.

What each server does is tested elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import aws
from local.service_process import free_port
from local.services import Ports, Services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    instance = Services(state=tmp_path, ports=Ports(emulator=free_port(), qldb=free_port()))
    yield instance
    instance.stop()


def test_a_proxy_of_the_users_takes_no_part(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    services.start()

    assert all(services.running().values())
    assert aws.client("dynamodb", services.endpoints.emulator).list_tables()["TableNames"] == []
