"""What a dry run writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.item_limits import item_bytes
from handler.outcomes import APPLIED
from ops.exports.prices import BYTES_PER_WRITE_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.failures import FailedRecord
    from handler.outcomes import Outcome
    from handler.writer import ItemWrite


class CountingWriter:
    """Counts write units instead of writing.

    Attributes
    ----------
    units
        Write units of all writes so far.
    """

    def __init__(self) -> None:
        self.units = 0

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:  # noqa: ARG002 (protocol)
        """Count the writes, and report each as applied."""
        for write in writes:
            self.units += -(-item_bytes(write.item) // BYTES_PER_WRITE_UNIT)
        return [APPLIED] * len(writes)


class TakesEverything:
    """A failure bucket that takes everything and stores nothing."""

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:  # noqa: ARG002 (protocol)
        """Report each record as stored."""
        return [True] * len(records)
