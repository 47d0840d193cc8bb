"""Compares the ledger with DynamoDB, document by document.

This module shares no code with the handler on purpose: it reads the items with boto3's own types
and compares them with the ledger's values, so that an error in the handler cannot hide here. For
the same reason it has its own copy of the contract: the names of attributes, and in
`local.comparable` the limits of numbers, are repeated instead of imported from
`handler/contract.py`. A name that is changed there by mistake shows up here as a difference; an
intended change is made in both.
"""

from __future__ import annotations

import enum
import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from local import aws
from local.comparable import comparable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from qldb_simulator.client import LedgerClient
    from qldb_simulator.client_results import DocumentState

    from local.comparable import Comparable

_ABSENT = object()
_COMMON_ATTRIBUTES = {"pk", "version", "txTime", "txId", "hash"}
_NOT_OF_THE_REVISION = {"pk", "expiresAt"}
"""Attributes of a tombstone that do not follow from the revision."""


class Verdict(enum.Enum):
    """What a comparison says about one document.

    BEHIND is an item with a lower version than the ledger's, or none yet: it may be on its way.
    Nothing that is still to come corrects what is DIFFERENT.
    """

    EQUAL = enum.auto()
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
    """One document in the ledger and in DynamoDB.

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
    committed: datetime | None = None
    differing: tuple[Difference, ...] = ()


def compare(ledger: LedgerClient, outputs: Mapping[str, Any], endpoint: str) -> list[Row]:
    """Compare every document of the replicated tables with its item.

    Parameters
    ----------
    ledger
        The simulated ledger.
    outputs
        The pipeline's stack outputs.
    endpoint
        URL of the emulator's DynamoDB.

    Returns
    -------
    list of Row
        One for each document in the ledger or in DynamoDB.
    """
    dynamodb = aws.client("dynamodb", endpoint)
    rows: list[Row] = []
    for table, replica in _replicas(outputs).items():
        # Items first: what is committed between the two readings then makes no item look ahead.
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=replica["tableName"], ConsistentRead=True
        )
        items = {item["pk"]["S"]: item_values(item) for page in pages for item in page["Items"]}
        active = ledger.tables(outputs["ledgerName"])
        documents = ledger.state(outputs["ledgerName"], table) if table in active else {}
        rows += (
            _row(table, key, documents.get(key), items.get(key), replica.get("attributes"))
            for key in sorted({*documents, *items})
        )
    return rows


def _row(
    table: str,
    document_id: str,
    document: DocumentState | None,
    item: Mapping[str, Any] | None,
    attributes: Mapping[str, Sequence[str]] | None,
) -> Row:
    differing = item_differences(document, item, attributes) if document and item else ()
    return Row(
        table=table,
        document_id=document_id,
        ledger=f"{document.version} {_word(document.is_deleted)}" if document else "-",
        replica=f"{item.get('version', '?')} {_word('isDeleted' in item)}" if item else "-",
        verdict=_verdict(document, item, differing),
        committed=document.tx_time if document else None,
        differing=differing,
    )


def _verdict(
    document: DocumentState | None,
    item: Mapping[str, Any] | None,
    differing: Sequence[Difference],
) -> Verdict:
    if document is None:
        return Verdict.DIFFERENT
    if item is None:
        return Verdict.BEHIND
    version = item.get("version")
    if isinstance(version, Decimal) and version < document.version:
        return Verdict.BEHIND
    return Verdict.DIFFERENT if differing else Verdict.EQUAL


def _replicas(outputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the configuration of each ledger table."""
    found: dict[str, dict[str, Any]] = json.loads(outputs["replicaTables"])
    return found


class _Reader(TypeDeserializer):
    """boto3's deserializer, extended to every number that DynamoDB can hold."""

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


def item_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item's attributes from DynamoDB's wire format to Python values."""
    return {name: _Reader().deserialize(value) for name, value in item.items()}


def count(rows: Sequence[Row], verdict: Verdict) -> int:
    """Return the number of documents with a verdict."""
    return sum(row.verdict is verdict for row in rows)


def differences(rows: Sequence[Row]) -> int:
    """Return the number of documents that are not equal, for whatever reason."""
    return len(rows) - count(rows, Verdict.EQUAL)


def _word(deleted: bool) -> str:  # noqa: FBT001 (its only argument)
    return "deleted" if deleted else "live"


def item_differences(
    document: DocumentState,
    item: Mapping[str, Any],
    attributes: Mapping[str, Sequence[str]] | None,
) -> tuple[Difference, ...]:
    """Return in what an item is not what docs/items.md promises for a document.

    Parameters
    ----------
    document
        The latest revision.
    item
        From `item_values`.
    attributes
        The path in the document for each attribute of the item; None for the whole document.
    """
    own = _NOT_OF_THE_REVISION if document.is_deleted else {"pk"}
    held = {name: comparable(value) for name, value in item.items() if name not in own}
    expected = {
        "version": document.version,
        "txTime": document.tx_time,
        "txId": document.tx_id,
        "hash": document.hash,
        **_content(document, attributes),
    }
    expected_forms = {name: comparable(value) for name, value in expected.items()}
    return tuple(_unequal((), expected_forms, held))


def _content(
    document: DocumentState, attributes: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """Return the attributes that tombstones and live items do not share."""
    if document.is_deleted:
        return {"isDeleted": True}
    if attributes is None:
        content = {"data": document.data}
    else:
        found = {name: _at(document.data, path) for name, path in attributes.items()}
        content = {name: value for name, value in found.items() if value is not _ABSENT}
    return {"projectionId": _projection_id(attributes), **content}


def _projection_id(attributes: Mapping[str, Sequence[str]] | None) -> str:
    """Return the id of the attributes that a live item may hold."""
    projected = {"data"} if attributes is None else set(attributes)
    names = json.dumps(sorted({*_COMMON_ATTRIBUTES, "projectionId", *projected}))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _at(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 (a value of any Ion type)
    for name in path:
        if not hasattr(document, "keys") or name not in document:
            return _ABSENT
        document = document[name]
    return document


def _unequal(
    path: tuple[str, ...], ledger: Mapping[str, Comparable], replica: Mapping[str, Comparable]
) -> Iterator[Difference]:
    for name in (*ledger, *(other for other in replica if other not in ledger)):
        match ledger.get(name), replica.get(name):
            case ("map", expected), ("map", held):
                yield from _unequal((*path, name), expected, held)
            case expected, held if expected != held:
                yield Difference(path=(*path, name), ledger=expected, replica=held)
