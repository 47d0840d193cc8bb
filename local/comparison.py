"""Compares the ledger with DynamoDB, document by document and revision by revision.

This module shares no code with the handler on purpose: it reads the items with boto3's own types
and compares them with the ledger's values, so that an error in the handler cannot hide here. For
the same reason it has its own copy of the contract: the names of attributes (here and in
`local.expected_items`), and in `local.comparable` the limits of numbers, are repeated instead of
imported from `handler/contract.py`. A name that is changed there by mistake shows up here as a
difference; an intended change is made in both.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from local.comparable import comparable
from local.expected_items import expected_item, expected_revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from qldb_simulator.client_results import DocumentState, RevisionState, TableGeneration

    from local.comparable import Comparable
    from local.journal_view import JournalView
    from local.replica import Replica, ReplicatedTable

    Item = Mapping[str, Any]

_REDACTED = ("text", "redacted")
_STUB = {"pk", "version", "tableId", "revisionState"}
"""What a redaction leaves that comes before its revision."""


class Verdict(enum.Enum):
    """What a comparison says about one document or revision.

    BEHIND is an item with a lower version than the ledger's, or none yet: it may be on its way.
    REMOVED is a tombstone where the ledger's document is live in a table that was dropped: an
    operator has removed that generation. Nothing that is still to come corrects what is DIFFERENT.
    """

    EQUAL = enum.auto()
    REMOVED = enum.auto()
    BEHIND = enum.auto()
    DIFFERENT = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An attribute, or a field in a map, that the item and the document do not share.

    Attributes
    ----------
    path
        Name of the attribute, then the names of fields in its maps.
    ledger
        The value that the item should have; None if the item should not have the attribute.
    replica
        The value that the item has; None if it does not have the attribute.
    """

    path: tuple[str, ...]
    ledger: Comparable | None
    replica: Comparable | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One document, or one revision, in the ledger and in DynamoDB.

    Attributes
    ----------
    table
        Table of the ledger.
    document_id
        The document's id, and its item's key.
    ledger, replica
        Version and state, such as "2 live"; "-" if there is none.
    verdict
        Whether version, state, transaction, hash and every attribute match.
    is_dropped
        Whether the document's table was dropped; another one may have its name.
    is_revision
        Whether the row is about one revision, in the history table.
    committed
        When the ledger's revision was committed; None if the ledger has no such document.
    differing
        What the item and the document do not share; empty if one of them does not exist.
    """

    table: str
    document_id: str
    ledger: str
    replica: str
    verdict: Verdict
    is_dropped: bool = False
    is_revision: bool = False
    committed: datetime | None = None
    differing: tuple[Difference, ...] = ()


def compare(ledger: JournalView, replica: Replica, *, own_only: bool = False) -> list[Row]:
    """Compare every document of the replicated tables with its item.

    Parameters
    ----------
    ledger
        The simulated ledger.
    replica
        The DynamoDB tables.
    own_only
        Whether to look at the items of this ledger's documents only: others write to the tables.
        Nobody removes a generation of such a ledger while it is compared, so no verdict is REMOVED.

    Returns
    -------
    list of Row
        One for each document in the ledger or in DynamoDB, those of dropped tables included.
    """
    rows: list[Row] = []
    for name, table in replica.tables.items():
        # Items first: what is committed between the two readings then makes no item look ahead.
        items = {} if own_only else _by_id(replica.all_items(table.table_name))
        documents = _documents(ledger, name)
        if own_only:
            items = _by_id(replica.items(table.table_name, documents))
        rows += (
            _row(name, key, documents.get(key), items.get(key), table, may_be_removed=not own_only)
            for key in sorted({*documents, *items})
        )
    return rows


def compare_history(ledger: JournalView, replica: Replica, *, own_only: bool = False) -> list[Row]:
    """Compare every revision of the tables that keep their history with its item.

    Where a table no longer keeps it, the items that are there are compared, and none is missing.
    Items of tables that are not replicated are not looked at.

    Parameters
    ----------
    ledger, replica, own_only
        As for `compare`.

    Returns
    -------
    list of Row
        One for each revision in the ledger or in the history table; none without such a table.
    """
    if replica.history_table is None:
        return []
    items = {} if own_only else _by_version(replica.all_items(replica.history_table))
    revisions = {
        name: _revisions(ledger, name)
        for name, table in replica.tables.items()
        # A ledger of one's own is new: no item is from before a table's history was switched off.
        if table.has_history or not own_only
    }
    if own_only:
        keys = {key for found in revisions.values() for key, _ in found}
        items = _by_version(replica.revisions(replica.history_table, sorted(keys)))
    rows = [
        _revision_row(name, revision, items.pop(key, None), replica.tables[name])
        for name, found in revisions.items()
        for key, revision in found.items()
        if replica.tables[name].has_history or key in items
    ]
    # Of these there may be stubs, because the block of a redaction names only the table's id.
    not_replicated = {
        generation.table_id
        for generation in ledger.generations()
        if generation.name not in replica.tables
    }
    unknown = (item for item in items.values() if item.get("tableId") not in not_replicated)
    return [*rows, *map(_unknown_revision, unknown)]


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the ledger knows of a document or a revision."""

    generation: TableGeneration
    revision: RevisionState


