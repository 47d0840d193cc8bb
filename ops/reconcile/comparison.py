"""Compares everything that is known of documents. Pure: no I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ops.reconcile.history_comparison import HistoryComparison
from ops.reconcile.kinds import Kind
from ops.reconcile.records import Expected, HistoryItem, Redacted, StateItem
from ops.reconcile.state_comparison import StateComparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ops.reconcile.coverage import Coverage
    from ops.reconcile.records import Record


class Difference(NamedTuple):
    """An item that differs from the journal.

    Attributes
    ----------
    kind
        How.
    place
        Index of the replica; None for the history.
    document_id
        The document.
    version
        That of the item; None without an item.
    expected_version
        That of the revision which the item should have; None for none.
    facts
        What else is known of the item (`ops.reconcile.records.Fact`).
    """

    kind: Kind
    place: int | None
    document_id: str
    version: int | None
    expected_version: int | None
    facts: int


@dataclass(kw_only=True)
class Document:
    """Everything that is known of one document.

    Attributes
    ----------
    revisions, redacted
        From the export.
    items, history
        From the tables.
    """

    revisions: list[Expected] = field(default_factory=list)
    redacted: set[int] = field(default_factory=set)
    items: dict[int, StateItem] = field(default_factory=dict)
    history: list[HistoryItem] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Add what is known of it."""
        match record:
            case Expected():
                self.revisions.append(record)
            case Redacted():
                self.redacted.add(record.version)
            case StateItem():
                self.items[record.table] = record
            case HistoryItem():
                self.history.append(record)


def documents(records: Iterable[Record]) -> dict[str, Document]:
    """Group records by document."""
    found: defaultdict[str, Document] = defaultdict(Document)
    for record in records:
        found[record.document_id].add(record)
    return found


class Comparison:
    """Compares one document after the other.

    Parameters
    ----------
    coverage
        Which part of the journal the export has.

    Attributes
    ----------
    expected
        Number of items that there should be so far, by index of the replica; None for the history.
    """

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self.expected: Counter[int | None] = Counter()

    def compare(self, document_id: str, document: Document) -> Iterator[Difference]:
        """Yield in what the items of a document differ.

        Parameters
        ----------
        document_id
            The document.
        document
            What is known of it.
        """
        by_place: dict[int, list[Expected]] = {place: [] for place in document.items}
        for revision in document.revisions:
            by_place.setdefault(revision.table, []).append(revision)
        for place, revisions in sorted(by_place.items()):
            yield from self._state(document_id, document, place, revisions)
        yield from self._history(document_id, document)

    def _state(
        self, document_id: str, document: Document, place: int, revisions: list[Expected]
    ) -> Iterator[Difference]:
        comparison = StateComparison(self._coverage, revisions, document.redacted)
        wanted, item = comparison.wanted, document.items.get(place)
        self.expected[place] += wanted is not None
        version = None if item is None or item.version < 0 else item.version
        facts = 0 if item is None else item.facts
        kind = comparison.kind(item)
        if kind is not None:
            expected = None if wanted is None else wanted.version
            yield Difference(kind, place, document_id, version, expected, facts)
        if comparison.unstorable is not None:
            yield Difference(
                Kind.UNSTORABLE, place, document_id, version, comparison.unstorable, facts
            )

    def _history(self, document_id: str, document: Document) -> Iterator[Difference]:
        comparison = HistoryComparison(self._coverage, document.revisions, document.redacted)
        self.expected[None] += len(comparison.wanted)
        facts = {item.version: item.facts for item in document.history}
        for version, kind in comparison.kinds(document.history):
            yield Difference(
                kind,
                None,
                document_id,
                None if version < 0 or kind is Kind.MISSING else version,
                version if version in comparison.wanted else None,
                facts.get(version, 0),
            )
