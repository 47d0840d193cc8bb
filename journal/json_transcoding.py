"""Transcodes JSON of QLDB into binary Ion: QLDB's own fields get their Ion types back.

JSON has no timestamps and no blobs, but those of QLDB's own parts are known by their names. What
users wrote (``data``) keeps the types that JSON has; `journal.retyping` finds the others.

Source: QLDB developer guide, "Journal contents in Amazon QLDB"; Ion cookbook, "Down-converting to
JSON".
"""

from __future__ import annotations

import binascii
from json import scanner
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from journal.errors import IonError
from journal.ion.structure import LIST, STRING, STRUCT, UNTYPED_NULL, bounds
from journal.ion.symbols import SYSTEM_SYMBOLS
from journal.ion.timestamp_encoding import timestamp
from journal.ion.writing import FALSE, TRUE, blob, value, var_uint
from journal.json_numbers import json_decimal, json_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from journal.ion.structure import Span

Parsed: TypeAlias = Any
"""A value that the scanner returns: a tuple of pairs for an object, a list, a text, a bool, None; a
number is binary Ion already, as bytes."""

_Codes: TypeAlias = dict[str, bytes]
"""The symbols of one value while it is written: each name's number, as a VarUInt."""


class _Writer(Protocol):
    """Returns a value as binary Ion."""

    def __call__(self, item: Parsed, codes: _Codes, /) -> bytes: ...


_Shape: TypeAlias = "Mapping[str, _Writer]"
"""The fields of one of QLDB's own structs whose types JSON has lost."""

HALF_PAIR = "expected no half of a surrogate pair in a text"
TOO_DEEP = "expected fewer levels of nesting"


def _no_number(_literal: str) -> NoReturn:
    raise IonError("expected a number instead of NaN or Infinity")


class _ScannerSettings:
    """What the standard library's scanner in C is told."""

    strict = True
    object_hook = None
    object_pairs_hook = tuple
    parse_float = staticmethod(json_decimal)
    parse_int = staticmethod(json_integer)
    parse_constant = staticmethod(_no_number)
    memo: dict[str, str] = {}  # noqa: RUF012 (the scanner's interface)


scan: Callable[[str, int], tuple[Parsed, int]] = scanner.make_scanner(_ScannerSettings())  # type: ignore[arg-type]  # (so JSONDecoder calls it)
"""Parses the JSON value at a place in a text, and returns it and where it ends.

Raises StopIteration (with the place) where a value is expected, json.JSONDecodeError for other
syntax, IonError for a number that Ion does not have, and RecursionError.
"""

_LONG = 14
_KNOWN_LENGTHS = 128
_HEADS = tuple(
    bytes((STRING << 4 | length,))
    if length < _LONG
    else bytes((STRING << 4 | _LONG,)) + var_uint(length)
    for length in range(_KNOWN_LENGTHS)
)
"""What precedes a string, by the length of its text."""

_NULL = bytes((UNTYPED_NULL,))


def _plain(item: Parsed, codes: _Codes) -> bytes:
    kind = type(item)
    if kind is str:
        content = item.encode()
        length = len(content)
        return _HEADS[length] + content if length < _KNOWN_LENGTHS else value(STRING, content)
    if kind is bytes:
        return item  # type: ignore[no-any-return]
    if kind is tuple:
        return _struct(item, codes, _NO_SHAPE)
    if kind is list:
        return value(LIST, b"".join([_plain(each, codes) for each in item]))
    if item is None:
        return _NULL
    return TRUE if item else FALSE


def _struct(pairs: tuple[tuple[str, Parsed], ...], codes: _Codes, shape: _Shape) -> bytes:
    parts: list[bytes] = []
    append = parts.append
    # Most of the time goes into this loop, so texts and numbers are written in place.
    for name, item in pairs:
        append(codes[name] if name in codes else _new_code(name, codes))
        if name in shape:
            append(shape[name](item, codes))
            continue
        kind = type(item)
        if kind is str:
            content = item.encode()
            length = len(content)
            if length < _KNOWN_LENGTHS:
                append(_HEADS[length])
                append(content)
            else:
                append(value(STRING, content))
        elif kind is bytes:
            append(item)
        elif kind is tuple:
            append(_struct(item, codes, _NO_SHAPE))
        else:
            append(_plain(item, codes))
    return value(STRUCT, b"".join(parts))


