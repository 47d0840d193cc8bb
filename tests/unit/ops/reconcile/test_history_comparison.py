"""An item of the history is compared with its revision, and with what is redacted."""

from __future__ import annotations

import pytest

from ops.reconcile.coverage import Coverage
from ops.reconcile.history_comparison import HistoryComparison
from ops.reconcile.kinds import Kind
from ops.reconcile.records import Expected, Fact, HistoryItem

COVERAGE = Coverage(first_block=10, last_block=20, start=None, end=None)
NONE = Fact(0)
REDACTED = Fact.REDACTED
DELETED = Fact.TOMBSTONE


def revision(facts: Fact = NONE, **more: bytes) -> Expected:
    return Expected("doc", 0, 3, int(facts), "t", b"hash", more.pop("data_hash", b""), **more)


def item(facts: Fact = NONE, *, sequence_no: int = 15, **more: bytes) -> HistoryItem:
    digests = {"hash": b"hash", "data_hash": b"", **more}
    return HistoryItem(
        "doc", 3, int(facts), "Person", sequence_no, digests["hash"], digests["data_hash"]
    )


@pytest.mark.parametrize(
    ("wanted", "found", "kind"),
    [
        (revision(), item(), None),
        (revision(), item(Fact.HAS_DATA), None),
        (revision(), None, Kind.MISSING),
        (revision(), item(hash=b"other"), Kind.OTHER_HASH),
        (revision(), item(DELETED), Kind.WRONG_TOMBSTONE),
        (revision(DELETED), item(), Kind.WRONG_TOMBSTONE),
        (revision(DELETED), item(DELETED | Fact.HAS_DATA), Kind.WRONG_TOMBSTONE),
        (revision(), item(REDACTED), Kind.NEWER),
        (revision(), item(REDACTED | Fact.INCOMPLETE, hash=b""), Kind.STALE),
        (revision(), item(Fact.FOREIGN), Kind.FOREIGN),
        (revision(Fact.NO_HISTORY), None, None),
        (revision(Fact.NO_HISTORY), item(), Kind.EXTRA),
        (None, item(), Kind.EXTRA),
        (None, item(sequence_no=21), Kind.NEWER),
        (None, item(sequence_no=9), Kind.OLDER),
        (None, item(sequence_no=-1), Kind.EXTRA),
        (None, item(REDACTED | Fact.INCOMPLETE, sequence_no=-1), Kind.NEWER),
    ],
)
def test_without_a_redaction(
    wanted: Expected | None, found: HistoryItem | None, kind: Kind | None
) -> None:
    comparison = HistoryComparison(COVERAGE, [] if wanted is None else [wanted], frozenset())

    kinds = dict(comparison.kinds([] if found is None else [found]))

    assert kinds == ({} if kind is None else {3: kind})


@pytest.mark.parametrize(
    ("wanted", "found", "kind"),
    [
        (revision(), item(Fact.HAS_DATA), Kind.MISSED_REDACTION),
        (revision(REDACTED), item(), Kind.MISSED_REDACTION),
        (revision(REDACTED), item(REDACTED | Fact.HAS_DATA), Kind.MISSED_REDACTION),
        (revision(), item(REDACTED), None),
        (revision(REDACTED, data_hash=b"d"), item(REDACTED), None),
        (revision(REDACTED, data_hash=b"d"), item(REDACTED, data_hash=b"d"), None),
        (revision(REDACTED, data_hash=b"d"), item(REDACTED, data_hash=b"e"), Kind.OTHER_HASH),
        (revision(REDACTED), item(REDACTED, hash=b"other"), Kind.OTHER_HASH),
        (revision(REDACTED), item(REDACTED | Fact.INCOMPLETE, hash=b""), Kind.STALE),
        (revision(DELETED), item(DELETED), None),
        (None, item(REDACTED | Fact.INCOMPLETE), None),
        (None, item(Fact.HAS_DATA), Kind.MISSED_REDACTION),
    ],
)
def test_with_a_redaction(wanted: Expected | None, found: HistoryItem, kind: Kind | None) -> None:
    comparison = HistoryComparison(COVERAGE, [] if wanted is None else [wanted], frozenset({3}))

    assert dict(comparison.kinds([found])) == ({} if kind is None else {3: kind})


def test_items_without_a_version_are_each_told() -> None:
    odd = item()._replace(version=-1)

    kinds = list(HistoryComparison(COVERAGE, [], frozenset()).kinds([odd, odd]))

    assert kinds == [(-1, Kind.FOREIGN)] * 2
