"""What is protected against deletion is told before anything is destroyed."""

from __future__ import annotations

import pytest

from local.commands import destroy


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"deletionProtection": True, "retainOnDelete": False}, True),
        ({"deletionProtection": True, "retainOnDelete": True}, False),
        ({"deletionProtection": False, "retainOnDelete": False}, False),
        ({}, False),
    ],
    ids=["protected", "retained", "open", "never deployed"],
)
def test_a_stack_with_protected_tables_is_not_destroyed(
    outputs: dict[str, object], *, expected: bool
) -> None:
    assert destroy.is_protected(outputs) is expected
