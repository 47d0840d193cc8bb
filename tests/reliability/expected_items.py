"""The item that each revision must become, derived without the handler's code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.simple_types import IonPyBool, IonPyNull

from tests.reliability.ledger_tables import ATTRIBUTES, WHOLE

if TYPE_CHECKING:
    from qldb_simulator.blocks import Revision

    from tests.support.attribute_values import Item, Value


def expected_item(revision: Revision) -> Item:
    """Return the item that results from a revision alone."""
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
    item["projectionId"] = {"S": _projection_id(revision.table_name)}
    if revision.table_name == WHOLE:
        return item | {"data": value_of(revision.data)}
    for name, path in ATTRIBUTES.items():
        found, value = _at(revision.data, path)
        if found:
            item[name] = value_of(value)
    return item


def _projection_id(table: str) -> str:
    """Return the id of the attributes that a live item of a ledger table may hold."""
    projected = ["data"] if table == WHOLE else list(ATTRIBUTES)
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
