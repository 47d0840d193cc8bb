"""Any payload becomes Ion text. Proves it for bytes of each kind, not for all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion

from handler.aggregation import MAGIC
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


def test_an_empty_record_is_called_empty() -> None:
    assert ion_text(b"") == "// (empty: 0 bytes)"


@pytest.mark.parametrize("data", [VERSION_MARKER, VERSION_MARKER + b"\x00"])
def test_binary_ion_without_a_value_is_called_that(data: bytes) -> None:
    assert ion_text(data) == f"// (binary Ion without any value: {len(data)} bytes)"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        "hello world",
        "<p>it's gone</p>",
        "C:\\x",
        "two\r\nlines\n",
        "'",
        "// a",
        "Zürich",
    ],
)
def test_text_is_shown_as_a_string_of_its_size(text: str) -> None:
    comment, shown = ion_text(text.encode()).split("\n", 1)
    assert comment == f"// text, not binary Ion: {len(text.encode())} bytes"
    assert shown.startswith("'''")
    assert simpleion.loads(shown) == text


def test_the_lines_of_a_text_are_lines() -> None:
    assert ion_text(b'{"a": 1}\n{"b": 2}').endswith("\n'''{\"a\": 1}\n{\"b\": 2}'''")


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\r", "\x9b", "\u202e", "\u200b"])
@pytest.mark.parametrize("binary", [True, False])
def test_no_control_character_reaches_the_terminal(character: str, *, binary: bool) -> None:
    text = f"text{character}[31m"
    shown = ion_text(simpleion.dumps({text: text}) if binary else text.encode())
    assert character not in shown
    assert simpleion.loads(shown) == ({text: text} if binary else text)


@pytest.mark.parametrize(
    ("data", "comment"),
    [
        (VERSION_MARKER + b"\xde\x90", "// damaged binary Ion: 6 bytes as they are"),
        (VERSION_MARKER + b"\x21\x01\x8e", "// damaged binary Ion: 7 bytes as they are"),
        (VERSION_MARKER[:2], "// not Ion: 2 bytes as they are"),
        (b"\x00\x01\x02", "// not Ion: 3 bytes as they are"),
        (MAGIC + b"\x00", "// not Ion, but the start of a KPL aggregate: 5 bytes as they are"),
    ],
)
def test_other_bytes_are_shown_with_what_they_are(data: bytes, comment: str) -> None:
    shown = ion_text(data)
    assert shown.startswith(f"{comment}\n{{{{")
    assert simpleion.loads(shown) == data


def test_bytes_on_which_the_reader_never_returns_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a reader that does not return
    def endless(*_: Any, **__: Any) -> None:  # noqa: ANN401 (the reader's own parameters)
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(simpleion, "load_python", endless)
    # then
    assert "too long" in ion_text(VERSION_MARKER, seconds=0.05)


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
