"""Fixtures of the tests of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.api import Api, memory_plane
from tests.support.export_requests import Now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.memory_kinesis import MemoryKinesis
    from tests.support.memory_s3 import MemoryS3


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def api(kinesis: MemoryKinesis, s3: MemoryS3, clock: Now) -> Iterator[Api]:
    """An API with the ledger ``one``, whose clock stands still at 2022-05-06T07:08:09Z."""
    plane = memory_plane(kinesis, s3, clock)
    api = Api(plane)
    api.create_ledger("one")
    yield api
    s3.gate.set()
    plane.close()
