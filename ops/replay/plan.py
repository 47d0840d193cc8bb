"""What a replay reads, in which order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ops.exports import parallel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from journal.exports.sequence import JournalSequence, ObjectPart


class Batch(NamedTuple):
    """Objects that one process reads and writes before it reports.

    Attributes
    ----------
    number
        Place in the order of the batches, from 0. A lower number has newer blocks.
    parts
        What to take from which object, the newest first.
    """

    number: int
    parts: tuple[ObjectPart, ...]

    @property
    def size(self) -> int:
        """Bytes of the objects as stored."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The batches of one journal.

    Attributes
    ----------
    strand_id
        The journal.
    superseded
        Copies of blocks that another export has too. Only their redactions count.
    batches
        All blocks, the newest first.
    """

    strand_id: str
    superseded: tuple[Batch, ...]
    batches: tuple[Batch, ...]

    @property
    def size(self) -> int:
        """Bytes of all objects as stored, each as often as it is read."""
        return sum(batch.size for batch in (*self.superseded, *self.batches))

    def digest(self, identity: Mapping[str, object]) -> str:
        """Return a text that is the same for the same work.

        Parameters
        ----------
        identity
            What else decides what is written: JSON.
        """
        content = {
            "strand": self.strand_id,
            "parts": [
                [
                    [part.key, part.first, part.last, part.read_from, part.read_to]
                    for part in batch.parts
                ]
                for batch in (*self.superseded, *self.batches)
            ],
            "identity": identity,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def plan_of(
    sequence: JournalSequence,
    batch_bytes: int | None = None,
    batch_parts: int | None = None,
) -> Plan:
    """Return the batches of a journal.

    Parameters
    ----------
    sequence
        The journal.
    batch_bytes
        Bytes of the objects, as stored, with which a batch is full; None for a size that suits
        processes on one machine.
    batch_parts
        Number of objects with which a batch is full; likewise.
    """
    limits = (batch_bytes, batch_parts)
    return Plan(
        strand_id=sequence.strand_id,
        superseded=_batches(reversed(sequence.superseded), *limits),
        batches=_batches(reversed(sequence.parts), *limits),
    )


def _batches(
    parts: Iterable[ObjectPart], batch_bytes: int | None, batch_parts: int | None
) -> tuple[Batch, ...]:
    return tuple(
        Batch(number, tuple(batch))
        for number, batch in enumerate(parallel.batches(parts, batch_bytes, batch_parts))
    )
