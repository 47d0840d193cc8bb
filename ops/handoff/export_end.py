"""Where an export ends, and where a stream has to start that goes on from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from journal.errors import DamagedObject, IonError
from journal.exports.block import read_block, time_text
from journal.exports.blocks import object_blocks
from journal.exports.object_name import object_name
from ops.errors import OpsError
from ops.exports.missing_objects import missing_objects
from ops.handoff.intervals import IntervalSet
from ops.terminal_text import printable

if TYPE_CHECKING:
    from journal.exports.block import Block
    from journal.exports.sequence import JournalSequence, ObjectPart
    from ops.exports.catalogue import Catalogue
    from ops.exports.source import Source


@dataclass(frozen=True, kw_only=True)
class ExportEnd:
    """What an export has of a journal.

    Attributes
    ----------
    strand_id
        The journal.
    blocks
        The blocks that it has, as the names of its objects tell; those of the last object as they
        were read.
    first, last
        Its first and last block.
    last_time
        When the last block was committed, as Ion text.
    start_time
        The latest start of a stream that goes on from it: `last_time` without the fraction of a
        second, in UTC, as the setting ``inclusiveStartTime`` takes it.
    named_last
        Highest block that a manifest names, whether its object is there or not.
    problems
        What of the source could not be read or is not there.
    """

    strand_id: str
    blocks: IntervalSet
    first: int
    last: int
    last_time: str
    start_time: str
    named_last: int
    problems: tuple[str, ...] = ()


def export_end(source: Source, found: Catalogue, sequence: JournalSequence) -> ExportEnd:
    """Read the last object of an export to find its last block.

    Parameters
    ----------
    source
        Where the export is.
    found
        What there is.
    sequence
        The journal that is read.

    Raises
    ------
    OpsError
        If there is no block, or the last one cannot be found.
    """
    if not sequence.parts:
        raise OpsError(
            f"{printable(found.location)} has no block: its exports are of a time in which nothing "
            "was committed. Add the export that was made before"
        )
    *before, last_part = sequence.parts
    blocks = IntervalSet()
    for part in before:
        blocks.add(part.read_from, part.read_to)
    read = _LastObject(last_part, sequence.strand_id)
    read.read(source)
    last = read.last
    if last is None:
        raise OpsError(
            f"{printable(last_part.key)}: expected block {last_part.read_to} of the strand "
            f"{printable(sequence.strand_id)}: `python -m ops verify` tells what is wrong"
        )
    blocks.update(read.blocks)
    last_time = _time_of(last, last_part.key)
    named = _named_last(found, sequence.strand_id)
    return ExportEnd(
        strand_id=sequence.strand_id,
        blocks=blocks,
        first=blocks.first or 0,
        last=last.address.sequence_no,
        last_time=last_time,
        start_time=start_time(last_time),
        named_last=max(named, last_part.read_to),
        problems=(*_problems(found), *read.problems),
    )


def start_time(block_time: str) -> str:
    """Return the latest start of a stream that delivers a block of this time.

    Parameters
    ----------
    block_time
        Ion text.

    Returns
    -------
    str
        In UTC, to the second, which is as exact as the setting is.

    Raises
    ------
    OpsError
        If it has no time of day.
    """
    try:
        moment = datetime.fromisoformat(block_time)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OpsError(f"blockTimestamp is {block_time}: expected a date with a time of day")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


class _LastObject:
    """The blocks that are taken from the last object."""

    def __init__(self, part: ObjectPart, strand_id: str) -> None:
        self._part = part
        self._strand_id = strand_id
        self.blocks = IntervalSet()
        self.last: Block | None = None
        self.problems: list[str] = []

    def read(self, source: Source) -> None:
        try:
            for located in object_blocks(source.chunks(self._part.key)).blocks:
                try:
                    self._take(read_block(located.span))
                except IonError as error:
                    self._note(error.code, located.offset)
        except DamagedObject as error:
            self._note(error.code, error.offset)

    def _take(self, block: Block) -> None:
        strand_id, number = block.address
        if strand_id != self._strand_id:
            raise IonError("the block is of another strand")
        if not self._part.read_from <= number <= self._part.read_to:
            return
        self.blocks.add(number)
        if self.last is None or number > self.last.address.sequence_no:
            self.last = block

    def _note(self, problem: str, offset: int) -> None:
        if not self.problems:
            self.problems.append(
                f"{printable(self._part.key)} cannot be read from byte {offset} on or has a block "
                f"there that cannot be read: {problem}"
            )


def _time_of(block: Block, key: str) -> str:
    number = block.address.sequence_no
    try:
        if block.timestamp is not None:
            return time_text(block.timestamp)
        problem = "it is missing"
    except IonError as error:
        problem = error.code
    raise OpsError(f"{printable(key)}: blockTimestamp of block {number}: {problem}")


def _named_last(found: Catalogue, strand_id: str) -> int:
    """Return the highest block of the objects that a manifest names and that are not there."""
    names = [object_name(key) for export in found.exports for key in export.missing]
    return max(
        (name.last for name in names if name is not None and name.strand_id == strand_id),
        default=-1,
    )


def _problems(found: Catalogue) -> list[str]:
    problems = [
        f"{printable(each.key)} cannot be read: {each.problem}" for each in found.unreadable
    ]
    return [*problems, *(each.text for each in missing_objects(found))]
