"""Makes the exports of a schedule's ledger: one from its start, and others that overlap with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tests.support.exports import ExportFormat, WrittenExport, export_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from random import Random

    from qldb_simulator.blocks import Block, Revision

    from journal.exports.sequence import ObjectPart
    from tests.reliability.plan import Plan

    Snapshots = Sequence[tuple[Block, ...]]

_ION = (ExportFormat.ION_BINARY, ExportFormat.ION_BINARY, ExportFormat.ION_TEXT)
"""Formats of what may be written. JSON has lost types, so its items are others."""

_ENDS = ("2021-02-04T00:00:00Z", "2021-02-05T00:00:00Z")
"""Ends that were asked for, which decide between exports with the same last block."""


class Export(NamedTuple):
    """One export.

    Attributes
    ----------
    written
        Its files.
    blocks
        Its blocks as it shows them.
    modified
        When its files were last changed, in seconds since 1970.
    """

    written: WrittenExport
    blocks: tuple[Block, ...]
    modified: int

    def write_to(self, folder: Path) -> None:
        """Write the files below a folder."""
        self.written.write_to(folder)
        for key in self.written.files:
            # It decides between exports with the same end, so it must be the same in each run.
            os.utime(folder / key, (self.modified, self.modified))


def exports_of(plan: Plan, snapshots: Snapshots, random: Random) -> list[Export]:
    """Return exports of a ledger, which leave no gap.

    Without overlaps it is one of the whole ledger, made at last. With them, each is made at any
    time, and which of two copies of a block counts is for the program to say.

    Parameters
    ----------
    plan
        Has the number of overlaps.
    snapshots
        The blocks after each commit.
    random
        Random source of the schedule.
    """
    first = random.choice(snapshots) if plan.overlaps else snapshots[-1]
    exports = [_export(first, random.choice(_ION), random, prefix="exports/")]
    for number in range(plan.overlaps):
        made = random.choice((snapshots[-1], random.choice(snapshots)))
        blocks = _window(made, len(first), random)
        # The first export ends later, so only the redactions of this one are read.
        is_superseded = blocks[-1].sequence_no < first[-1].sequence_no
        formats = (*_ION, ExportFormat.JSON) if is_superseded else _ION
        exports.append(_export(blocks, random.choice(formats), random, prefix=f"copy-{number}/"))
    return exports


def _window(blocks: tuple[Block, ...], first_size: int, random: Random) -> tuple[Block, ...]:
    """Return blocks that begin within the first export, or right after it."""
    start = random.choice((0, random.randint(0, min(first_size, len(blocks) - 1))))
    end = random.choice((len(blocks), first_size, random.randint(1, first_size)))
    return blocks[start : max(end, start + 1)]


def _export(
    blocks: tuple[Block, ...], output_format: ExportFormat, random: Random, prefix: str
) -> Export:
    written = export_of(
        blocks,
        output_format,
        blocks_per_object=random.randint(1, 6),
        prefix=prefix,
        export_id=f"{random.getrandbits(64):022d}",
        end_time=random.choice(_ENDS),
    )
    return Export(written, blocks, random.randrange(1_000_000_000))


def revisions_of(exports: Sequence[Export], parts: Iterable[ObjectPart]) -> Iterator[Revision]:
    """Yield the revisions of documents in parts of the exports, as these show them."""
    by_key = {key: each.blocks for each in exports for key in each.written.data_keys}
    for part in parts:
        for block in by_key[part.key]:
            if part.read_from <= block.sequence_no <= part.read_to:
                yield from block.documents
