"""Items of two generations of a ledger table, as the handler writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    from tests.support.attribute_values import Item

DROPPED, CURRENT = "DroppedTable00000000Id", "CurrentTable00000000Id"


def live_item(key: str, table_id: str | None = DROPPED, *, day: int = 1, version: int = 3) -> Item:
    """Return a live item with a document, written on a day of January 2021."""
    return {**_common(key, table_id, day, version), "projectionId": {"S": "p"}, "a": {"S": SECRET}}


def tombstone(key: str, table_id: str | None = DROPPED, *, day: int = 1, version: int = 3) -> Item:
    """Return a tombstone, written on a day of January 2021."""
    return {**_common(key, table_id, day, version), "isDeleted": {"BOOL": True}}


def history_item(key: str, state: str, table_id: str = DROPPED, **more: Any) -> Item:  # noqa: ANN401 (attribute values)
    """Return an item of the history table."""
    return {
        **_common(key, table_id, 1, 3),
        "revisionState": {"S": state},
        "ledgerTable": {"S": "Person"},
        **more,
    }


def _common(key: str, table_id: str | None, day: int, version: int) -> Item:
    return {
        "pk": {"S": key},
        "version": {"N": str(version)},
        "txTime": {"S": f"2021-01-{day:02}T02:16:06.240Z"},
        "txId": {"S": f"t-{key}"},
        **({} if table_id is None else {"tableId": {"S": table_id}}),
        "hash": {"B": key.encode()},
    }
