"""The counts of a redrive."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.record_processing import Processed

NOT_WRITTEN = "not written"
"""Reason: DynamoDB did not accept the write within the time limit."""

HANDLER_ERROR = "handler error"
"""Reason: the handler raised an exception, whose name is the code."""

OUTLIVED = "older than tombstones live"
"""Reason: the tombstone of a later delete may have expired; the code names the setting."""

TOMBSTONE_LIFETIME = "tombstoneLifetimeDays"
IGNORED = "ignored"
"""Reason: the record's table is not configured, or its type is unknown."""

_REDACTED = "redacted"


class Ending(enum.Enum):
    """The outcome of an object."""

    REMOVED = "removed"
    """All its records are settled, or quarantined in objects of their own."""

    KEPT = "kept"
    """A record failed again or was ignored, and the object has the new reason. Or the object could
    not be read or was too old, and is unchanged."""

    GONE = "gone"
    """Already discarded, or deleted or changed by another run."""

    TRIED = "tried"
    """A dry run changes nothing."""


@dataclass(kw_only=True)
class Summary:
    """Counts of one run, complete up to where it stopped.

    Attributes
    ----------
    objects
        Objects by ending.
    applied, stale
        Revisions that changed an item, and those that a newer one had overtaken.
    history
        Items of the history table that were written or redacted.
    ignored
        Records that require no write, by reason.
    kept_for_ignored
        Objects that stay because the deployed stack may need a record that was ignored.
    failed
        Records (or unreadable objects) that failed again, by reason and code.
    test_events, foreign
        Test events of S3, and messages that name no object of this bucket.
    duplicates
        Messages about an object for which a newer one was received.
    interrupted
        Whether the run was stopped before its end.
    """

    objects: Counter[Ending] = field(default_factory=Counter)
    applied: int = 0
    stale: int = 0
    history: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    kept_for_ignored: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    test_events: int = 0
    foreign: int = 0
    duplicates: int = 0
    interrupted: bool = False

    def add(self, processed: Processed) -> None:
        """Count the outcomes of one event."""
        counts, total = processed.counts, processed.counts.total()
        self.applied += total.applied
        self.stale += total.stale + total.superseded
        self.history += total.history
        for reason, number in counts.ignored.items():
            self.ignored[reason.value] += number
        if total.redacted:
            self.ignored[_REDACTED] += total.redacted
        self.failed.update(counts.quarantined)
        for code, number in counts.retried.items():
            self.failed[NOT_WRITTEN, code] += number
        if processed.error is not None:
            self.failed[HANDLER_ERROR, processed.error] += 1
