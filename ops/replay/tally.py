"""The counts of a replay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.telemetry import BatchCounts

_BETWEEN = "\n"
"""Between reason and code in a key of JSON."""


@dataclass(kw_only=True)
class Tally:
    """What became of the revisions of some batches.

    Attributes
    ----------
    blocks, revisions
        That were read.
    applied
        Items that were written, tombstones included.
    deleted
        Those of them that are tombstones.
    unindexed
        Those of them with a value that no index can have as a key.
    stale
        Revisions whose item already had their version or a higher one.
    superseded
        Revisions that were not written, because the export has a newer one of the document.
    redacted
        Revisions without data that are not deletes.
    history
        Items of the history table that were written or redacted.
    units
        Write units of all writes, estimated; counted by a dry run only.
    ignored
        Revisions of ledger tables that are not replayed, by name; empty if it is not known.
    quarantined
        Revisions in the failure bucket, by reason and code.
    """

    blocks: int = 0
    revisions: int = 0
    applied: int = 0
    deleted: int = 0
    unindexed: int = 0
    stale: int = 0
    superseded: int = 0
    redacted: int = 0
    history: int = 0
    units: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of other batches."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def add_counts(self, counts: BatchCounts) -> None:
        """Add what the handler's code has counted."""
        total = counts.total()
        self.applied += total.applied
        self.deleted += total.deleted
        self.unindexed += total.unindexed
        self.stale += total.stale
        self.superseded += total.superseded
        self.redacted += total.redacted
        self.history += total.history

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        result: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        result["ignored"] = dict(self.ignored)
        result["quarantined"] = {
            _BETWEEN.join(fault): number for fault, number in self.quarantined.items()
        }
        return result

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Tally:
        """Return the counts of `to_json`."""
        tally = cls(**content)
        tally.ignored = Counter(content["ignored"])
        tally.quarantined = Counter(
            {
                (reason, code): number
                for text, number in content["quarantined"].items()
                for reason, _, code in [text.partition(_BETWEEN)]
            }
        )
        return tally
