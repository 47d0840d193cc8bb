"""What a schedule must have kept: promises checked at every write, after quiet, after redrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.reliability.history import PROJECTED, RETIRED, START, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.qldb.journal import Revision
    from tests.reliability.attribute_values import Item
    from tests.reliability.backends import Backend
    from tests.reliability.history import History

TOMBSTONE = frozenset({"pk", "version", "isDeleted", "txTime", "txId", "hash", "expiresAt"})


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One object of the failure bucket: the Kinesis or user records that it keeps."""

    key: str
    payloads: tuple[bytes, ...]


class Watch:
    """Sees every write to the tables, and collects what breaks a promise."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.resurrected = 0

    def violation(self, text: str) -> None:
        """Note one broken promise."""
        self.violations.append(text)

    def written(self, table: str, old: Item | None, new: Item) -> None:
        """Check one write; `old` is the item that it replaces."""
        if "isDeleted" in new and not TOMBSTONE.issuperset(new):
            self.violation(f"{table}: a tombstone keeps {sorted(set(new) - TOMBSTONE)}")
        if old is None:
            return
        before, after = int(old["version"]["N"]), int(new["version"]["N"])
        if after <= before:
            self.violation(f"{table}: version {before} overwritten by version {after}")
            if "isDeleted" in old and "isDeleted" not in new:
                self.resurrected += 1


def after_quiet(history: History, backend: Backend, kept: Iterable[Kept], watch: Watch) -> int:
    """Compare tables and failure bucket with the ledger; return how many revisions are lost.

    Every document's item is what the ledger says of the item's version, and that is the highest
    version delivered, failing those whose records are in the bucket.
    """
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
    lost = 0
    for document, versions in history.by_document().items():
        table = next(iter(versions.values())).table_name
        if table in tables:
            missing = _applicable(history, document) - _excused(history, document, in_bucket)
            item = tables[table].get(document)
            lost += _check_document(history, versions, item, missing, watch)
        elif any(document in items for items in tables.values()):
            watch.violation(f"{table} is not replicated, and yet a document of it is stored")
    documents = set(history.by_document())
    for name, items in tables.items():
        if not documents.issuperset(items):
            watch.violation(f"{name}: holds items of no document")
    return lost


def after_redrive(history: History, backend: Backend, kept: Iterable[Kept], watch: Watch) -> int:
    """Compare again: now only what DynamoDB refuses, or nobody can read, may be in the bucket."""
    kept = list(kept)
    lost = after_quiet(history, backend, kept, watch)
    hopeless = _hopeless(history)
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
    """Check that the handler put nothing aside that a working DynamoDB would have stored."""
    hopeless = _hopeless(history)
    for each in kept:
        if each.key.startswith("records/") and not hopeless.issuperset(each.payloads):
            watch.violation(f"put aside for a fault that passes: {each.key}")


def _hopeless(history: History) -> set[bytes]:
    refused = {
        data
        for data, revision in history.revisions.items()
        if (revision.document_id, revision.version) in history.refused
    }
    return refused.union(poison.payload for poison in history.poison)


def _known_payloads(history: History) -> set[bytes]:
    known = set(history.user_records)
    known.update(data for each in history.user_records.values() for data in each)
    known.update(poison.payload for poison in history.poison)
    return known


def _check_document(
    history: History,
    versions: dict[int, Revision],
    item: Item | None,
    missing: set[int],
    watch: Watch,
) -> int:
    """Check one item; of the `missing` versions none may be above it. Return how many are."""
    table = next(iter(versions.values())).table_name
    version = -1 if item is None else int(item["version"]["N"])
    above = sorted(each for each in missing if each > version)
    if above:
        watch.violation(f"{table}: lost versions {above} of a document, its item is at {version}")
    if item is None:
        return len(above)
    revision = versions.get(version)
    if revision is None or revision.is_redacted:
        watch.violation(f"{table}: an item at version {version} that was never delivered so")
    else:
        _check_item(history, revision, item, watch)
    return len(above)


def _applicable(history: History, document: str) -> set[int]:
    """Versions of which at least one delivery told the whole revision."""
    return {
        revision.version
        for revision in history.revisions.values()
        if revision.document_id == document and not revision.is_redacted
    }


def _excused(history: History, document: str, in_bucket: set[bytes]) -> set[int]:
    """Versions of which a record is kept in the failure bucket."""
    return {
        revision.version
        for data, revision in history.revisions.items()
        if revision.document_id == document and data in in_bucket
    }


def _check_item(history: History, revision: Revision, item: Item, watch: Watch) -> None:
    found = dict(item)
    expected = history.item(revision)
    if "isDeleted" in expected and history.lifetime_days is not None:
        expires = int(found.pop("expiresAt", {"N": "0"})["N"])
        written = expires - history.lifetime_days * 86_400
        if written < START.timestamp():
            watch.violation(f"{revision.table_name}: a tombstone expires {expires}, too early")
    if revision.version == 0 and revision.document_id in history.seeded:
        found.pop(RETIRED, None)
    if found != expected:
        names = sorted(
            name for name in set(found) | set(expected) if found.get(name) != expected.get(name)
        )
        watch.violation(
            f"{revision.table_name}: item at version {revision.version} differs in {names}"
        )
