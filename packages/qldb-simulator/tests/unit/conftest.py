"""Fixtures of the unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.api import Api, memory_plane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.memory_kinesis import MemoryKinesis
    from tests.support.memory_s3 import MemoryS3


@pytest.fixture
def api(kinesis: MemoryKinesis, s3: MemoryS3) -> Iterator[Api]:
    plane = memory_plane(kinesis, s3)
    yield Api(plane)
    plane.close()
