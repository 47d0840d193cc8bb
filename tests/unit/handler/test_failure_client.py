"""The S3 client of the failure bucket is created once, when it is needed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest

from handler.failure_client import LazyFailureClient
from handler.http_limits import HttpLimits


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the services of the clients that are made."""
    services: list[str] = []
    original = botocore.session.Session.create_client

    def create_client(session: botocore.session.Session, service: str, **options: Any) -> Any:  # noqa: ANN401 (the original's)
        services.append(service)
        time.sleep(0.05)  # as long as others have come, too
        return original(session, service, **options)

    monkeypatch.setattr(botocore.session.Session, "create_client", create_client)
    return services


def test_threads_that_quarantine_at_once_share_one_client(made: list[str]) -> None:
    client = LazyFailureClient(botocore.session.get_session(), HttpLimits(connections=8))
    with ThreadPoolExecutor(8) as pool:
        operations = list(pool.map(lambda _: client.put_object, range(8)))

    assert len({id(operation.__self__) for operation in operations}) == 1  # type: ignore[attr-defined]
    assert made == ["s3"]


def test_no_client_is_made_before_a_record_fails(made: list[str]) -> None:
    LazyFailureClient(botocore.session.get_session(), HttpLimits(connections=8))

    assert made == []
