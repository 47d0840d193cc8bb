"""The S3 client of the failure bucket is created once, when it is needed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from handler.failure_client import LazyFailureClient


def test_threads_that_quarantine_at_once_share_one_client() -> None:
    made: list[str] = []

    class Session:
        def create_client(self, service: str, **_: object) -> object:
            made.append(service)
            time.sleep(0.05)  # as long as others have come, too
            return SimpleNamespace(put_object=lambda: len(made))

    client = LazyFailureClient(Session(), timeout=(1.0, 5.0), connections=8)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as pool:
        operations = list(pool.map(lambda _: client.put_object, range(8)))

    assert len(set(operations)) == 1
    assert made == ["s3"]


def test_no_client_is_made_before_a_record_fails() -> None:
    class Session:
        def create_client(self, *_: object, **__: object) -> object:
            raise AssertionError("made too early")

    LazyFailureClient(Session(), timeout=(1.0, 5.0), connections=8)  # type: ignore[arg-type]
