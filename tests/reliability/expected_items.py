"""The item that each revision must become, derived without the handler's code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.simple_types import IonPyBool, IonPyNull

from tests.reliability.ledger_tables import ATTRIBUTES, INDEX_KEYS, WHOLE

if TYPE_CHECKING:
    from qldb_simulator.blocks import Revision

    from tests.reliability.ledger_tables import TableOptions
    from tests.support.attribute_values import Item, Value


def expected_item(revision: Revision, options: TableOptions) -> Item:
    """Return the item of the current state that results from a revision alone."""
    item: Item = {
        "pk": {"S": revision.document_id},
        "version": {"N": str(revision.version)},
        "txTime": {"S": ion_text(revision.tx_time)},
        "txId": {"S": revision.tx_id},
        "tableId": {"S": revision.table_id},
        "hash": {"B": revision.hash},
    }
    if revision.data is None:
        return item | {"isDeleted": {"BOOL": True}}
    item["projectionId"] = {"S": _projection_id(revision.table_name, options)}
    content = content_of(revision)
    unindexed = {
        name: content.pop(name)
        for name, (kind, max_bytes) in INDEX_KEYS.items()
        if options.indexed and name in content and not _is_key(content[name], kind, max_bytes)
    }
    return item | content | ({"unindexed": {"M": unindexed}} if unindexed else {})


def content_of(revision: Revision) -> Item:
    """Return the attributes that hold a document, or its projected parts."""
    if revision.table_name == WHOLE:
        return {"data": value_of(revision.data)}
    content = {}
    for name, path in ATTRIBUTES.items():
        found, value = _at(revision.data, path)
        if found:
            content[name] = value_of(value)
    return content


def expected_revision(revision: Revision, *, is_redacted: bool, data_hash: bytes | None) -> Item:
    """Return the item of the history table that has the metadata of a revision.

    Parameters
    ----------
    revision
        The revision as committed.
    is_redacted
        Whether its data is removed.
    data_hash
        Hash of the removed data, where a record told it.
    """
    state = "deleted" if revision.data is None else "live"
    item: Item = {
        "pk": {"S": revision.document_id},
        "version": {"N": str(revision.version)},
        "revisionState": {"S": "redacted" if is_redacted else state},
        "ledgerTable": {"S": revision.table_name},
        "tableId": {"S": revision.table_id},
        "blockStrandId": {"S": revision.strand_id},
        "blockSequenceNo": {"N": str(revision.sequence_no)},
        "txTime": {"S": ion_text(revision.tx_time)},
        "txId": {"S": revision.tx_id},
        "hash": {"B": revision.hash},
    }
    if data_hash is not None:
        item["dataHash"] = {"B": data_hash}
    return item if is_redacted or revision.data is None else item | content_of(revision)


def expected_stub(table_id: str, document_id: str, version: int) -> Item:
    """Return the item of the history table of which only the redaction is known."""
    return {
        "pk": {"S": document_id},
        "version": {"N": str(version)},
        "tableId": {"S": table_id},
        "revisionState": {"S": "redacted"},
    }


def _is_key(value: Value, kind: str, max_bytes: int) -> bool:
    """Return whether a key of an index can have a value (docs/items.md, "Indexes")."""
    content = value.get(kind)
    if not isinstance(content, str):
        return False
    return kind == "N" or 0 < len(content.encode()) <= max_bytes


def _projection_id(table: str, options: TableOptions) -> str:
    """Return the id of the attributes that a live item of a ledger table may hold."""
    projected = ["data"] if table == WHOLE else list(ATTRIBUTES)
    if options.indexed:
        projected.append("unindexed")
    common = ["pk", "version", "txTime", "txId", "tableId", "hash", "projectionId"]
    names = json.dumps(sorted(common + projected))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _at(document: Any, path: tuple[str, ...]) -> tuple[bool, Any]:  # noqa: ANN401 (Ion)
    for name in path:
        if not isinstance(document, Mapping) or name not in document:
            return False, None
        document = document[name]
    return True, document


def value_of(value: Any) -> Value:  # noqa: ANN401 (any Ion value)
    """Return the DynamoDB form of a value, of the few kinds that histories use."""
    if isinstance(value, Mapping):
        return {"M": {str(name): value_of(member) for name, member in value.items()}}
    if isinstance(value, list):
        return {"L": [value_of(member) for member in value]}
    if value is None or isinstance(value, IonPyNull):
        return {"NULL": True}
    kind, text = _scalar(value)
    return {kind: text}


def _scalar(value: Any) -> tuple[str, object]:  # noqa: ANN401 (any Ion value)
    match value:
        case bool() | IonPyBool():
            return "BOOL", bool(value)
        case int():
            return "N", str(int(value))
        case Decimal():
            return "N", _plain(Decimal(value))
        case str():
            return "S", str(value)
        case bytes():
            return "B", bytes(value)
    raise TypeError(f"histories use no {type(value).__name__}")


def _plain(number: Decimal) -> str:
    return "0" if number.is_zero() else f"{number.normalize():f}"


def ion_text(value: Any) -> str:  # noqa: ANN401 (any Ion value)
    """Write a value as Ion text, without the version marker."""
    text = str(simpleion.dumps(value, binary=False))
    return text.removeprefix("$ion_1_0").strip()
