"""The forms of Ion text that exports are full of, read many at a time.

`journal.ion.text_tokens` reads the same token by token, which takes several times as long. It also
reads, or refuses, whatever is left over here.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.ion.structure import BLOB, LIST, STRING, STRUCT
from journal.ion.text_numbers import MAX_SHORT_BYTES, number, short_number
from journal.ion.text_tokens import KEYWORDS
from journal.ion.text_value import (
    AFTER,
    DONE,
    MAX_DEPTH,
    NEXT,
    NO_ANNOTATIONS,
    VALUE,
    annotated_head,
)
from journal.ion.writing import head, var_uint

if TYPE_CHECKING:
    from journal.ion.text_value import TextValue

_NAME = (
    rb"\s*+([A-Za-z_$][A-Za-z0-9_$]*+"
    rb"|'[^'\\\x00-\x1f]*+'"
    rb'|"[^"\\\x00-\x1f]*+")\s*+:\s*+'
)
_NO_NAME = rb"\s*+()"
_VALUE = (
    rb'(?:"([^"\\\x00-\x1f]*+)"'
    rb"|(-?[0-9][-+0-9A-Za-z_.:]*+)(?=[,}\]\s])"
    rb"|\{\{([A-Za-z0-9+/]*+={0,2})\}\}"
    rb"|(true|false|null)(?=[,}\]\s])"
    rb"|(\[|\{(?=[^{])))"
)
_STRING, _NUMBER, _BLOB, _KEYWORD = range(2, 6)
"""The groups, after that of the name."""

_SCANNERS = {
    STRUCT: (re.compile(_NAME + _VALUE).match, b"}"[0]),
    LIST: (re.compile(_NO_NAME + _VALUE).match, b"]"[0]),
}
"""What reads a field of a struct or an element of a list, and what ends them."""

_COMMA, _QUOTE, _APOSTROPHE, _DOLLAR = b",\"'$"
_OPENERS = {b"[": LIST, b"{": STRUCT}
_FEW = 128
_HEADS = {
    kind: tuple(head(kind, length) for length in range(_FEW))
    for kind in (STRING, BLOB, LIST, STRUCT)
}
_STRING_HEADS, _BLOB_HEADS = _HEADS[STRING], _HEADS[BLOB]


def read_common(value: TextValue, data: bytes, position: int) -> int:  # noqa: C901, PLR0912, PLR0915 (one loop, because calls would take most of the time)
    """Read fields and elements in their common forms, as many as follow each other.

    Parameters
    ----------
    value
        The value that they are part of.
    data
        The bytes at hand.
    position
        Where the tokens before end.

    Returns
    -------
    int
        Where they end.
    """
    kind, state, start = value.kind, value.state, value.start
    if kind not in _SCANNERS or state == VALUE:
        return position
    scan, closer = _SCANNERS[kind]
    content, names, outer = value.content, value.names, value.outer
    try:
        while True:
            begin = position
            if state == AFTER:
                byte = data[position]
                if byte == _COMMA:
                    begin += 1
                elif byte == closer:
                    length = len(content) - start
                    prefix = _HEADS[kind][length] if length < _FEW else head(kind, length)
                    inner = start
                    kind, start, annotations = outer.pop()
                    if annotations and kind:
                        prefix = annotated_head(annotations, prefix, length)
                    content[inner:inner] = prefix
                    position += 1
                    if kind not in _SCANNERS:
                        state = NEXT if kind else DONE
                        break
                    scan, closer = _SCANNERS[kind]
                    continue
                else:
                    break
            found = scan(data, begin)
            if found is None:
                break
            raw = found[1]
            name = (names.get(raw) or _named(value, raw, begin)) if kind == STRUCT else raw
            group = found.lastindex
            if group == _STRING:
                text = found[_STRING]
                if not text.isascii():
                    text.decode()
                length = len(text)
                prefix = _STRING_HEADS[length] if length < _FEW else head(STRING, length)
                content += name + prefix + text
            elif group == _NUMBER:
                token = found[_NUMBER]
                short = len(token) <= MAX_SHORT_BYTES
                content += name + (short_number(token) if short else number(token))
            elif group == _BLOB:
                encoded = found[_BLOB]
                if len(encoded) & 3:
                    break
                text = a2b_base64(encoded)
                length = len(text)
                prefix = _BLOB_HEADS[length] if length < _FEW else head(BLOB, length)
                content += name + prefix + text
            elif group == _KEYWORD:
                content += name + KEYWORDS[found[_KEYWORD]]
            elif len(outer) == MAX_DEPTH:
                break
            else:
                outer.append((kind, start, NO_ANNOTATIONS))
                content += name
                start = len(content)
                kind = _OPENERS[found[group]]  # type: ignore[index]  # (a group has matched)
                scan, closer = _SCANNERS[kind]
                state = NEXT
                position = found.end()
                continue
            state = AFTER
            position = found.end()
    except (IndexError, UnicodeDecodeError, IonError):
        pass  # `read_token` waits for more bytes, or refuses the token
    value.kind, value.state, value.start = kind, state, start
    return position


def _named(value: TextValue, raw: bytes, position: int) -> bytes:
    """Return the name of a field in binary Ion."""
    if raw[0] in (_QUOTE, _APOSTROPHE):
        symbol = value.symbol(raw[1:-1], position)
    elif raw in KEYWORDS:
        raise IonError("expected the name of a field")
    elif raw[0] == _DOLLAR:
        symbol = value.identifier(raw, position)  # perhaps the number of a symbol
    else:
        symbol = value.symbol(raw, position)
    name = value.names[raw] = var_uint(symbol)
    return name
