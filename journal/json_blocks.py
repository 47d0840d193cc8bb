"""The blocks in a JSON object of an export.

QLDB writes one JSON object a line (`OutputFormat` of ExportJournalToS3). Blocks that a tool has
printed over several lines, or written one after the other, are read as well.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from typing import TYPE_CHECKING, NamedTuple

from journal import json_transcoding
from journal.errors import TRUNCATED, DamagedObject, IonError
from journal.exports.located import MAX_VALUE_BYTES, Located
from journal.json_transcoding import HALF_PAIR, TOO_DEEP, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from journal.ion.structure import Span
    from journal.json_transcoding import Parsed

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = b"\n"
_SPACES = re.compile(r"[ \t\r\n]*")
_CUT_TOKEN = re.compile(r"[\w.+\\-]{0,8}[ \t\r\n]*", re.ASCII)
"""The start of a number, a name such as ``true`` or an escape, or nothing."""

_OPEN_TEXT = "Unterminated string starting at"
_NO_UTF8 = "expected UTF-8"
_NO_OBJECT = "expected a JSON object"
_TOO_LONG = f"expected a value of at most {MAX_VALUE_BYTES} bytes"
_CODES = {
    "Expecting ',' delimiter": "expected a comma or the end of an object or a list",
    "Expecting ':' delimiter": "expected a colon after a name",
    "Invalid control character at": "expected no control character in a text",
    "Invalid \\escape": "expected an escape that JSON has",
    "Invalid \\uXXXX escape": "expected four hexadecimal digits after \\u",
    "Expecting value": "expected a value",
    # Python 3.13 and newer; older ones expect a value there.
    "Illegal trailing comma before end of array": "expected a value",
}
_EXPECTED_NAME = "expected a name in double quotes"
"""The code of all other errors: those of names, and of commas before the end."""


class _Fault(NamedTuple):
    """What is wrong with a value, and whether it could be complete with more bytes."""

    code: str
    is_cut: bool


def json_blocks(chunks: Iterable[bytes]) -> Iterator[Located]:
    """Find the blocks, as binary Ion in which QLDB's own fields have their Ion types.

    Parameters
    ----------
    chunks
        The object without its compression, in pieces of any size.

    Raises
    ------
    DamagedObject
        At the first value that is not a JSON object, is cut, or holds what Ion cannot: half of a
        surrogate pair, or a number of too many digits.
    """
    buffer = _Buffer()
    for chunk in chunks:
        if buffer.add(chunk):
            yield from buffer.blocks()
    buffer.is_complete = True
    yield from buffer.blocks()


def json_document(data: bytes) -> Span:
    """Return a JSON file as binary Ion, with the types of QLDB's own fields in it.

    Blocks are found by their fields ``blockAddress`` and ``blockHash``, and revisions by ``hash``
    and ``metadata``, wherever they are in the file but in the data of a document.

    Parameters
    ----------
    data
        One JSON value, such as an answer of QLDB that was saved, or the history of a document.

    Raises
    ------
    DamagedObject
        If it is not one JSON value, or holds what Ion cannot.
    """
    try:
        text = data.removeprefix(_BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError:
        raise DamagedObject(_NO_UTF8, 0) from None
    start = _after_spaces(text, 0)
    found = _parsed(text, start, json_transcoding.document)
    if isinstance(found, _Fault):
        raise DamagedObject(TRUNCATED if found.is_cut else found.code, 0)
    span, end = found
    if _after_spaces(text, end) != len(text):
        raise DamagedObject("expected one JSON value", 0)
    return span


class _Buffer:
    """The part of an object that is not read yet."""

    def __init__(self) -> None:
        self.is_complete = False
        self._data = bytearray()
        self._offset = 0
        # Where the last line ends. No token of JSON goes beyond the end of a line, so values are
        # looked for up to there; what follows is mostly the start of a value.
        self._line_end = 0
        # A value that was not complete is tried again when there is twice as much of it: each byte
        # is then parsed twice on average.
        self._enough = 0

    def add(self, chunk: bytes) -> bool:
        """Add a piece; return whether it is worth looking for values."""
        line_end = chunk.rfind(_LINE_END) + 1
        if line_end:
            self._line_end = len(self._data) + line_end
        self._data += chunk
        return len(self._data) >= self._enough

    def blocks(self) -> Iterator[Located]:
        """Find the values that are complete, and remove them.

        Raises
        ------
        DamagedObject
            If a value cannot be read, whatever follows.
        """
        text, is_utf8 = self._text()
        is_ascii = text.isascii()
        position, start = 0, _after_spaces(text, 0)
        offset = start
        fault = None
        while start < len(text):
            if text[start] != "{":
                fault = _Fault(_NO_OBJECT, is_cut=False)
                break
            found = _parsed(text, start, json_transcoding.block)
            if isinstance(found, _Fault):
                fault = found
                break
            span, position = found
            size = position - start if is_ascii else len(text[start:position].encode())
            if size > MAX_VALUE_BYTES:
                fault = _Fault(_TOO_LONG, is_cut=False)
                break
            yield Located(self._offset + offset, size, span)
            start = _after_spaces(text, position)
            offset += size + start - position
        self._remove(offset)
        self._check(fault, is_utf8=is_utf8)
        self._enough = 2 * len(self._data) if fault else 0

    def _text(self) -> tuple[str, bool]:
        """Return the text in which to look for values, and whether all of it is UTF-8."""
        data = self._data
        if self._offset == 0 and data.startswith(_BYTE_ORDER_MARK):
            self._remove(len(_BYTE_ORDER_MARK))
        end = len(data) if self.is_complete or not self._line_end else self._line_end
        try:
            return data[:end].decode(), True
        except UnicodeDecodeError as error:
            is_cut = error.end == end and not self.is_complete
            return data[: error.start].decode(), is_cut

    def _remove(self, size: int) -> None:
        del self._data[:size]
        self._offset += size
        self._line_end = max(0, self._line_end - size)

    def _check(self, fault: _Fault | None, *, is_utf8: bool) -> None:
        if fault and not fault.is_cut:
            raise DamagedObject(fault.code, self._offset)
        if not is_utf8:
            raise DamagedObject(_NO_UTF8, self._offset)
        if self.is_complete and fault:
            raise DamagedObject(TRUNCATED, self._offset)
        if len(self._data) > MAX_VALUE_BYTES:
            raise DamagedObject(_TOO_LONG, self._offset)


def _after_spaces(text: str, position: int) -> int:
    return _SPACES.match(text, position).end()  # type: ignore[union-attr]  # (it matches anything)


def _parsed(
    text: str, start: int, transcoded: Callable[[Parsed], Span]
) -> tuple[Span, int] | _Fault:
    """Return the value at a place and where it ends, or what is wrong."""
    try:
        parsed, end = scan(text, start)
        return transcoded(parsed), end
    except StopIteration as stop:
        return _syntax(text, stop.value, "Expecting value")
    except JSONDecodeError as error:
        return _syntax(text, error.pos, error.msg)
    except IonError as error:
        return _Fault(error.code, is_cut=False)
    except UnicodeEncodeError:
        return _Fault(HALF_PAIR, is_cut=False)
    except RecursionError:
        return _Fault(TOO_DEEP, is_cut=False)


def _syntax(text: str, position: int, message: str) -> _Fault:
    is_cut = message == _OPEN_TEXT or _CUT_TOKEN.fullmatch(text, position) is not None
    return _Fault(_CODES.get(message, _EXPECTED_NAME), is_cut)
