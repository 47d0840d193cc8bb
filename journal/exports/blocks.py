"""The blocks in an object of an export, in whichever format it is."""

from __future__ import annotations

import enum
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import DamagedObject
from journal.ion.binary_stream import binary_values
from journal.ion.stream import VERSION_MARKER
from journal.ion.text_stream import text_values
from journal.json_blocks import json_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from journal.exports.located import Located

_SPACES = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENOUGH = 4096
"""Bytes after which the start of an object tells its format, whatever space precedes it."""


_MAX_SPACE = 1024 * 1024
"""Space before the first value after which an object is taken for damaged: what gzip makes of a few
bytes could be gigabytes of it."""


class Format(enum.StrEnum):
    """The format of an object, as QLDB's ExportJournalToS3 offers them; its value is its name."""

    ION_BINARY = "Ion binary"
    ION_TEXT = "Ion text"
    JSON = "JSON"
    EMPTY = "empty"


class ObjectBlocks(NamedTuple):
    """An object's format and its blocks, which raise `DamagedObject` where they cannot be read."""

    format: Format
    blocks: Iterator[Located]


def object_blocks(chunks: Iterable[bytes]) -> ObjectBlocks:
    """Tell the format of an object by its content, and find its blocks.

    Parameters
    ----------
    chunks
        The object without its compression, in pieces of any size.

    Returns
    -------
    ObjectBlocks
        Its iterator raises `DamagedObject` at the first place that cannot be read, which is the
        start of an object that is in none of the formats.

    Raises
    ------
    DamagedObject
        If the object starts with more space than any writer leaves.
    """
    source = iter(chunks)
    start = _start(source)
    found = _format(start)
    whole = chain([start], source)
    if found is Format.ION_BINARY:
        return ObjectBlocks(found, binary_values(whole))
    if found is Format.EMPTY:
        return ObjectBlocks(found, iter(()))
    return ObjectBlocks(found, (text_values if found is Format.ION_TEXT else json_blocks)(whole))


def _start(source: Iterator[bytes]) -> bytes:
    start = b""
    while len(_telling(start)) < _ENOUGH:
        chunk = next(source, None)
        if chunk is None:
            break
        start += chunk
        if len(start) > _MAX_SPACE and not _telling(start):
            raise DamagedObject("expected a value instead of space", 0)
    return start


def _telling(start: bytes) -> bytes:
    """Return what is left without the space around a first brace."""
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip(_SPACES)
    return text[1:].lstrip(_SPACES) if text.startswith(b"{") else text


def _format(start: bytes) -> Format:
    if start.startswith(VERSION_MARKER):
        return Format.ION_BINARY
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip(_SPACES)
    if not text:
        return Format.EMPTY
    # Names in Ion text have no quotes: neither QLDB nor AWS's Ion libraries write them so.
    if text.startswith(b"{") and text[1:].lstrip(_SPACES).startswith((b'"', b"}")):
        return Format.JSON
    return Format.ION_TEXT
