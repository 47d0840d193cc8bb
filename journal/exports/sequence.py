"""The order of a strand's objects, and what is missing or there twice.

Exports overlap when users keep several as backups. A block is then taken from one object only: that
of the export that was made last, because QLDB replaces the data of a redacted revision by its hash
in the exports that follow.
"""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Recency: TypeAlias = tuple[int, str, float]
"""Orders exports by when they were made, as far as that is known: the last block, which a later end
of an export moves up; then the end that was asked for, as Ion text or empty; then the time when the
objects were last changed, in seconds since 1970, which every copy changes."""


class DataObject(NamedTuple):
    """An object with blocks.

    Attributes
    ----------
    key
        Its key in the source.
    size
        Its bytes as stored.
    strand_id
        The ledger's strand.
    first, last
        Sequence numbers of its first and last block.
    export_id
        The export; None if no manifest names the object.
    recency
        When its export was made.
    etag
        Which copy of the object it is, as S3 tells; empty if the source does not tell.
    """

    key: str
    size: int
    strand_id: str
    first: int
    last: int
    export_id: str | None
    recency: Recency
    etag: str = ""


class ObjectPart(NamedTuple):
    """The blocks to be taken from an object.

    Attributes
    ----------
    key
        The object's key in the source.
    size
        The object's bytes as stored.
    first, last
        Sequence numbers of the object's first and last block, as its name tells.
    export_id
        The object's export; None if no manifest names the object.
    read_from, read_to
        Sequence numbers of the first and last block to be taken. The object's other blocks come
        from another one.
    etag
        As of `DataObject`.
    """

    key: str
    size: int
    first: int
    last: int
    export_id: str | None
    read_from: int
    read_to: int
    etag: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all blocks are taken."""
        return self.read_from == self.first and self.read_to == self.last


class Gap(NamedTuple):
    """Sequence numbers that no object has, from the first to the last."""

    first: int
    last: int


class JournalSequence(NamedTuple):
    """The objects of one strand.

    Attributes
    ----------
    strand_id
        The ledger's strand.
    parts
        What is to be read, in the order of the journal.
    gaps
        Which blocks are missing between the parts.
    superseded
        Blocks that are not to be read, because an export that was made later has them too; in the
        order of the journal.
    """

    strand_id: str
    parts: list[ObjectPart]
    gaps: list[Gap]
    superseded: list[ObjectPart]


def journal_sequences(objects: Iterable[DataObject]) -> list[JournalSequence]:
    """Put the objects of each strand in order.

    Parameters
    ----------
    objects
        In any order, of any number of strands.

    Returns
    -------
    list
        One for each strand, in the order of their ids.
    """
    by_strand: dict[str, list[DataObject]] = {}
    for each in objects:
        by_strand.setdefault(each.strand_id, []).append(each)
    return [_sequence(strand_id, found) for strand_id, found in sorted(by_strand.items())]


def _sequence(strand_id: str, objects: list[DataObject]) -> JournalSequence:
    objects.sort(key=lambda each: (each.first, each.last, each.key))
    taken = _taken(objects)
    parts = [_part(objects[index], start, stop) for index, start, stop in taken]
    gaps = [
        Gap(before.read_to + 1, after.read_from - 1)
        for before, after in pairwise(parts)
        if before.read_to + 1 < after.read_from
    ]
    return JournalSequence(strand_id, parts, gaps, _superseded(objects, taken))


def _part(each: DataObject, start: int, stop: int) -> ObjectPart:
    return ObjectPart(
        each.key, each.size, each.first, each.last, each.export_id, start, stop, each.etag
    )


def _taken(objects: list[DataObject]) -> list[tuple[int, int, int]]:
    """Return the index of an object, and the first and last block to be taken, in order."""
    # At each position the open object that was made last wins. `open_objects` holds all that start
    # before the position; those that end before it are dropped when they come up.
    open_objects: list[tuple[int, int]] = []
    ranks = _ranks(objects)
    taken: list[tuple[int, int, int]] = []
    coming, position, count = 0, 0, len(objects)
    while True:
        while open_objects and objects[open_objects[0][1]].last < position:
            heapq.heappop(open_objects)
        if not open_objects:
            if coming == count:
                return taken
            position = max(position, objects[coming].first)
        while coming < count and objects[coming].first <= position:
            heapq.heappush(open_objects, (ranks[coming], coming))
            coming += 1
        if not open_objects or objects[open_objects[0][1]].last < position:
            continue
        index = open_objects[0][1]
        stop = objects[index].last
        if coming < count:
            stop = min(stop, objects[coming].first - 1)
        if taken and taken[-1][0] == index and taken[-1][2] + 1 == position:
            taken[-1] = (index, taken[-1][1], stop)
        else:
            taken.append((index, position, stop))
        position = stop + 1


def _ranks(objects: list[DataObject]) -> list[int]:
    """Return the place of each object by recency; the one that was made last is first."""
    order = sorted(range(len(objects)), key=lambda index: objects[index].key)
    order.sort(key=lambda index: objects[index].recency, reverse=True)
    ranks = [0] * len(objects)
    for place, index in enumerate(order):
        ranks[index] = place
    return ranks


def _superseded(objects: list[DataObject], taken: list[tuple[int, int, int]]) -> list[ObjectPart]:
    """Return the blocks that are not taken from their object."""
    by_object: dict[int, list[tuple[int, int]]] = {}
    for index, start, stop in taken:
        by_object.setdefault(index, []).append((start, stop))
    rest = []
    for index, each in enumerate(objects):
        position = each.first
        for start, stop in by_object.get(index, ()):
            if position < start:
                rest.append(_part(each, position, start - 1))
            position = stop + 1
        if position <= each.last:
            rest.append(_part(each, position, each.last))
    rest.sort(key=lambda part: (part.read_from, part.read_to, part.key))
    return rest