def _new_code(name: str, codes: _Codes) -> bytes:
    name.encode()
    code = codes[name] = var_uint(len(SYSTEM_SYMBOLS) + len(codes))
    return code


def _timestamp(item: Parsed, codes: _Codes) -> bytes:
    if type(item) is str:
        try:
            return timestamp(item)
        except IonError:
            pass
    return _plain(item, codes)


def _blob(item: Parsed, codes: _Codes) -> bytes:
    if type(item) is str:
        content = from_base64(item)
        if content is not None:
            return blob(content)
    return _plain(item, codes)


def _blobs(item: Parsed, codes: _Codes) -> bytes:
    if type(item) is list:
        return value(LIST, b"".join([_blob(each, codes) for each in item]))
    return _plain(item, codes)


def _shaped(shape: _Shape) -> _Writer:
    def write(item: Parsed, codes: _Codes) -> bytes:
        return _struct(item, codes, shape) if type(item) is tuple else _plain(item, codes)

    return write


def _list_of(shape: _Shape) -> _Writer:
    write = _shaped(shape)

    def write_all(item: Parsed, codes: _Codes) -> bytes:
        if type(item) is list:
            return value(LIST, b"".join([write(each, codes) for each in item]))
        return _plain(item, codes)

    return write_all


def from_base64(text: str) -> bytes | None:
    """Return what a text is the base64 of; None if it is not what an encoder writes."""
    try:
        content = binascii.a2b_base64(text)
    except ValueError:
        return None
    # The decoder ignores what is not base64, and bits that no byte needs.
    return content if binascii.b2a_base64(content, newline=False).decode() == text else None


_NO_SHAPE: _Shape = {}
_METADATA: _Shape = {"txTime": _timestamp}
_REVISION: _Shape = {
    "hash": _blob,
    "dataHash": _blob,
    "metadata": _shaped(_METADATA),
}
_STATEMENT: _Shape = {"startTime": _timestamp, "statementDigest": _blob}
_BLOCK: _Shape = {
    "blockTimestamp": _timestamp,
    "blockHash": _blob,
    "entriesHash": _blob,
    "previousBlockHash": _blob,
    "entriesHashList": _blobs,
    "transactionInfo": _shaped({"statements": _list_of(_STATEMENT)}),
    "revisions": _list_of(_REVISION),
}

_KNOWN_NAMES = (
    *("blockAddress", "strandId", "sequenceNo", "transactionId", *_BLOCK, "statements"),
    *("statement", *_STATEMENT, "documents", "tableName", "tableId", "redactionInfo"),
    *("documentId", *_REVISION, "data", "id", *_METADATA, "txId", "version"),
)
"""Names that nearly every block has; they are given their numbers once."""

_KNOWN_CODES: _Codes = {}
for _name in _KNOWN_NAMES:
    _new_code(_name, _KNOWN_CODES)


def block(parsed: Parsed) -> Span:
    """Return a journal block as binary Ion.

    Raises
    ------
    UnicodeEncodeError
        If a text has half of a surrogate pair.
    RecursionError
        If it is nested too deeply.
    """
    return _span(parsed, _shaped(_BLOCK))


def document(parsed: Parsed) -> Span:
    """Return any JSON value in which blocks and revisions are found by their fields.

    Raises
    ------
    UnicodeEncodeError, RecursionError
        As for `block`.
    """
    return _span(parsed, _document)


def _document(item: Parsed, codes: _Codes) -> bytes:
    if type(item) is list:
        return value(LIST, b"".join([_document(each, codes) for each in item]))
    if type(item) is not tuple:
        return _plain(item, codes)
    names = {name for name, _ in item}
    if "blockHash" in names and "blockAddress" in names:
        return _struct(item, codes, _BLOCK)
    if "hash" in names and "metadata" in names:
        return _struct(item, codes, _REVISION)
    return _struct(item, codes, dict.fromkeys(names, _document))


def _span(parsed: Parsed, write: _Writer) -> Span:
    codes = _KNOWN_CODES.copy()
    written = write(parsed, codes)
    head, start, stop = bounds(written, 0, len(written))
    return written, SYSTEM_SYMBOLS + tuple(codes), head, start, stop
