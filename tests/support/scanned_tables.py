"""DynamoDB tables in memory behind the calls with which `ops` reads and removes generations.

Conditions are evaluated as far as these calls use them: comparisons with equality, and
``attribute_not_exists``, joined by AND. The integration tests run the same calls on DynamoDB Local.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.faults import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.attribute_values import Item

_EQUAL = re.compile(r"(#\w+) = (:\w+)")
_ABSENT = re.compile(r"attribute_not_exists\((#\w+)\)")


class ScannedTables:
    """Tables by name, each with its items by key.

    Parameters
    ----------
    items
        The items of each table; the key attribute is ``pk``.
    page
        Number of items that one answer to a scan looks at.

    Attributes
    ----------
    before_put
        Called before each write with the key.
    requests
        Arguments of all scans.
    """

    def __init__(self, items: Mapping[str, list[Item]], page: int = 2) -> None:
        self.tables = {
            name: {item["pk"]["S"]: dict(item) for item in found} for name, found in items.items()
        }
        self.before_put: Callable[[str], None] = lambda _: None
        self.requests: list[dict[str, Any]] = []
        self._page = page

    def scan(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's arguments)
        """Return the next page of a table, filtered and projected."""
        self.requests.append(request)
        table = self._table("Scan", request["TableName"])
        names = request["ExpressionAttributeNames"]
        keys = sorted(table)
        after = request.get("ExclusiveStartKey", {"pk": {"S": ""}})["pk"]["S"]
        seen = [key for key in keys if key > after][: self._page]
        shown = [names[each] for each in request["ProjectionExpression"].split(", ")]
        found = [
            {name: value for name, value in table[key].items() if name in shown}
            for key in seen
            if _holds(request.get("FilterExpression"), request, table[key])
        ]
        answer: dict[str, Any] = {"Items": found, "ConsumedCapacity": {"CapacityUnits": 1.0}}
        if seen and seen[-1] != keys[-1]:
            answer["LastEvaluatedKey"] = {"pk": {"S": seen[-1]}}
        return answer

    def put_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's arguments)
        """Replace an item if its condition holds."""
        table = self._table("PutItem", request["TableName"])
        key = request["Item"]["pk"]["S"]
        self.before_put(key)
        if not _holds(request["ConditionExpression"], request, table.get(key, {})):
            refused = client_error("PutItem", "ConditionalCheckFailedException", "m")
            if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and key in table:
                refused.response["Item"] = table[key]  # type: ignore[typeddict-unknown-key]
            raise refused
        table[key] = request["Item"]
        return {"ConsumedCapacity": {"CapacityUnits": 1.0}}

    def _table(self, operation: str, name: str) -> dict[str, Item]:
        if name not in self.tables:
            raise client_error(operation, "ResourceNotFoundException", "m")
        return self.tables[name]


def _holds(expression: str | None, request: Mapping[str, Any], item: Item) -> bool:
    """Return whether an expression is true of an item."""
    if expression is None:
        return True
    names = request["ExpressionAttributeNames"]
    values = request["ExpressionAttributeValues"]
    for part in expression.split(" AND "):
        if equal := _EQUAL.fullmatch(part):
            if item.get(names[equal[1]]) != values[equal[2]]:
                return False
        elif absent := _ABSENT.fullmatch(part):
            if names[absent[1]] in item:
                return False
        else:
            raise AssertionError(f"not modelled: {part}")
    return True
