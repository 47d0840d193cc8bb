"""The tokens of Ion text, one by one.

Source: Ion specification, "Ion Text Encoding", and its grammar.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, NoReturn

from journal.errors import DamagedObject, IonError
from journal.ion import structure, text_quotes, writing
from journal.ion.structure import LIST, SEXP, STRING, STRUCT
from journal.ion.text_layout import SPACE, Unfinished, following, scanner, skip, space
from journal.ion.text_numbers import number
from journal.ion.text_quotes import LONG_QUOTE
from journal.ion.text_value import AFTER, NEXT, TOP
from journal.ion.writing import binary64, blob, clob, null

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.ion.text_value import TextValue

_CLOSER = {LIST: b"]"[0], SEXP: b")"[0], STRUCT: b"}"[0]}
_COMMA, _COLON, _QUOTE, _APOSTROPHE, _BRACE, _MINUS = b",:\"'{-"
_STOPS = frozenset(b"{}[](),\"' \t\n\r\v\f")
"""What can follow a number, apart from a comment (specification, "Numeric stop characters")."""

_identifier = scanner(rb"[A-Za-z_$][A-Za-z0-9_$]*+")
_is_identifier = re.compile(rb"[A-Za-z0-9_$]").match
_number = scanner(rb"-?[0-9][-+0-9A-Za-z_.:]*+")
_operator = scanner(rb"(?:[!#%&*+\-.;<=>?@^`|~]|/(?![/*]))++")
_blob = scanner(rb"[A-Za-z0-9+/ \t\n\r\v\f]*+(?:=[ \t\n\r\v\f]*+){0,2}")
_is_version = re.compile(rb"\$ion_[0-9]++_[0-9]++").fullmatch
_VERSION_MARKER = b"$ion_1_0"
_INFINITE = b"inf"

_NULL_TYPES = {
    b"null": structure.UNTYPED_NULL >> 4,
    b"bool": structure.BOOL,
    b"int": structure.INT,
    b"float": structure.FLOAT,
    b"decimal": structure.DECIMAL,
    b"timestamp": structure.TIMESTAMP,
    b"symbol": structure.SYMBOL,
    b"string": STRING,
    b"clob": structure.CLOB,
    b"blob": structure.BLOB,
    b"list": LIST,
    b"sexp": SEXP,
    b"struct": STRUCT,
}
KEYWORDS = {
    b"null": null(structure.UNTYPED_NULL >> 4),
    b"true": writing.TRUE,
    b"false": writing.FALSE,
    b"nan": binary64(float("nan")),
}
"""Words that are no symbols, as binary Ion."""

_NO_VALUE = "expected a value"
_NO_NAME = "expected the name of a field"


def read_token(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    """Read one token.

    Parameters
    ----------
    value
        The value that it is part of.
    data
        The bytes at hand.
    position
        Where the tokens before end.
    ended
        Whether nothing follows the bytes at hand.

    Returns
    -------
    int
        Where the token ends.

    Raises
    ------
    Unfinished
        If more bytes are needed; the value is unchanged.
    DamagedObject
        If no such token may stand there; the offset counts from the data's beginning.
    """
    position = skip(data, position, ended=ended)
    if position == len(data):
        raise Unfinished
    byte = data[position]
    if value.state == AFTER:
        if byte == _COMMA:
            value.state = NEXT
        elif byte == _CLOSER[value.kind]:
            value.close()
        elif len(data) - position < len(LONG_QUOTE) and LONG_QUOTE.startswith(data[position:]):
            raise Unfinished  # perhaps of the next segment of a long string
        else:
            raise DamagedObject("expected a comma or the end of the container", position)
        return position + 1
    if value.state == NEXT:
        if byte == _CLOSER[value.kind]:
            value.close()
            return position + 1
        if value.kind == STRUCT:
            return _read_name(value, data, position, ended=ended)
    read = _READERS.get(byte)
    if read is None:
        raise DamagedObject(_NO_VALUE, position)
    return read(value, data, position, ended=ended)


def _read_name(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    """Read the name of a field and its colon."""
    start = position
    word = None
    if data[position] == _QUOTE:
        text, position = text_quotes.string(data, position)
    elif data[position] == _APOSTROPHE:
        _, text, position = _apostrophes(data, position, ended=ended)
    else:
        if not _is_identifier(data, position) or data[position : position + 1].isdigit():
            raise DamagedObject(_NO_NAME, start)
        word = _identifier(data, position)[0]
        position += len(word)
        if position < len(data) and word in KEYWORDS:
            raise DamagedObject(_NO_NAME, start)
    position = following(data, position, ended=ended)
    if position == len(data):
        raise Unfinished
    if data[position] != _COLON:
        raise DamagedObject("expected the colon after the name of a field", position)
    value.add_name(value.identifier(word, start) if word else value.symbol(text, start))
    return position + 1


def _read_string(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:  # noqa: ARG001 (one of the readers)
    text, position = text_quotes.string(data, position)
    value.add(writing.value(STRING, text))
    return position


def _read_apostrophes(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    """Read a long string, or a symbol in quotation marks."""
    is_long, text, end = _apostrophes(data, position, ended=ended)
    if is_long:
        value.add(writing.value(STRING, text))
        return end
    after_colons = _after_colons(data, end, ended=ended)
    return _take_symbol(value, value.symbol(text, position), end, after_colons)


def _apostrophes(data: bytes, position: int, *, ended: bool) -> tuple[bool, bytes, int]:
    if text_quotes.starts_long_quote(data, position, ended=ended):
        return True, *text_quotes.long_string(data, position, ended=ended)
    return False, *text_quotes.symbol(data, position)


def _read_word(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    """Read a keyword, a symbol or an annotation."""
    word = _identifier(data, position)[0]
    end = position + len(word)
    if end == len(data) and not ended:
        raise Unfinished
    if word in KEYWORDS:
        if word == b"null" and data[end : end + 1] == b".":
            return _read_typed_null(value, data, end + 1, ended=ended)
        value.add(KEYWORDS[word])
        return end
    after_colons = _after_colons(data, end, ended=ended)
    if value.kind == TOP and not (after_colons or value.annotations) and _is_version(word):
        if word != _VERSION_MARKER:
            raise DamagedObject("expected version 1.0 of Ion", position)
        value.end_with_version_marker()
        return end
    return _take_symbol(value, value.identifier(word, position), end, after_colons)


def _after_colons(data: bytes, position: int, *, ended: bool) -> int:
    """Find the end of two colons that follow a symbol; 0 if there are none."""
    position = following(data, position, ended=ended)
    mark = data[position : position + 2]
    if mark == b":" and position + 1 == len(data):
        raise Unfinished
    return position + 2 if mark == b"::" else 0


def _take_symbol(value: TextValue, symbol: int, end: int, after_colons: int) -> int:
    """Take a symbol as an annotation or as a value; return where it ends."""
    if after_colons:
        value.annotate(symbol)
    else:
        value.add(writing.symbol(symbol))
    return after_colons or end


def _read_typed_null(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    end = position
    if _is_identifier(data, position):
        end = _word_end(data, position)
    if end == len(data) and not ended:
        raise Unfinished
    kind = _NULL_TYPES.get(data[position:end])
    if kind is None:
        _refuse("expected the type of a null", data, position, end)
    value.add(null(kind))
    return end


_word_part = scanner(rb"[A-Za-z0-9_$]*+")


def _word_end(data: bytes, position: int) -> int:
    return _word_part(data, position).end()


def _refuse(code: str, data: bytes, position: int, end: int) -> NoReturn:
    """Refuse a token; at the end of the stream it can be the beginning of a longer one."""
    if end == len(data):
        raise Unfinished
    raise DamagedObject(code, position)


def _read_number(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    token = _number(data, position)[0]
    end = position + len(token)
    if end == len(data):
        if not ended:
            raise Unfinished
    elif data[end] not in _STOPS and skip(data, end, ended=ended) == end:
        raise DamagedObject("expected the end of a number", end)
    try:
        value.add(number(token))
    except IonError as error:
        _refuse(error.code, data, position, end)
    return end


def _read_sign(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    """Read a number with a sign, or an operator."""
    word = data[position + 1 : position + 2 + len(_INFINITE)]
    if data[position] == _MINUS and word[:1].isdigit():
        return _read_number(value, data, position, ended=ended)
    if _INFINITE.startswith(word) and not (ended and word == _INFINITE):
        raise Unfinished
    if word.startswith(_INFINITE) and not _is_identifier(word, len(_INFINITE)):
        end = position + 1 + len(_INFINITE)
        value.add(binary64(float(data[position:end])))
        return end
    return _read_operator(value, data, position, ended=ended)


def _read_operator(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:
    if value.kind != SEXP:
        raise DamagedObject(_NO_VALUE, position)
    token = _operator(data, position)[0]
    end = position + len(token)
    if end == len(data) and not ended:
        raise Unfinished
    value.add(writing.symbol(value.symbol(token, position)))
    return end


def _read_braces(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:  # noqa: ARG001 (one of the readers)
    """Read a blob or a clob, or the beginning of a struct."""
    mark = data[position + 1 : position + 2]
    if not mark:
        raise Unfinished
    if mark != b"{":
        value.open(STRUCT, position)
        return position + 1
    found = _blob(data, position + 2)
    encoded = found[0].translate(None, SPACE)
    end = found.end()
    if not encoded and data[end : end + 1] in (b'"', b"'"):
        text, end = text_quotes.clob_text(data, end)
        position = _after_braces(data, space(data, end).end(), "expected the end of a clob")
        value.add(clob(text))
        return position
    position = _after_braces(data, end, "expected base64 and the end of a blob")
    if len(encoded) % 4:
        raise DamagedObject("expected base64 in groups of four", end)
    value.add(blob(a2b_base64(encoded)))
    return position


def _after_braces(data: bytes, position: int, code: str) -> int:
    """Find the end of two closing braces."""
    mark = data[position : position + 2]
    if mark == b"}}":
        return position + 2
    if b"}}".startswith(mark) and position + len(mark) == len(data):
        raise Unfinished
    raise DamagedObject(code, position)


def _open_list(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:  # noqa: ARG001 (one of the readers)
    value.open(LIST, position)
    return position + 1


def _open_sexp(value: TextValue, data: bytes, position: int, *, ended: bool) -> int:  # noqa: ARG001 (one of the readers)
    value.open(SEXP, position)
    return position + 1


_READERS: dict[int, Callable[..., int]] = {
    **dict.fromkeys(b"!#%&*./;<=>?@^`|~", _read_operator),
    **dict.fromkeys(b"+-", _read_sign),
    **dict.fromkeys(b"0123456789", _read_number),
    **dict.fromkeys(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$", _read_word),
    _QUOTE: _read_string,
    _APOSTROPHE: _read_apostrophes,
    _BRACE: _read_braces,
    b"["[0]: _open_list,
    b"("[0]: _open_sexp,
}
"""What reads a value, by its first byte."""
