"""A stream of Ion text: its values as binary Ion, one after another.

Source: Ion specification, "Ion Text Encoding" and "Amazon Ion Symbols".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import DamagedObject, IonError
from journal.exports.located import CUT, MAX_VALUE_BYTES, TOO_LONG, Located
from journal.ion.structure import SYMBOL, bounds
from journal.ion.symbol_tables import symbol_table
from journal.ion.text_common import read_common
from journal.ion.text_layout import Unfinished, after_comment, space
from journal.ion.text_symbols import TextSymbols
from journal.ion.text_tokens import read_token
from journal.ion.text_value import DONE, TextValue
from journal.ion.writing import var_uint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00")
_VERSION_HEAD, _VERSION_CONTENT = SYMBOL << 4 | 1, b"\x02"
"""The symbol ``$ion_1_0``."""


def text_values(chunks: Iterable[bytes]) -> Iterator[Located]:
    """Find the values of a stream of Ion text, without version markers and symbol tables.

    The memory needed is in proportion to a chunk and the largest value.

    Parameters
    ----------
    chunks
        The bytes of the stream, in pieces of any size.

    Yields
    ------
    Located
        Each value as binary Ion, with symbols of its own and without its annotations.

    Raises
    ------
    DamagedObject
        If the stream is not Ion text, ends within a value, or has a value that is too large. The
        offset is that of the first byte that cannot be read, or of the value that does not end.
    """
    window = _Window(chunks)
    window.check_encoding()
    tables = TextSymbols()
    while window.at_value():
        found = _value(window, tables)
        if found is not None:
            yield found


class _Window:
    """The bytes of a stream that are at hand.

    Attributes
    ----------
    data
        The bytes.
    position
        How many of them are read.
    base
        Bytes of the stream before them.
    ended
        Whether nothing follows them.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.position = self.base = 0
        self.ended = False

    @property
    def offset(self) -> int:
        """Bytes of the stream that are read."""
        return self.base + self.position

    def extend(self, start: int) -> None:
        """Get at least as many bytes as are not read yet.

        So the time for a token is in proportion to its length, in chunks of any size.

        Parameters
        ----------
        start
            Offset of the value or comment that goes on.

        Raises
        ------
        DamagedObject
            If there are no more, or the value is too large.
        """
        if self.ended:
            raise DamagedObject(CUT, start)
        if self.base + len(self.data) - start > MAX_VALUE_BYTES:
            raise DamagedObject(TOO_LONG, start)
        rest = self.data[self.position :]
        pieces = [rest]
        wanted = max(len(rest), 1)
        for chunk in self._chunks:
            pieces.append(chunk)
            wanted -= len(chunk)
            if wanted <= 0:
                break
        else:
            self.ended = True
        self.base += self.position
        self.position = 0
        self.data = b"".join(pieces)

    def check_encoding(self) -> None:
        """Skip a mark of UTF-8, and refuse other encodings."""
        while len(self.data) < len(_BYTE_ORDER_MARK) and not self.ended:
            self.extend(0)
        if self.data.startswith(_BYTE_ORDER_MARK):
            self.position = len(_BYTE_ORDER_MARK)
        elif self.data.startswith(_OTHER_ENCODINGS) or self.data[1:2] == b"\x00":
            raise DamagedObject("expected UTF-8, found UTF-16 or UTF-32", 0)

    def at_value(self) -> bool:
        """Skip to the next value; return whether there is one."""
        while True:
            self.position = space(self.data, self.position).end()
            try:
                end = after_comment(self.data, self.position, ended=self.ended)
            except Unfinished:
                self.extend(self.offset)
                continue
            except DamagedObject as error:
                raise DamagedObject(error.code, self.base + error.offset) from None
            if end != self.position:
                self.position = end
            elif self.position < len(self.data):
                return True
            elif self.ended:
                return False
            else:
                self.extend(self.offset)


def _value(window: _Window, tables: TextSymbols) -> Located | None:
    """Read a value; return None for what is none."""
    start = window.offset
    value = TextValue(tables)
    while value.state != DONE:
        try:
            window.position = read_common(value, window.data, window.position)
            if value.state != DONE:
                window.position = read_token(
                    value, window.data, window.position, ended=window.ended
                )
        except Unfinished:
            window.extend(start)
        except DamagedObject as error:
            raise DamagedObject(error.code, window.base + error.offset) from None
    size = window.offset - start
    if size > MAX_VALUE_BYTES:
        raise DamagedObject(TOO_LONG, start)
    if value.is_version_marker:
        tables.reset()
        return None
    data = bytes(value.content)
    if value.annotations and _is_table(value, tables, data, start):
        return None
    head, first, stop = bounds(data, 0, len(data))
    if not value.annotations and head == _VERSION_HEAD and data[first:stop] == _VERSION_CONTENT:
        return None  # a symbol that looks like a marker has no effect
    return Located(start, size, (data, value.symbols.names, head, first, stop))


def _is_table(value: TextValue, tables: TextSymbols, data: bytes, start: int) -> bool:
    """Return whether a value is a symbol table; if so, continue with it."""
    annotations = b"".join(map(var_uint, value.annotations))
    try:
        table = symbol_table(var_uint(len(annotations)) + annotations + data)
        if table is not None:
            tables.read(table)
    except IonError as error:
        raise DamagedObject(error.code, start) from None
    return table is not None
