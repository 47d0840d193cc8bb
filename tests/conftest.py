"""Fixtures that every tier shares: a hermetic AWS environment and the genuine QLDB bytes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.paths import SHARED_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["tests.support.dynamodb_local"]


# Tests do not assert on time: a busy machine is no failure.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _hermetic_aws() -> Iterator[None]:
    """Keep the developer's account, region and endpoints out of every test."""
    strangers = [n for n in os.environ if n.startswith(("AWS_", "PULUMI_", "POWERTOOLS_"))]
    with pytest.MonkeyPatch.context() as environment:
        for name in strangers:
            environment.delenv(name)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_REGION", "us-east-1")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Restore Ctrl-C for tests that send it, and for their child processes.

    A shell makes its background processes ignore the signal, and children inherit that.
    """
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of genuine bytes of Amazon QLDB, beside the repository and never in it."""
    if not SHARED_DATA.is_dir():
        reason = "the folder of genuine QLDB bytes (../shared/data) is not beside this repository"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED_DATA
