"""Checks the promises of a schedule at every write, after its end and after redrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.reliability.expected_items import expected_item
from tests.reliability.history import START
from tests.reliability.ledger_tables import PROJECTED, RETIRED, WHOLE
from tests.support.sentinel import leak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reliability.backends import Backend
    from tests.reliability.history import History
    from tests.support.attribute_values import Item


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One object of the failure bucket, with its Kinesis or user records."""

    key: str
    payloads: tuple[bytes, ...]
    description: str


class Watch:
    """Observes every write to the tables, and collects broken promises.

    Parameters
    ----------
    history
        Defines the expected items.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._delivered = history.delivered_whole()
        self.violations: list[str] = []
        self.resurrected = 0

    def violation(self, text: str) -> None:
        """Record a broken promise."""
        self.violations.append(text)

    def silent(self, what: str, text: str) -> None:
        """Check that a text that may be logged contains no part of a document."""
        if leak(text) is not None:
            self.violation(f"{what} holds a part of a document")

    def written(self, table: str, old: Item | None, new: Item) -> None:
        """Check one write; `old` is the item that it replaces."""
        self.check(table, new)
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
        expected = expected_item(revision)
        if "isDeleted" in expected and history.lifetime_days is not None:
            expires = int(found.pop("expiresAt", {"N": "0"})["N"])
            if expires - history.lifetime_days * 86_400 < START.timestamp():
                self.violation(f"{table}: a tombstone expires too early, {expires}")
        if seeded:
            for name in (RETIRED, "projectionId"):
                found.pop(name, None)
                expected.pop(name, None)
        names = {name for name in {*found, *expected} if found.get(name) != expected.get(name)}
        if names:
            self.violation(f"{table}: item at version {version} differs in {sorted(names)}")


def after_quiet(history: History, backend: Backend, kept: Iterable[Kept], watch: Watch) -> int:
    """Compare tables and failure bucket with the ledger; return the number of lost revisions.

    Every item must match its version in the ledger, which must be the highest version delivered,
    except for those whose records are in the bucket.
    """
    kept = list(kept)
    for each in kept:
        watch.silent("an object of the failure bucket", each.key + each.description)
    payloads = {payload for each in kept for payload in each.payloads}
    in_bucket = payloads.union(
        *(history.user_records[payload] for payload in payloads & set(history.user_records))
    )
    for poison in history.poison:
        if poison.payload not in in_bucket:
            watch.violation(f"not in the failure bucket: {poison.kind}")
    unknown = payloads - _known_payloads(history)
    if unknown:
        watch.violation(f"{len(unknown)} payloads in the failure bucket were never delivered")
    tables = {name: backend.items(name) for name in (PROJECTED, WHOLE)}
    for name, items in tables.items():
        for item in items.values():
            watch.check(name, item)
    excused = _excused(history, in_bucket)
    lost = 0
    for document, delivered in history.delivered_whole().items():
        table = history.committed[document][0].table_name
        if table in tables:
            needed = {version for version in delivered if (document, version) not in excused}
            lost += _lost(tables[table].get(document), needed, table, watch)
        elif any(document in items for items in tables.values()):
            watch.violation(f"{table} is not replicated, yet a document of it is stored")
    return lost


def _lost(item: Item | None, needed: set[int], table: str, watch: Watch) -> int:
    """Return the number of versions above that of the item."""
    version = -1 if item is None else int(item.get("version", {"N": "-1"})["N"])
    above = sorted(each for each in needed if each > version)
    if above:
        watch.violation(f"{table}: lost versions {above}, the item is at {version}")
    return len(above)


def after_redrive(
    history: History, backend: Backend, kept: Iterable[Kept], watch: Watch, *, dropped: bool
) -> int:
    """Compare again: only refused or unreadable records may now be in the bucket.

    Also ignored ones, unless they were `dropped`.
    """
    kept = list(kept)
    lost = after_quiet(history, backend, kept, watch)
    hopeless = _hopeless(history)
    if not dropped:
        hopeless |= history.ignored
    for each in kept:
        records = {
            record
            for payload in each.payloads
            for record in history.user_records.get(payload, [payload])
        }
        if hopeless.isdisjoint(records.union(each.payloads)):
            watch.violation(f"still in the failure bucket after redrive: {each.key}")
    return lost


def only_hopeless(history: History, kept: Iterable[Kept], watch: Watch) -> None:
    """Check that the handler quarantined nothing that a working DynamoDB could store."""
    hopeless = _hopeless(history)
    for each in kept:
        if each.key.startswith("records/") and not hopeless.issuperset(each.payloads):
            watch.violation(f"quarantined for a transient fault: {each.key}")


def _hopeless(history: History) -> set[bytes]:
    refused = {
        data
        for data, revision in history.revisions.items()
        if (revision.document_id, revision.version) in history.refused
        or revision.document_id in history.unversioned
    }
    return refused.union(poison.payload for poison in history.poison)


def _known_payloads(history: History) -> set[bytes]:
    known = set(history.user_records)
    known.update(data for each in history.user_records.values() for data in each)
    known.update(poison.payload for poison in history.poison)
    return known


def _excused(history: History, in_bucket: set[bytes]) -> set[tuple[str, int]]:
    """Return the documents and versions that have a record in the failure bucket."""
    return {
        (revision.document_id, revision.version)
        for data, revision in history.revisions.items()
        if data in in_bucket
    }
