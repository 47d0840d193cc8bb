"""Restricts the unit tests to their tier: no network, no child process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Python documentation, 'Audit events table'.
_FORBIDDEN = frozenset(
    {"os.exec", "os.fork", "os.posix_spawn", "os.system", "subprocess.Popen"}
    | {"socket.bind", "socket.connect", "socket.getaddrinfo"}
)
_active = False


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if _active and event in _FORBIDDEN:
        raise RuntimeError(f"{event} in a unit test: move the test to tests/integration")


sys.addaudithook(_refuse)  # cannot be removed, so it checks `_active`


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Refuse network and child processes while a unit test runs."""
    global _active  # noqa: PLW0603 (the audit hook has no other state)
    _active = True
    yield
    _active = False
