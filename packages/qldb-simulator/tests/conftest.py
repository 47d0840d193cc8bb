"""Fixtures of the package's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.genuine import DATA_VARIABLE, find_shared_data
from tests.support.memory_kinesis import MemoryKinesis
from tests.support.memory_s3 import MemoryS3

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of genuine bytes of Amazon QLDB, or skip."""
    folder = find_shared_data(os.environ, Path(__file__))
    if folder is None:
        reason = f"no genuine QLDB bytes: set {DATA_VARIABLE} to the folder that holds them"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return folder


@pytest.fixture
def kinesis() -> MemoryKinesis:
    return MemoryKinesis()


@pytest.fixture
def s3() -> MemoryS3:
    return MemoryS3()
