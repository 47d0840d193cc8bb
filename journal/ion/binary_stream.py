"""The values of a long stream of binary Ion, of which only a part is in memory.

Source: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import TRUNCATED, DamagedObject, IonError
from journal.exports.located import CUT, MAX_VALUE_BYTES, TOO_LONG, Located
from journal.ion.stream import VERSION_MARKER, has_no_effect
from journal.ion.structure import (
    ANNOTATION,
    FIRST_ANNOTATION,
    LENGTHS,
    SYMBOL,
    variable_length,
    without_annotations,
)
from journal.ion.symbol_tables import symbol_table
from journal.ion.symbols import SYSTEM_SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from journal.ion.structure import Span
    from journal.ion.symbols import Names

_NOT_BINARY = "expected the version marker of binary Ion"
_MAX_HEAD_BYTES = 11
"""The first byte, and the longest VarUInt that is read."""

_LAST_SYMBOL = SYMBOL << 4 | 0x0F


def binary_values(chunks: Iterable[bytes]) -> Iterator[Located]:
    """Find the values of a stream of binary Ion, without version markers and symbol tables.

    Parameters
    ----------
    chunks
        The stream, in pieces of any size.

    Raises
    ------
    DamagedObject
        At the first place that is not binary Ion, or where the stream ends in a value.
    """
    buffer = _Buffer(chunks)
    symbols = _Symbols()
    if not buffer.holds(len(VERSION_MARKER)) or not buffer.data.startswith(VERSION_MARKER):
        raise DamagedObject(_NOT_BINARY, 0)
    while buffer.holds(1):
        offset = buffer.offset
        try:
            head, start, stop = buffer.next_value()
            span = symbols.explain(buffer.data, head, start, stop)
        except IndexError:
            raise DamagedObject(TRUNCATED, offset) from None
        except IonError as error:
            raise DamagedObject(error.code, offset) from None
        if span is not None:
            yield Located(offset, buffer.offset - offset, span)


class _Buffer:
    """The part of a stream that is in memory.

    Attributes
    ----------
    data
        Consecutive bytes of the stream; never changed, because values refer to them.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._position = 0
        self._offset = 0
        self.data = b""

    @property
    def offset(self) -> int:
        """Bytes of the stream before the next value."""
        return self._offset + self._position

    def holds(self, count: int) -> bool:
        """Return whether as many bytes follow, after reading more of the stream if needed."""
        missing = count - (len(self.data) - self._position)
        if missing <= 0:
            return True
        pieces = [self.data[self._position :]]
        for chunk in self._chunks:
            pieces.append(chunk)
            missing -= len(chunk)
            if missing <= 0:
                break
        self._offset += self._position
        self._position = 0
        self.data = b"".join(pieces)
        return missing <= 0

    def next_value(self) -> tuple[int, int, int]:
        """Find the next value, and move behind it.

        Returns
        -------
        tuple
            The value's first byte, and where its content starts and stops in `data`.

        Raises
        ------
        IonError
            If no value starts here, it is too long, or the stream ends before it does.
        """
        head = self.data[self._position]
        if head == FIRST_ANNOTATION:
            return self._version_marker()
        length, start = LENGTHS[head], self._position + 1
        if length < 0:
            # If fewer bytes follow, a whole value may be among them.
            self.holds(_MAX_HEAD_BYTES)
            length, start = variable_length(self.data, self._position + 1, head)
        if length > MAX_VALUE_BYTES:
            raise IonError(TOO_LONG)
        before = start - self._position
        if not self.holds(before + length):
            raise IonError(CUT)
        start = self._position + before
        self._position = start + length
        return head, start, self._position

    def _version_marker(self) -> tuple[int, int, int]:
        if not self.holds(len(VERSION_MARKER)):
            raise IonError(CUT)
        start = self._position
        if not self.data.startswith(VERSION_MARKER, start):
            raise IonError(_NOT_BINARY)
        self._position += len(VERSION_MARKER)
        return FIRST_ANNOTATION, start, self._position


class _Symbols:
    """The symbols at a place of the stream."""

    def __init__(self) -> None:
        self._names: Names = SYSTEM_SYMBOLS
        # Joined at the next value: a stream can have thousands of tables that add symbols.
        self._more: list[str] = []

    def explain(self, data: bytes, head: int, start: int, stop: int) -> Span | None:
        """Return a value without its annotations; None for what only changes the symbols."""
        if head == FIRST_ANNOTATION:
            self._set(SYSTEM_SYMBOLS)
            return None
        is_annotated = head >> 4 == ANNOTATION
        if is_annotated and (table := symbol_table(data[start:stop])) is not None:
            if table.extends:
                self._more += table.symbols
            else:
                self._set(table.names)
            return None
        if head <= _LAST_SYMBOL and has_no_effect(data, head, start, stop):
            return None
        if self._more:
            self._names += tuple(self._more)
            self._more.clear()
        if is_annotated:
            head, start, stop = without_annotations(data, self._names, start, stop)
        return data, self._names, head, start, stop

    def _set(self, names: Names) -> None:
        self._names = names
        self._more.clear()
