"""Any payload becomes Ion text. Proves it for bytes of each kind, not for all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion

from ops.ion_text import ion_text
from tests.support.qldb_records import secret_revision
from tests.support.raw_ion import (
    FIRST_LOCAL,
    LIST,
    SYMBOL,
    VERSION_MARKER,
    symbol_table,
    value,
)

if TYPE_CHECKING:
    from typing import Any


def test_a_record_is_the_same_value_as_text() -> None:
    text = ion_text(secret_revision())
    assert simpleion.loads(text) == simpleion.loads(secret_revision())


@pytest.mark.parametrize("data", [b"\xff\x00", b"\xe0\x01\x00\xea\xde", b"\xe0\x01\x00\xea\x8e"])
def test_bytes_that_are_not_ion_are_shown_as_they_are(data: bytes) -> None:
    assert simpleion.loads(ion_text(data)) == data


def test_bytes_on_which_the_reader_never_returns_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a reader that does not return
    def endless(*_: Any, **__: Any) -> None:  # noqa: ANN401 (the reader's own parameters)
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(simpleion, "load_python", endless)
    # then
    assert ion_text(b"x", seconds=0.05).endswith("{{eA==}}")


def test_a_text_that_expands_without_end_is_shown_as_bytes() -> None:
    # given one symbol of ten thousand characters, referenced two thousand times
    symbols = value(LIST, value(SYMBOL, bytes([FIRST_LOCAL])) * 2000)
    data = VERSION_MARKER + symbol_table(["x" * 10_000]) + symbols
    # when
    shown = ion_text(data, max_bytes=100_000)
    # then
    assert shown.startswith("// too long to show as text")
    assert simpleion.loads(shown) == data
    assert len(shown) < 2 * len(data)


def test_several_values_are_shown_one_after_the_other() -> None:
    data = VERSION_MARKER + b"\x21\x01\x21\x02"
    assert ion_text(data) == "1\n2"
