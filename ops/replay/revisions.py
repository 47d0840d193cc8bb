"""Reads the objects of an export into revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import DamagedObject, IonError
from journal.exports.block import time_text
from journal.exports.block_revisions import BlockRevisionReader
from journal.exports.blocks import Format, object_blocks
from journal.exports.selection import Selection
from ops.exports.catalogue import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from journal.exports.block_facts import Table
    from journal.exports.block_revisions import BlockRevisions
    from journal.exports.located import Located
    from journal.exports.sequence import ObjectPart
    from journal.ion.structure import Span
    from journal.revisions import Redaction, Revision
    from ops.exports.source import Source

MAX_PROBLEMS = 20
"""Problems of one object that are kept; the last one says that there may be more."""

EVERYTHING = Selection()
"""No limit of time or tables."""


class FoundRevision(NamedTuple):
    """A revision with its place in the journal.

    Attributes
    ----------
    revision
        What it says. Its table has an empty name and an empty id if its block does not tell them.
    sequence_no
        Sequence number of its block.
    place
        Index among the block's revisions, from 0.
    span
        The revision as the block has it.
    """

    revision: Revision
    sequence_no: int
    place: int
    span: Span


class FoundFault(NamedTuple):
    """A revision that cannot be read, with its place in the journal.

    Attributes
    ----------
    sequence_no, place, span
        As of `FoundRevision`.
    table
        Its ledger table; empty name and id if that is not known.
    code
        What is wrong: a constant text without any of the revision's content.
    document_id, version
        Which revision it is; None if that cannot be read.
    """

    sequence_no: int
    place: int
    span: Span
    table: Table
    code: str
    document_id: str | None = None
    version: int | None = None


class FoundRedaction(NamedTuple):
    """A revision that a block redacts.

    Attributes
    ----------
    redaction
        The revision.
    sequence_no
        Sequence number of the block that redacts it.
    """

    redaction: Redaction
    sequence_no: int


@dataclass(kw_only=True)
class Found:
    """What was found in some objects.

    Attributes
    ----------
    revisions
        Those of the selected time.
    faulty
        Revisions of the selected time that cannot be read.
    redactions
        Those of all blocks, whatever their time.
    problems
        What else cannot be read.
    blocks
        Number of blocks that were taken.
    bytes
        Size of those blocks as they are in their objects, without compression.
    """

    revisions: list[FoundRevision] = field(default_factory=list)
    faulty: list[FoundFault] = field(default_factory=list)
    redactions: list[FoundRedaction] = field(default_factory=list)
    problems: list[Unreadable] = field(default_factory=list)
    blocks: int = 0
    bytes: int = 0

    def block_starts(self, block: BlockRevisions) -> None:
        """Do nothing with a block; who wants more of it than its revisions does something."""

    def block_ends(self) -> None:
        """Do nothing after a block; who wants less than everything in memory does something."""


def read_part(
    source: Source,
    part: ObjectPart,
    strand_id: str,
    found: Found,
    selection: Selection = EVERYTHING,
) -> None:
    """Read the blocks that are to be taken from an object.

    Parameters
    ----------
    source
        Where the object is.
    part
        Which object, and which of its blocks.
    strand_id
        The strand that is read.
    found
        Receives what is found, in the order of the object.
    selection
        Its time limits what is taken, except redactions. Its tables do not.

    Raises
    ------
    ObjectError
        If the object is gone or may not be read, or is another copy than was listed.
    OpsError
        If the source cannot be read at all.
    """
    _PartReader(part, strand_id, found, selection).read(source.chunks(part.key, part.etag))


class _PartReader:
    def __init__(
        self, part: ObjectPart, strand_id: str, found: Found, selection: Selection
    ) -> None:
        self._part = part
        self._strand_id = strand_id
        self._found = found
        self._selection = selection
        self._has_limits = selection.start is not None or selection.end is not None
        self._reader = BlockRevisionReader()
        self._first: int | None = None
        self._last: int | None = None
        self._count = 0
        self._noted = 0
        self._has_types = True

    def read(self, chunks: Iterable[bytes]) -> None:
        try:
            objects = object_blocks(chunks)
            self._has_types = objects.format is not Format.JSON
            for located in objects.blocks:
                try:
                    self._take(located)
                except IonError as error:
                    self._note(error.code, located.offset)
        except DamagedObject as error:
            self._note(error.code, error.offset)
        else:
            self._check_blocks()

    def _take(self, located: Located) -> None:
        self._count += 1
        block = self._reader.read(located.span)
        if block.address.strand_id != self._strand_id:
            raise IonError("the block is of another strand")
        number = block.address.sequence_no
        if self._first is None:
            self._first = number
        self._last = number
        if not self._part.read_from <= number <= self._part.read_to:
            return
        found = self._found
        found.block_starts(block)
        found.blocks += 1
        found.bytes += located.size
        for problem in block.problems:
            self._note(problem, located.offset)
        found.redactions.extend([FoundRedaction(each, number) for each in block.redactions])
        if not self._has_limits or self._is_selected(block):
            self._add(block, number)
        found.block_ends()

    def _add(self, block: BlockRevisions, number: int) -> None:
        found = self._found
        revisions = [
            FoundRevision(each.revision, number, each.place, each.span) for each in block.revisions
        ]
        if not self._has_types:
            revisions = [
                each._replace(revision=each.revision._replace(has_types=False))
                for each in revisions
            ]
        found.revisions.extend(revisions)
        found.faulty.extend([FoundFault(number, *each) for each in block.faulty])

    def _is_selected(self, block: BlockRevisions) -> bool:
        if block.timestamp is None:
            raise IonError("blockTimestamp is missing")
        return self._selection.has_time(time_text(block.timestamp))

    def _check_blocks(self) -> None:
        """Compare the blocks with the object's name: one that is cut between two is well formed."""
        part = self._part
        expected = part.last - part.first + 1
        if self._first is None or self._last is None:
            if not self._noted:
                self._note(f"there is no block, but the name tells of {expected}", None)
        elif self._first != part.first:
            self._note(f"starts with block {self._first}; the name tells {part.first}", None)
        elif self._last != part.last:
            self._note(f"ends with block {self._last}; the name tells {part.last}", None)
        elif self._count != expected:
            self._note(f"has {self._count} blocks; the name tells of {expected}", None)

    def _note(self, problem: str, offset: int | None) -> None:
        self._noted += 1
        if self._noted < MAX_PROBLEMS:
            self._found.problems.append(Unreadable(self._part.key, problem, offset))
        elif self._noted == MAX_PROBLEMS:
            self._found.problems.append(Unreadable(self._part.key, "more of it cannot be read"))
