"""Compares the current state of a document with its revisions. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.reconcile.kinds import Kind
from ops.reconcile.records import Fact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from ops.reconcile.coverage import Coverage
    from ops.reconcile.records import Expected, StateItem


class StateComparison:
    """One document in one replica.

    Parameters
    ----------
    coverage
        Which part of the journal the export has.
    revisions
        Those of the document, in any order.
    redacted
        Versions whose data is redacted somewhere in the source.

    Attributes
    ----------
    wanted
        The revision that the item should have; None for none.
    """

    def __init__(
        self, coverage: Coverage, revisions: Sequence[Expected], redacted: AbstractSet[int]
    ) -> None:
        self._coverage = coverage
        self._revisions = revisions
        self._redacted = redacted
        self.wanted = max(
            (each for each in revisions if self._is_candidate(each)),
            key=lambda each: each.version,
            default=None,
        )

    def _is_candidate(self, revision: Expected) -> bool:
        if revision.facts & (Fact.UNSTORABLE | Fact.REDACTED):
            return False
        return bool(revision.facts & Fact.TOMBSTONE) or revision.version not in self._redacted

    @property
    def unstorable(self) -> int | None:
        """The highest version above the wanted one that no item can hold; None for none."""
        least = -1 if self.wanted is None else self.wanted.version
        return max(
            (
                each.version
                for each in self._revisions
                if each.facts & Fact.UNSTORABLE
                and each.version > least
                and each.version not in self._redacted
            ),
            default=None,
        )

    def kind(self, item: StateItem | None) -> Kind | None:
        """Return how the item differs; None if it does not.

        Parameters
        ----------
        item
            None if the table has none.
        """
        wanted = self.wanted
        if item is None:
            return None if wanted is None else _absent(wanted)
        if item.facts & Fact.FOREIGN:
            return Kind.FOREIGN
        if self._has_redacted_data(item):
            return Kind.MISSED_REDACTION
        if wanted is None or item.version > wanted.version:
            return self._above(item)
        return Kind.STALE if item.version < wanted.version else self._same_version(wanted, item)

    def _has_redacted_data(self, item: StateItem) -> bool:
        if item.facts & Fact.TOMBSTONE or item.version not in self._redacted:
            return False
        return not any(
            each.version == item.version and each.facts & Fact.TOMBSTONE for each in self._revisions
        )

    def _above(self, item: StateItem) -> Kind:
        if self._coverage.ends_before(item.time):
            return Kind.NEWER
        if self._revisions:
            return Kind.AHEAD
        return Kind.OLDER if self._coverage.starts_after(item.time) else Kind.EXTRA

    def _same_version(self, wanted: Expected, item: StateItem) -> Kind | None:
        if item.hash != wanted.hash:
            return Kind.OTHER_HASH
        is_tombstone = bool(item.facts & Fact.TOMBSTONE)
        if is_tombstone and item.facts & Fact.HAS_DATA:
            return Kind.WRONG_TOMBSTONE
        if is_tombstone != bool(wanted.facts & Fact.TOMBSTONE):
            was_removed = is_tombstone and self._is_dropped(wanted)
            return Kind.REMOVED if was_removed else Kind.WRONG_TOMBSTONE
        if item.facts & Fact.OTHER_CONFIGURATION:
            return Kind.OTHER_CONFIGURATION
        return value_kind(wanted.value, item.value, wanted.untyped, item.untyped)

    def _is_dropped(self, wanted: Expected) -> bool:
        """Return whether the ledger table was dropped, so that its items may be removed."""
        if wanted.table_id in self._coverage.dropped:
            return True
        if wanted.table_id in self._coverage.restored:
            return False
        # A part of a journal may not have the statement, but tables of one name follow each other.
        newest = self._coverage.newest_generation.get(wanted.table)
        return newest is not None and newest != wanted.table_id


def value_kind(
    wanted: bytes, found: bytes, wanted_untyped: bytes, found_untyped: bytes
) -> Kind | None:
    """Return how an item of the right revision differs by its digests.

    Parameters
    ----------
    wanted, found
        Digests of the item as it should be and as it is; both empty if values are not compared.
    wanted_untyped, found_untyped
        The same without what JSON loses; the first is empty if the revision is not from JSON.
    """
    if wanted == found:
        return None
    return Kind.RETYPED if wanted_untyped and wanted_untyped == found_untyped else Kind.OTHER_VALUE


def _absent(wanted: Expected) -> Kind:
    return Kind.EXPIRED if wanted.facts & Fact.MAY_HAVE_EXPIRED else Kind.MISSING