def _documents(ledger: JournalView, name: str) -> dict[str, _Known]:
    """Return the latest revision of each document of all tables that have had a name."""
    return {
        key: _Known(generation=generation, revision=revisions[-1])
        for generation in ledger.generations()
        if generation.name == name
        for key, revisions in ledger.revisions(generation.table_id).items()
    }


def _revisions(ledger: JournalView, name: str) -> dict[tuple[str, int], _Known]:
    """Return all revisions of all tables that have had a name, by document id and version."""
    return {
        (key, revision.version): _Known(generation=generation, revision=revision)
        for generation in ledger.generations()
        if generation.name == name
        for key, revisions in ledger.revisions(generation.table_id).items()
        for revision in revisions
    }


def _by_id(items: Iterator[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["pk"]: item for item in items}


def _by_version(items: Iterator[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    return {(item["pk"], int(item["version"])): item for item in items}


def _row(
    name: str,
    document_id: str,
    known: _Known | None,
    item: Item | None,
    table: ReplicatedTable,
    *,
    may_be_removed: bool,
) -> Row:
    replica = f"{item.get('version', '?')} {_word('isDeleted' in item)}" if item else "-"
    if known is None:
        return Row(
            table=name,
            document_id=document_id,
            ledger="-",
            replica=replica,
            verdict=Verdict.DIFFERENT,
        )
    document, generation = known.revision, known.generation
    differing: tuple[Difference, ...] = ()
    verdict = Verdict.BEHIND
    if item is not None:
        differing = item_differences(document, item, table, generation.table_id)
        verdict = _verdict(document, item, differing)
        removed = replace(document, is_deleted=True, data=None)
        if (
            may_be_removed
            and verdict is Verdict.DIFFERENT
            and not generation.is_active
            and not item_differences(removed, item, table, generation.table_id)
        ):
            verdict, differing = Verdict.REMOVED, ()
    return Row(
        table=name,
        document_id=document_id,
        ledger=f"{document.version} {_word(document.is_deleted)}",
        replica=replica,
        verdict=verdict,
        is_dropped=not generation.is_active,
        committed=document.tx_time,
        differing=differing,
    )


def _verdict(document: DocumentState, item: Item, differing: Sequence[Difference]) -> Verdict:
    version = item.get("version")
    if isinstance(version, Decimal) and version < document.version:
        return Verdict.BEHIND
    return Verdict.DIFFERENT if differing else Verdict.EQUAL


def _revision_row(name: str, known: _Known, item: Item | None, table: ReplicatedTable) -> Row:
    revision, generation = known.revision, known.generation
    differing = (
        ()
        if item is None
        else revision_differences(revision, item, table, generation.table_id, name)
    )
    return Row(
        table=name,
        document_id=revision.document_id,
        ledger=f"{revision.version} {_state(revision)}",
        replica=_state_of_item(item),
        verdict=_revision_verdict(revision, item, table, differing),
        is_dropped=not generation.is_active,
        is_revision=True,
        committed=revision.tx_time,
        differing=differing,
    )


def _revision_verdict(
    revision: RevisionState,
    item: Item | None,
    table: ReplicatedTable,
    differing: Sequence[Difference],
) -> Verdict:
    if item is None:
        return Verdict.BEHIND
    if not differing:
        return Verdict.EQUAL
    if revision.data_hash is None:
        return Verdict.DIFFERENT
    # Either the redaction is on its way, or it has come before its revision.
    is_redacted = comparable(item.get("revisionState")) == _REDACTED
    is_stub = all(difference.replica is None for difference in differing)
    if is_stub and item.keys() == _STUB and not table.has_history:
        # The revision never comes.
        return Verdict.EQUAL
    return Verdict.BEHIND if is_stub or not is_redacted else Verdict.DIFFERENT


def _unknown_revision(item: Item) -> Row:
    return Row(
        table=str(item.get("ledgerTable", "?")),
        document_id=item["pk"],
        ledger="-",
        replica=_state_of_item(item),
        verdict=Verdict.DIFFERENT,
        is_revision=True,
    )


def count(rows: Sequence[Row], verdict: Verdict) -> int:
    """Return the number of documents with a verdict."""
    return sum(row.verdict is verdict for row in rows)


def differences(rows: Sequence[Row]) -> int:
    """Return the number of documents that are not as they should be, for whatever reason."""
    return count(rows, Verdict.BEHIND) + count(rows, Verdict.DIFFERENT)


def _word(deleted: bool) -> str:  # noqa: FBT001 (its only argument)
    return "deleted" if deleted else "live"


def _state(revision: RevisionState) -> str:
    return "redacted" if revision.data_hash is not None else _word(revision.is_deleted)


def _state_of_item(item: Item | None) -> str:
    return f"{item['version']} {item.get('revisionState', '?')}" if item else "-"


def item_differences(
    document: DocumentState, item: Item, table: ReplicatedTable, table_id: str
) -> tuple[Difference, ...]:
    """Return in what an item is not what docs/items.md promises for a document.

    Parameters
    ----------
    document
        The latest revision.
    item
        From `local.replica.item_values`.
    table
        The replica of the document's table.
    table_id
        Id of that table in the ledger.
    """
    # A tombstone's expiry does not follow from the revision.
    own = {"pk", "expiresAt"} if document.is_deleted else {"pk"}
    held = {name: comparable(value) for name, value in item.items() if name not in own}
    return tuple(_unequal((), expected_item(document, table, table_id), held))


def revision_differences(
    revision: RevisionState, item: Item, table: ReplicatedTable, table_id: str, ledger_table: str
) -> tuple[Difference, ...]:
    """Return in what an item of the history table is not what docs/items.md promises.

    Parameters
    ----------
    revision
        The revision.
    item, table, table_id
        As for `item_differences`.
    ledger_table
        Name of the table in the ledger.
    """
    held = {name: comparable(value) for name, value in item.items() if name not in _HISTORY_KEY}
    expected = expected_revision(revision, table, table_id, ledger_table)
    if "dataHash" not in held:
        # Where only the block of the redaction has told of it, nobody knows the hash.
        expected.pop("dataHash", None)
    return tuple(_unequal((), expected, held))


_HISTORY_KEY = {"pk", "version"}


def _unequal(
    path: tuple[str, ...], ledger: Mapping[str, Comparable], replica: Mapping[str, Comparable]
) -> Iterator[Difference]:
    for name in (*ledger, *(other for other in replica if other not in ledger)):
        match ledger.get(name), replica.get(name):
            case ("map", expected), ("map", held):
                yield from _unequal((*path, name), expected, held)
            case expected, held if expected != held:
                yield Difference(path=(*path, name), ledger=expected, replica=held)
