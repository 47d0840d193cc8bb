"""Checks the promises of a schedule at every write, after its end and after redrives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.reliability.expected_items import expected_item
from tests.reliability.failure_object import Destination
from tests.reliability.fault_injection import (
    HISTORY_REFUSED,
    LATE_GENERATION,
    REDRIVEN_REDACTED,
    STATE_REFUSED,
    UNINDEXED,
)
from tests.reliability.history import START
from tests.reliability.history_facts import facts
from tests.reliability.history_verdict import HistoryVerdict
from tests.reliability.ledger_tables import HISTORY_NAME, REPLICATED, RETIRED
from tests.support.sentinel import leak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reliability.backends import Backend
    from tests.reliability.failure_object import FailureObject
    from tests.reliability.history import History
    from tests.support.attribute_values import Item


class Watch:
    """Observes every write to the tables, and collects broken promises.

    Parameters
    ----------
    history
        Defines the expected items.

    Attributes
    ----------
    violations
        Broken promises.
    resurrected
        Number of deleted documents that an older revision brought back.
    redacted_left
        Number of items of the current state that hold redacted data.
    situations
        Number of times that something happened, by its name in `fault_injection`.
    history_table
        The verdict on the history table.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._delivered = history.delivered_whole()
        self._generations = {
            table.table_id: number for number, table in enumerate(history.ledger.generations)
        }
        self._newest_generation: dict[str, int] = {}
        self.violations: list[str] = []
        self.resurrected = self.redacted_left = 0
        self.situations: Counter[str] = Counter()
        self.history_table = HistoryVerdict(history, self.violations, self.situations)

    def violation(self, text: str) -> None:
        """Record a broken promise."""
        self.violations.append(text)

    def silent(self, what: str, text: str) -> None:
        """Check that a text that may be logged contains no part of a document."""
        if leak(text) is not None:
            self.violation(f"{what} holds a part of a document")

    def written(self, table: str, old: Item | None, new: Item) -> None:
        """Check one write; `old` is the item that it replaces."""
        if table == HISTORY_NAME:
            self.history_table.written(old, new)
            return
        self.check(table, new)
        generation = self._generations.get(new.get("tableId", {}).get("S", ""), 0)
        newest = max(generation, self._newest_generation.get(table, 0))
        self._newest_generation[table] = newest
        self.situations[LATE_GENERATION] += generation < newest
        self.situations[UNINDEXED] += "unindexed" in new
        if old is None or "version" not in old:
            return
        before, after = int(old["version"]["N"]), int(new["version"]["N"])
        if after <= before:
            self.violation(f"{table}: version {before} overwritten by version {after}")
            if "isDeleted" in old and "isDeleted" not in new:
                self.resurrected += 1

    def unchanged(self, table: str, before: dict[str, Item], after: dict[str, Item]) -> None:
        """Check that a table is unchanged; an additional item is a document that came back."""
        back = [document for document in after if document not in before]
        self.resurrected += len(back)
        if back:
            self.violation(
                f"{table}: {len(back)} documents came back after their tombstones expired"
            )
        elif after != before:
            self.violation(f"{table}: changed by a redrive that had nothing to do")

    def check(self, table: str, item: Item) -> None:
        """Check that an item matches its version in the ledger."""
        history = self._history
        document = item["pk"]["S"]
        if document in history.unversioned:
            if item != history.seeds()[document]:
                self.violation(f"{table}: an item without a version was overwritten")
            return
        version = int(item["version"]["N"])
        revision = history.committed.get(document, {}).get(version)
        if revision is None:
            self.violation(f"{table}: an item at version {version} that was never committed")
            return
        seeded = version == 0 and document in history.seeded
        if version not in self._delivered.get(document, ()) and not seeded:
            self.violation(f"{table}: an item at version {version} that was never delivered whole")
        found = dict(item)
        options = history.tables[revision.table_name]
        expected = expected_item(revision, options)
        if "isDeleted" in expected and options.lifetime_days is not None:
            expires = int(found.pop("expiresAt", {"N": "0"})["N"])
            if expires - options.lifetime_days * 86_400 < START.timestamp():
                self.violation(f"{table}: a tombstone expires too early, {expires}")
        if seeded:
            for name in (RETIRED, "projectionId"):
                found.pop(name, None)
                expected.pop(name, None)
        names = {name for name in {*found, *expected} if found.get(name) != expected.get(name)}
        if names:
            self.violation(f"{table}: item at version {version} differs in {sorted(names)}")


