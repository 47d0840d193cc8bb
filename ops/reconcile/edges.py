"""Finds where a journal export starts and ends."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import DamagedObject, IonError
from journal.exports.block import time_text
from journal.exports.block_facts import block_address
from journal.exports.blocks import object_blocks
from journal.ion.structure import struct, timestamp_field
from ops.exports.source import ObjectError
from ops.exports.verification import BlockPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from journal.exports.located import Located
    from journal.exports.sequence import JournalSequence, ObjectPart
    from ops.exports.source import Source


class Edge(NamedTuple):
    """The first or the last block.

    Attributes
    ----------
    place
        Its sequence number, and its time as Ion text.
    moment
        Its time; None if it has no time of day.
    """

    place: BlockPlace
    moment: datetime | None


def edges(source: Source, sequence: JournalSequence) -> tuple[Edge | None, Edge | None]:
    """Return the first and the last block that are to be taken; None where they cannot be read.

    Raises
    ------
    OpsError
        If the source cannot be read at all.
    """
    if not sequence.parts:
        return None, None
    first, last = sequence.parts[0], sequence.parts[-1]
    return next(_blocks(source, first), None), _last(_blocks(source, last))


def _last(found: Iterator[Edge]) -> Edge | None:
    newest = deque(found, maxlen=1)
    return newest[0] if newest else None


def _blocks(source: Source, part: ObjectPart) -> Iterator[Edge]:
    try:
        for located in object_blocks(source.chunks(part.key)).blocks:
            edge = _edge(located)
            if edge is not None and part.read_from <= edge.place.sequence_no <= part.read_to:
                yield edge
    except (DamagedObject, ObjectError):
        return  # the reader of all objects tells what is wrong


def _edge(located: Located) -> Edge | None:
    try:
        found = struct(located.span)
        number = block_address(found).sequence_no
        text = time_text(timestamp_field(found, "blockTimestamp"))
    except IonError:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Edge(BlockPlace(sequence_no=number, timestamp=text), moment)
