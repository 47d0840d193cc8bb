"""Compares the ledger with DynamoDB, document by document.

This module shares no code with the handler on purpose: it reads the items with boto3's own types
and compares them with the ledger's values, so that an error in the handler cannot hide here. For
the same reason it has its own copy of the contract: the names of attributes and the limits of
numbers are repeated here instead of imported from `handler/contract.py`. A name that is changed
there by mistake shows up here as a difference; an intended change is made in both.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.core import Timestamp
from amazon.ion.simple_types import IonPyBool, IonPyNull, IonPySymbol
from boto3.dynamodb.types import Binary, TypeDeserializer
from rich.table import Table
from rich.text import Text

from local import aws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.client import LedgerClient
    from qldb_simulator.client_results import DocumentState

_ABSENT = object()
_TOMBSTONE_ATTRIBUTES = {"isDeleted", "expiresAt"}
_COMMON_ATTRIBUTES = {"pk", "version", "txTime", "txId", "hash"}
_METADATA_ATTRIBUTES = {*_COMMON_ATTRIBUTES, "projectionId", *_TOMBSTONE_ATTRIBUTES}
_MAX_DIGITS, _MIN_EXPONENT, _MAX_EXPONENT = 38, -130, 125
"""The numbers that DynamoDB can hold (DynamoDB developer guide, "Constraints")."""


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
    equal
        Whether version, state, transaction, hash and every attribute match.
    """

    table: str
    document_id: str
    ledger: str
    replica: str
    equal: bool


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
    active = ledger.tables(outputs["ledgerName"])
    for table, replica in _replicas(outputs).items():
        documents = ledger.state(outputs["ledgerName"], table) if table in active else {}
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=replica["tableName"], ConsistentRead=True
        )
        items = {item["pk"]["S"]: item_values(item) for page in pages for item in page["Items"]}
        for document_id in sorted({*documents, *items}):
            document, item = documents.get(document_id), items.get(document_id)
            rows.append(
                Row(
                    table=table,
                    document_id=document_id,
                    ledger=f"{document.version} {_word(document.is_deleted)}" if document else "-",
                    replica=f"{item['version']} {_word('isDeleted' in item)}" if item else "-",
                    equal=document is not None
                    and item is not None
                    and is_replica(document, item, replica.get("attributes")),
                )
            )
    return rows


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


def differences(rows: Sequence[Row]) -> int:
    """Return the number of documents that differ between the ledger and DynamoDB."""
    return sum(not row.equal for row in rows)


def comparison_table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table("table", "document id", "ledger", "DynamoDB", "equal")
    for row in rows:
        table.add_row(
            *map(Text, (row.table, row.document_id, row.ledger, row.replica)),
            Text("yes") if row.equal else Text("NO", style="bold red"),
        )
    return table


def _word(deleted: bool) -> str:  # noqa: FBT001 (its only argument)
    return "deleted" if deleted else "live"


def is_replica(
    document: DocumentState,
    item: Mapping[str, Any],
    attributes: Mapping[str, Sequence[str]] | None,
) -> bool:
    """Return whether an item is what docs/items.md promises for a document.

    Parameters
    ----------
    document
        The latest revision.
    item
        From `item_values`.
    attributes
        The path in the document for each attribute of the item; None for the whole document.
    """
    revision = {
        "version": document.version,
        "txTime": document.tx_time,
        "txId": document.tx_id,
        "hash": document.hash,
    }
    if _form({name: item.get(name) for name in revision}) != _form(revision):
        return False
    held = {name: value for name, value in item.items() if name not in _METADATA_ATTRIBUTES}
    if document.is_deleted:
        return item.get("isDeleted") is True and not held and "projectionId" not in item
    if item.get("projectionId") != _projection_id(attributes):
        return False
    if not item.keys().isdisjoint(_TOMBSTONE_ATTRIBUTES):
        return False
    if attributes is None:
        expected = {"data": document.data}
    else:
        found = {name: _at(document.data, path) for name, path in attributes.items()}
        expected = {name: value for name, value in found.items() if value is not _ABSENT}
    return _form(held) == _form(expected)


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


@singledispatch
def _form(value: Any) -> tuple[str, Any]:  # noqa: ANN401 (a value of any type)
    """Return the kind and plain value of an Ion value or of a value that boto3 read."""
    raise TypeError(f"neither Ion nor DynamoDB has the type {type(value).__name__}")


@_form.register(type(None))
@_form.register(IonPyNull)
def _null(_value: object) -> tuple[str, Any]:
    return "null", None


@_form.register(bool)
@_form.register(IonPyBool)
def _boolean(value: object) -> tuple[str, Any]:
    return "boolean", bool(value)


@_form.register(int)
@_form.register(Decimal)
def _number(value: int | Decimal) -> tuple[str, Any]:
    number = Decimal(value)
    if _fits(number):
        return "number", number
    sign, digits, exponent = number.as_tuple()
    text = f"{'-' * sign}{''.join(map(str, digits))}"
    return "text", text if isinstance(value, int) else f"{text}d{exponent}"


@_form.register(float)
def _float(value: float) -> tuple[str, Any]:
    if not math.isfinite(value):
        return "text", "nan" if math.isnan(value) else f"{value:+}"
    shortest = repr(float(value))
    number = Decimal(shortest)
    return ("number", number) if _fits(number) else ("text", shortest)


def _fits(number: Decimal) -> bool:
    significant = "".join(map(str, number.as_tuple().digits)).strip("0")
    within = _MIN_EXPONENT <= number.adjusted() <= _MAX_EXPONENT
    return not number or (within and len(significant) <= _MAX_DIGITS)


@_form.register(str)
def _text(value: str) -> tuple[str, Any]:
    return "text", str(value)


@_form.register(IonPySymbol)
def _symbol(value: IonPySymbol) -> tuple[str, Any]:
    return "text", value.text


@_form.register(Timestamp)
def _timestamp(value: Timestamp) -> tuple[str, Any]:
    return "text", simpleion.dumps(value, binary=False, omit_version_marker=True)


@_form.register(bytes)
def _bytes(value: bytes) -> tuple[str, Any]:
    return "binary", bytes(value)


@_form.register(Binary)
def _binary(value: Any) -> tuple[str, Any]:  # noqa: ANN401 (boto3's stubs hide its value)
    return "binary", value.value


@_form.register(list)
@_form.register(tuple)
def _list(values: list[object] | tuple[object, ...]) -> tuple[str, Any]:
    return "list", [_form(value) for value in values]


@_form.register(Mapping)
def _map(values: Mapping[str, object]) -> tuple[str, Any]:
    return "map", {str(name): _form(value) for name, value in values.items()}
