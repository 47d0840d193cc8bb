"""Compares the history of a document with its revisions. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.reconcile.item_parts import without_document
from ops.reconcile.kinds import Kind
from ops.reconcile.records import Fact
from ops.reconcile.state_comparison import value_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from ops.reconcile.coverage import Coverage
    from ops.reconcile.records import Expected, HistoryItem

_STATE = Fact.TOMBSTONE | Fact.REDACTED


class HistoryComparison:
    """The history of one document.

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
        The revisions that should have an item, by version.
    """

    def __init__(
        self, coverage: Coverage, revisions: Iterable[Expected], redacted: AbstractSet[int]
    ) -> None:
        self._coverage = coverage
        self._redacted = redacted
        self._unstorable: set[int] = set()
        self.wanted: dict[int, Expected] = {}
        for each in revisions:
            if each.facts & Fact.NO_HISTORY:
                self._unstorable.add(each.version)
            else:
                self.wanted[each.version] = each

    def kinds(self, items: Iterable[HistoryItem]) -> Iterator[tuple[int, Kind]]:
        """Yield versions and how their items differ; version -1 for an item without one."""
        found: dict[int, HistoryItem] = {}
        for item in items:
            if item.version < 0:
                yield item.version, Kind.FOREIGN
            else:
                found[item.version] = item
        for version in sorted({*self.wanted, *found}):
            kind = self._kind(self.wanted.get(version), found.get(version))
            if kind is not None:
                yield version, kind

    def _kind(self, revision: Expected | None, item: HistoryItem | None) -> Kind | None:
        if item is None:
            return Kind.MISSING
        if item.facts & Fact.FOREIGN:
            return Kind.FOREIGN
        is_redacted = item.version in self._redacted
        if revision is None:
            if is_redacted:
                return None if _has_no_data(item) else Kind.MISSED_REDACTION
            return self._unknown(item)
        if is_redacted and not revision.facts & Fact.TOMBSTONE:
            return _redacted(revision, item)
        return _revision(revision, item)

    def _unknown(self, item: HistoryItem) -> Kind:
        """Return what an item is whose revision the export does not have."""
        if item.version in self._unstorable:
            return Kind.EXTRA
        first, last = self._coverage.first_block, self._coverage.last_block
        # Nothing tells when a redaction was announced whose revision the table does not have.
        if item.facts & Fact.INCOMPLETE or (last is not None and item.sequence_no > last):
            return Kind.NEWER
        is_before = first is not None and 0 <= item.sequence_no < first
        return Kind.OLDER if is_before else Kind.EXTRA


def _revision(revision: Expected, item: HistoryItem) -> Kind | None:
    if item.facts & Fact.INCOMPLETE:
        return Kind.STALE
    if item.hash != revision.hash:
        return Kind.OTHER_HASH
    if item.facts & Fact.REDACTED:
        return Kind.NEWER
    is_wrong = (item.facts ^ revision.facts) & _STATE
    if is_wrong or (item.facts & Fact.TOMBSTONE and item.facts & Fact.HAS_DATA):
        return Kind.WRONG_TOMBSTONE
    return value_kind(revision.history, item.value, revision.history_untyped, item.untyped)


def _redacted(revision: Expected, item: HistoryItem) -> Kind | None:
    if not _has_no_data(item):
        return Kind.MISSED_REDACTION
    if item.facts & Fact.INCOMPLETE:
        return Kind.STALE
    if item.hash != revision.hash:
        return Kind.OTHER_HASH
    # A redaction that the stream announced after its revision leaves an item without that hash.
    if revision.data_hash and item.data_hash and item.data_hash != revision.data_hash:
        return Kind.OTHER_HASH
    return value_kind(without_document(revision.history), without_document(item.value), b"", b"")


def _has_no_data(item: HistoryItem) -> bool:
    return bool(item.facts & Fact.REDACTED) and not item.facts & Fact.HAS_DATA
