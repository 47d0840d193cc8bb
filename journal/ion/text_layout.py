"""What stands between the tokens of Ion text: whitespace and comments.

Source: Ion specification, "Ion Text Encoding", section "Whitespace" and "Comments".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from journal.errors import DamagedObject

Scanner: TypeAlias = Callable[[bytes, int], re.Match[bytes]]
"""Matches some bytes from a position on."""


class Unfinished(Exception):  # noqa: N818 (a state, not a failure)
    """A token goes on after the bytes at hand, or may do so."""


def scanner(pattern: bytes) -> Scanner:
    """Return a scanner for a pattern that matches wherever it is used."""
    return re.compile(pattern).match  # type: ignore[return-value]  # (no None, see above)


SPACE = b" \t\n\r\v\f"
"""Whitespace."""

space = scanner(rb"[ \t\n\r\v\f]*+")
"""Matches whitespace, or nothing."""

_line = scanner(rb"[^\n\r]*+")
_SLASH, _STAR = b"/", b"*"


def skip(data: bytes, position: int, *, ended: bool) -> int:
    """Find the next byte that is neither whitespace nor part of a comment.

    Parameters
    ----------
    data
        The bytes at hand.
    position
        Where to begin.
    ended
        Whether nothing follows the bytes at hand.

    Returns
    -------
    int
        Its position; the length of the data if there is none.

    Raises
    ------
    Unfinished
        If a comment does not end.
    DamagedObject
        If a comment is not UTF-8.
    """
    while True:
        position = space(data, position).end()
        end = after_comment(data, position, ended=ended)
        if end == position:
            return position
        position = end


def after_comment(data: bytes, position: int, *, ended: bool) -> int:
    """Find the end of a comment; the position itself if none begins there.

    Raises
    ------
    Unfinished
        If it does not end.
    DamagedObject
        If it is not UTF-8.
    """
    if data[position : position + 1] != _SLASH:
        return position
    mark = data[position + 1 : position + 2]
    if mark == _SLASH:
        stop = _line(data, position).end()
        if stop == len(data) and not ended:
            raise Unfinished
    elif mark == _STAR:
        found = data.find(b"*/", position + 2)
        if found < 0:
            raise Unfinished
        stop = found + 2
    elif mark:
        return position
    else:
        raise Unfinished
    check_utf8(data, position, stop)
    return stop


def following(data: bytes, position: int, *, ended: bool) -> int:
    """Find the next byte as `skip` does, where it decides about the token before it.

    Raises
    ------
    Unfinished
        If the next byte is not among the bytes at hand.
    DamagedObject
        If a comment is not UTF-8.
    """
    position = skip(data, position, ended=ended)
    if position == len(data) and not ended:
        raise Unfinished
    return position


def check_utf8(data: bytes, start: int, stop: int) -> None:
    """Check a part of the text.

    Raises
    ------
    Unfinished
        If the last character is cut by the end of the data.
    DamagedObject
        If the part is not UTF-8.
    """
    part = data[start:stop]
    if part.isascii():
        return
    try:
        part.decode()
    except UnicodeDecodeError as error:
        if stop == len(data) and error.end == len(part) and error.reason.startswith("unexpected"):
            raise Unfinished from None
        raise DamagedObject("expected UTF-8", start + error.start) from None
