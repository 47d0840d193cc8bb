"""The requests that write an item of the history table. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    HASH_ATTRIBUTE,
    KEY_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
)
from handler.history import REDACTED
from handler.statements import complete_text, insert_text

if TYPE_CHECKING:
    from handler.history import Attributes, HistoryWrite
    from handler.values import AttributeValue


def insert_revision_statement(write: HistoryWrite) -> tuple[str, list[AttributeValue]]:
    """Return text and parameters of the statement that creates the item."""
    item = write.item
    return insert_text(write.table_name, tuple(item)), list(item.values())


def complete_statement(write: HistoryWrite) -> tuple[str, list[AttributeValue]]:
    """Return text and parameters of the statement that completes what a redaction has left.

    The data of the revision is left out.
    """
    return (
        complete_text(write.table_name, tuple(write.metadata)),
        [
            *write.metadata.values(),
            {"S": write.document_id},
            {"N": str(write.version)},
            REDACTED,
        ],
    )


ABSENT_CONDITION = "attribute_not_exists(#key)"
"""The condition of a ``PutItem`` that creates an item of the history table."""

COMPLETE_CONDITION = (
    "#state = :state AND attribute_exists(#hash) AND attribute_not_exists(#dataHash)"
)
"""The condition of a ``PutItem`` that removes the data of a complete item."""

INCOMPLETE_CONDITION = (
    "#state = :state AND attribute_not_exists(#hash) AND attribute_not_exists(#dataHash)"
)
"""The condition of a ``PutItem`` that completes what a redaction has left."""


def revision_put(table_name: str, item: Attributes, stored: Attributes | None) -> dict[str, Any]:
    """Return the arguments of the ``PutItem`` that replaces an item if it is still the same.

    Parameters
    ----------
    table_name
        The history table.
    item
        The item after it.
    stored
        The item before it, as a refused condition returned it; None if there is none. Its state
        and what it lacks tell it from every other item of its key.
    """
    arguments: dict[str, Any] = {
        "TableName": table_name,
        "Item": item,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if stored is None:
        return arguments | {
            "ConditionExpression": ABSENT_CONDITION,
            "ExpressionAttributeNames": {"#key": KEY_ATTRIBUTE},
        }
    return arguments | {
        "ConditionExpression": COMPLETE_CONDITION
        if HASH_ATTRIBUTE in stored
        else INCOMPLETE_CONDITION,
        "ExpressionAttributeNames": {
            "#state": REVISION_STATE_ATTRIBUTE,
            "#hash": HASH_ATTRIBUTE,
            "#dataHash": DATA_HASH_ATTRIBUTE,
        },
        "ExpressionAttributeValues": {":state": stored[REVISION_STATE_ATTRIBUTE]},
    }
