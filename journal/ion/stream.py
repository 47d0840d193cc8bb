"""A stream of binary Ion: version markers, local symbol tables and values.

Source: Ion specification, "Amazon Ion Symbols", section "Processing of Symbol Tables".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import TRUNCATED, IonError
from journal.ion.structure import (
    ANNOTATION,
    FIRST_ANNOTATION,
    SYMBOL,
    bounds,
    is_null,
    is_padding,
    without_annotations,
)
from journal.ion.symbol_tables import symbol_table
from journal.ion.symbols import SYSTEM_SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from journal.ion.structure import Span
    from journal.ion.symbols import Names

VERSION_MARKER = b"\xe0\x01\x00\xea"

_VERSION_SYMBOL = SYSTEM_SYMBOLS.index("$ion_1_0")
_LAST_SYMBOL = SYMBOL << 4 | 0x0F


def single_value(data: bytes) -> Span:
    """Find the one value of a stream of binary Ion.

    Raises
    ------
    IonError
        If there is none, or more than one, or it does not end where the stream does.
    """
    found: Span | None = None
    for value in values(data):
        if found is not None:
            raise IonError("more than one value")
        found = value
    if found is None:
        raise IonError("no value")
    return found


def values(data: bytes) -> Iterator[Span]:
    """Find the values of a stream of binary Ion, without version markers and symbol tables.

    Raises
    ------
    IonError
        If the stream is not binary Ion, or a value does not end before the stream does.
    """
    position = _after_version_marker(data, 0)
    names: Names = SYSTEM_SYMBOLS
    more: list[str] = []  # joined at the next value: a record can have thousands of tables that add
    end = len(data)
    try:
        while position < end:
            if data[position] == FIRST_ANNOTATION:
                position = _after_version_marker(data, position)
                names = SYSTEM_SYMBOLS
                more.clear()
                continue
            head, start, position = bounds(data, position, end)
            is_annotated = head >> 4 == ANNOTATION
            if is_annotated and (table := symbol_table(data[start:position])) is not None:
                if not table.extends:
                    names = table.names
                    more.clear()
                else:
                    more += table.symbols
                continue
            if head <= _LAST_SYMBOL and has_no_effect(data, head, start, position):
                continue
            if more:
                names += tuple(more)
                more.clear()
            if is_annotated:
                head, start, _ = without_annotations(data, names, start, position)
            yield data, names, head, start, position
    except IndexError:
        raise IonError(TRUNCATED) from None


def _after_version_marker(data: bytes, position: int) -> int:
    if not data.startswith(VERSION_MARKER, position):
        raise IonError("not binary Ion")
    return position + len(VERSION_MARKER)


def has_no_effect(data: bytes, head: int, start: int, stop: int) -> bool:
    """Return whether something at top level is padding, or a symbol that looks like a marker."""
    if head >> 4 != SYMBOL or is_null(head):
        return is_padding(head)
    return int.from_bytes(data[start:stop], "big") == _VERSION_SYMBOL
