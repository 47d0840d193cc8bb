"""Finds out which blocks an object holds whose name does not tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.exports.block import read_block
from journal.exports.blocks import object_blocks
from ops.exports.catalogue import BlockRange

if TYPE_CHECKING:
    from ops.exports.source import Source


def block_range(source: Source, key: str) -> BlockRange:
    """Read an object to find its strand, and its first and last block.

    An object that is damaged after some blocks has those.

    Raises
    ------
    ObjectError, OpsError
        If the object cannot be read.
    IonError
        If there is no block in it.
    """
    first = last = None
    try:
        for located in object_blocks(source.chunks(key)).blocks:
            last = read_block(located.span).address
            first = first or last
    except IonError:
        if first is None:
            raise
    if first is None or last is None:
        raise IonError("expected blocks of a journal")
    return BlockRange(first.strand_id, first.sequence_no, last.sequence_no)
