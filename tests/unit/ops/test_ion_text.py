"""Payloads become Ion text, whatever they are. Proves it for bytes of each kind, not for all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion

from ops.ion_text import ion_text
from tests.support.qldb_records import secret_revision as revision

if TYPE_CHECKING:
    from typing import Any


def test_a_record_is_the_same_value_as_text() -> None:
    text = ion_text(revision())
    assert simpleion.loads(text) == simpleion.loads(revision())


@pytest.mark.parametrize("data", [b"\xff\x00", b"\xe0\x01\x00\xea\xde", b"\xe0\x01\x00\xea\x8e"])
def test_what_cannot_be_read_is_shown_as_its_bytes(data: bytes) -> None:
    assert simpleion.loads(ion_text(data)) == data


def test_input_that_is_never_read_to_its_end_is_shown_as_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a reader that does not return
    def endless(*_: Any, **__: Any) -> None:  # noqa: ANN401  (the reader's own parameters)
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(simpleion, "load_python", endless)
    # then
    assert ion_text(b"x", seconds=0.05).endswith("{{eA==}}")