def after_quiet(
    history: History, backend: Backend, failures: Iterable[FailureObject], watch: Watch
) -> int:
    """Compare tables and failure bucket with the ledger; return the number of lost revisions.

    Every item must match its version in the ledger, which must be the highest version delivered,
    except for those whose records are in the bucket. The history must have every version delivered
    and every redaction, with the same exception. A record in the bucket excuses only the
    destinations that its code names.
    """
    failures = list(failures)
    for each in failures:
        watch.silent("an object of the failure bucket", each.key + each.description)
    payloads = {payload for each in failures for payload in each.payloads}
    in_bucket = _records(history, failures)
    for poison in history.poison:
        if poison.payload not in in_bucket:
            watch.violation(f"not in the failure bucket: {poison.kind}")
    unknown = payloads - _known_payloads(history)
    if unknown:
        watch.violation(f"{len(unknown)} payloads in the failure bucket were never delivered")
    tables = {name: backend.items(name) for name in REPLICATED}
    for name, items in tables.items():
        for item in items.values():
            watch.check(name, item)
    lacking = {
        destination: _records(history, [each for each in failures if destination in each.lacking])
        for destination in Destination
    }
    delivered_records = {*history.revisions, *history.redactions}
    lost = watch.history_table.after(
        backend.history(), delivered_records - lacking[Destination.HISTORY]
    )
    excused = _versions(history, lacking[Destination.STATE])
    for document, delivered in history.delivered_whole().items():
        table = history.committed[document][0].table_name
        if table in tables:
            needed = {version for version in delivered if (document, version) not in excused}
            stored = tables[table].get(document)
            lost += _lost(stored, needed, table, watch)
            _no_redacted_data(history, stored, excused, watch)
        elif any(document in items for items in tables.values()):
            watch.violation(f"{table} is not replicated, yet a document of it is stored")
    return lost


def _records(history: History, failures: Iterable[FailureObject]) -> set[bytes]:
    """Return the payloads of objects, and the user records in them."""
    payloads = {payload for each in failures for payload in each.payloads}
    return payloads.union(*(history.user_records.get(payload, ()) for payload in payloads))


def _no_redacted_data(
    history: History, item: Item | None, excused: set[tuple[str, int]], watch: Watch
) -> None:
    """Check that an item of the current state holds no redacted data.

    Unless the newest version is in the failure bucket (docs/items.md, "Redactions").
    """
    if item is None or "version" not in item or "isDeleted" in item:
        return
    document, version = item["pk"]["S"], int(item["version"]["N"])
    newest = max(history.committed[document])
    if version == newest or (document, newest) in excused:
        return
    if (document, version) in history.redacted:
        watch.redacted_left += 1
        watch.violation(f"redacted data of version {version} is the current state")


def count_refusals(history: History, failures: Iterable[FailureObject], watch: Watch) -> None:
    """Count the situations that a failure bucket shows."""
    for each in failures:
        if each.lacking == {Destination.HISTORY}:
            watch.situations[HISTORY_REFUSED] += 1
        elif each.lacking == {Destination.STATE} and facts(history, each.payloads):
            watch.situations[STATE_REFUSED] += 1
    versions = _versions(history, _records(history, failures))
    watch.situations[REDRIVEN_REDACTED] += len(versions & history.redacted)


def _lost(item: Item | None, needed: set[int], table: str, watch: Watch) -> int:
    """Return the number of versions above that of the item."""
    version = -1 if item is None else int(item.get("version", {"N": "-1"})["N"])
    above = sorted(each for each in needed if each > version)
    if above:
        watch.violation(f"{table}: lost versions {above}, the item is at {version}")
    return len(above)


def after_redrive(
    history: History,
    backend: Backend,
    failures: Iterable[FailureObject],
    watch: Watch,
    *,
    dropped: bool,
) -> int:
    """Compare again: only refused or unreadable records may now be in the bucket.

    Also ignored ones, unless they were `dropped`.
    """
    failures = list(failures)
    lost = after_quiet(history, backend, failures, watch)
    hopeless = _hopeless(history)
    if not dropped:
        hopeless |= history.ignored
    for each in failures:
        records = {
            record
            for payload in each.payloads
            for record in history.user_records.get(payload, [payload])
        }
        if hopeless.isdisjoint(records.union(each.payloads)):
            watch.violation(f"still in the failure bucket after redrive: {each.key}")
    return lost


def only_hopeless(history: History, failures: Iterable[FailureObject], watch: Watch) -> None:
    """Check that the handler quarantined nothing that a working DynamoDB could store."""
    hopeless = _hopeless(history)
    for each in failures:
        if each.key.startswith("records/") and not hopeless.issuperset(each.payloads):
            watch.violation(f"quarantined for a transient fault: {each.key}")


def _hopeless(history: History) -> set[bytes]:
    refused = {
        data
        for data, revision in history.revisions.items()
        if (revision.document_id, revision.version) in {*history.refused, *history.stateless}
        or revision.document_id in history.unversioned
    }
    stateless = {
        data
        for data, each in history.redactions.items()
        if (each.document_id, each.version) in history.stateless
    }
    return refused.union(stateless, (poison.payload for poison in history.poison))


def _known_payloads(history: History) -> set[bytes]:
    known = set(history.user_records)
    known.update(data for each in history.user_records.values() for data in each)
    known.update(poison.payload for poison in history.poison)
    # Those of an export are in no stream.
    known.update(history.revisions, history.redactions)
    return known


def _versions(history: History, records: set[bytes]) -> set[tuple[str, int]]:
    """Return the documents and versions of user records."""
    return {
        (revision.document_id, revision.version)
        for data, revision in history.revisions.items()
        if data in records
    }
