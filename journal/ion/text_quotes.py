"""Texts in quotation marks: strings, quoted symbols and clobs of Ion text.

Source: Ion specification, "Ion Text Encoding", sections "Strings", "Symbols" and "Clobs", and its
grammar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from journal.errors import DamagedObject
from journal.ion.text_layout import Unfinished, check_utf8, following, scanner, space

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.ion.text_layout import Scanner

LONG_QUOTE = b"'''"

_MAX_ESCAPE_BYTES = 12
"""Bytes of the longest escape: two surrogates."""

_BYTE_ESCAPE = rb"""\\(?:[abtnfrv0?'"/\\\n]|\r\n?+|x[0-9a-fA-F]{2}"""
_ESCAPE = (
    _BYTE_ESCAPE
    + rb"|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    + rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    + rb"|U000(?!0[dD][89a-fA-F])[0-9a-fA-F]{5}|U0010[0-9a-fA-F]{4})"
)
_BYTE_ESCAPE += rb")"
_CUT_ESCAPE = re.compile(
    rb"\\(?:\r|x[0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}"
    rb"|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?"
).fullmatch
"""The beginning of an escape."""

_SIMPLE = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"f": b"\f",
    b"r": b"\r",
    b"v": b"\v",
    b"0": b"\0",
    b"\n": b"",
    b"\r": b"",
    **{mark: mark for mark in (b"?", b"'", b'"', b"/", b"\\")},
}

_Match = re.Match[bytes]
_TAKEN_ESCAPE = re.compile(_ESCAPE)


def _body(plain: bytes, escape: bytes = _ESCAPE, quotes: bytes = b"") -> Scanner:
    """Return a scanner for what may stand between quotation marks; it never goes back."""
    other = escape + b"|" + quotes if quotes else escape
    return scanner(rb"%b*+(?:(?:%b)%b*+)*+" % (plain, other, plain))


_FEW_QUOTES = rb"'{1,2}(?!')"
_STRING = _body(rb'[^"\\\x00-\x08\n\r\x0e-\x1f]')
_SYMBOL = _body(rb"[^'\\\x00-\x08\n\r\x0e-\x1f]")
_LONG_STRING = _body(rb"[^'\\\x00-\x08\x0e-\x1f]", quotes=_FEW_QUOTES)
_CLOB = _body(rb"[\t\v\f -!#-\[\]-\x7f]", _BYTE_ESCAPE)
_LONG_CLOB = _body(rb"[\t-\r -&(-\[\]-\x7f]", _BYTE_ESCAPE, _FEW_QUOTES)

_RAW_NEWLINE = re.compile(rb"\r\n?")


def string(data: bytes, position: int) -> tuple[bytes, int]:
    """Read a short string, from its quotation mark on.

    Returns
    -------
    tuple
        The text in UTF-8, and where the string ends.

    Raises
    ------
    Unfinished
        If it does not end.
    DamagedObject
        If a byte cannot be part of it.
    """
    return _quoted(data, position, b'"', _STRING)


def symbol(data: bytes, position: int) -> tuple[bytes, int]:
    """Read a quoted symbol as `string` reads a string."""
    return _quoted(data, position, b"'", _SYMBOL)


def long_string(data: bytes, position: int, *, ended: bool) -> tuple[bytes, int]:
    """Read a long string as `string` reads a short one, with all segments that follow it."""
    segments = []
    while True:
        start = position + len(LONG_QUOTE)
        stop = _end(data, start, LONG_QUOTE, _LONG_STRING)
        check_utf8(data, start, stop)
        segments.append(_unescaped(_with_plain_newlines(data[start:stop])))
        end = stop + len(LONG_QUOTE)
        position = following(data, end, ended=ended)
        if not starts_long_quote(data, position, ended=ended):
            return b"".join(segments), end


def starts_long_quote(data: bytes, position: int, *, ended: bool) -> bool:
    """Return whether three quotation marks stand at a position.

    Raises
    ------
    Unfinished
        If more bytes have to tell.
    """
    mark = data[position : position + len(LONG_QUOTE)]
    if len(mark) < len(LONG_QUOTE) and LONG_QUOTE.startswith(mark) and not ended:
        raise Unfinished
    if mark == b"'":
        raise Unfinished  # nothing ends with one
    return mark == LONG_QUOTE


def clob_text(data: bytes, position: int) -> tuple[bytes, int]:
    """Read the text of a clob as `string` reads a string, from its first quotation mark on."""
    if data[position : position + 1] == b'"':
        stop = _end(data, position + 1, b'"', _CLOB)
        return _unescaped(data[position + 1 : stop], _byte), stop + 1
    segments = []
    while starts_long_quote(data, position, ended=False):
        start = position + len(LONG_QUOTE)
        stop = _end(data, start, LONG_QUOTE, _LONG_CLOB)
        segments.append(_unescaped(_with_plain_newlines(data[start:stop]), _byte))
        position = space(data, stop + len(LONG_QUOTE)).end()
    if not segments:
        raise DamagedObject("expected the text of a clob", position)
    return b"".join(segments), position


def _quoted(data: bytes, position: int, quote: bytes, body: Scanner) -> tuple[bytes, int]:
    start = position + 1
    stop = _end(data, start, quote, body)
    check_utf8(data, start, stop)
    return _unescaped(data[start:stop]), stop + 1


def _end(data: bytes, start: int, quote: bytes, body: Scanner) -> int:
    """Find the closing quotation mark."""
    stop = body(data, start).end()
    if data.startswith(quote, stop):
        return stop
    rest = len(data) - stop
    if not rest or (rest < _MAX_ESCAPE_BYTES and _CUT_ESCAPE(data, stop)):
        raise Unfinished
    byte = data[stop]
    if byte == b"\\"[0]:
        raise DamagedObject("expected an escape that Ion has", stop)
    if byte < b" "[0]:
        raise DamagedObject("expected the end of the line's text, or an escape", stop)
    raise DamagedObject("expected ASCII in a clob", stop)


def _with_plain_newlines(text: bytes) -> bytes:
    return _RAW_NEWLINE.sub(b"\n", text) if b"\r" in text else text


def _character(found: _Match) -> bytes:
    escape = found[0]
    simple = _SIMPLE.get(escape[1:2])
    if simple is not None:
        return simple
    if len(escape) == _MAX_ESCAPE_BYTES:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)).encode()
    digits = escape[2:]
    return chr(int(digits, 16)).encode()


def _byte(found: _Match) -> bytes:
    escape = found[0]
    digits = escape[2:]
    return bytes((int(digits, 16),)) if digits[1:] else _SIMPLE[escape[1:2]]


def _unescaped(text: bytes, replacement: Callable[[_Match], bytes] = _character) -> bytes:
    return _TAKEN_ESCAPE.sub(replacement, text) if b"\\" in text else text
