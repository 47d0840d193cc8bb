"""Items are read completely, whatever form the outputs have."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from local.errors import LocalError
from local.replica import Replica, ReplicatedTable, item_values, replicated_tables
from tests.support.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURED = {
    "Person": {
        "tableName": "person",
        "attributes": {"city": ["address", "city"]},
        "indexKeys": {"city": ["S", 2048]},
        "history": True,
    },
    "Vehicle": {"tableName": "vehicle"},
}


@pytest.mark.parametrize("text", [json.dumps(CONFIGURED), CONFIGURED])
def test_the_tables_are_those_of_the_outputs(text: object) -> None:
    assert replicated_tables({"replicaTables": text}) == {
        "Person": ReplicatedTable(
            table_name="person",
            attributes={"city": ["address", "city"]},
            index_keys={"city": ("S", 2048)},
            has_history=True,
        ),
        "Vehicle": ReplicatedTable(table_name="vehicle"),
    }


def test_numbers_keep_every_digit() -> None:
    digits = "1234567890" * 3 + "12345678"

    assert item_values({"n": {"N": digits}}) == {"n": Decimal(digits)}


class DynamoDB:
    """Tables in memory that answer a part of each request.

    Attributes
    ----------
    keys
        Keys of each request.
    """

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        self.keys: list[list[str]] = []

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        ((table, request),) = RequestItems.items()
        assert request["ConsistentRead"]
        keys = [key["pk"]["S"] for key in request["Keys"]]
        self.keys.append(keys)
        done, rest = keys[:60], keys[60:]
        left = {"Keys": [{"pk": {"S": key}} for key in rest], "ConsistentRead": True}
        return {
            "Responses": {table: [{"pk": {"S": key}} for key in done if key in self.ids]},
            "UnprocessedKeys": {table: left} if rest else {},
        }

    def get_paginator(self, operation: str) -> DynamoDB:
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (boto3's arguments)
        assert request["ConsistentRead"]
        assert request["KeyConditionExpression"] == "pk = :pk"
        key = request["ExpressionAttributeValues"][":pk"]
        yield {"Items": [{"pk": key, "version": {"N": "0"}}]}
        yield {"Items": [{"pk": key, "version": {"N": "1"}}]}


def test_what_dynamodb_leaves_out_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # given 250 documents, of which every second one has an item
    monkeypatch.setattr(time, "sleep", lambda _: None)
    ids = [f"{number:03}" for number in range(250)]
    dynamodb = DynamoDB(ids[::2])
    # when their items are read
    reading = Replica({"replicaTables": {}}, dynamodb)
    found = [item["pk"] for item in reading.items("person", ids)]
    # then all are there, in requests of at most 100 keys
    assert found == ids[::2]
    assert max(map(len, dynamodb.keys)) == 100


class Throttled:
    """Tables of which each request reads one item, after a number of seconds.

    Parameters
    ----------
    clock
        The time.
    seconds
        How long each request takes.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        self._clock.advance(self._seconds)
        ((table, request),) = RequestItems.items()
        first, *rest = request["Keys"]
        left = {table: {**request, "Keys": rest}} if rest else {}
        return {"Responses": {table: [first]}, "UnprocessedKeys": left}


class LeavesOneOut:
    """Tables that leave out the last item of each request of several."""

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        if len(keys) == 1:
            return {"Responses": {table: keys}, "UnprocessedKeys": {}}
        left = {table: {**request, "Keys": keys[-1:]}}
        return {"Responses": {table: keys[:-1]}, "UnprocessedKeys": left}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


def test_the_pauses_grow_while_reads_are_throttled(clock: Clock) -> None:
    reading = Replica({"replicaTables": {}}, Throttled(clock, 0.0))

    assert len(list(reading.items("person", [str(number) for number in range(8)]))) == 8

    assert clock.naps == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_reads_that_stay_throttled_are_given_up_with_a_remedy(clock: Clock) -> None:
    # given a table that answers one read every few seconds / when many are wanted
    reading = Replica({"replicaTables": {}}, Throttled(clock, 1.0))
    with pytest.raises(LocalError, match=r"^table person .* 60 s: .* raise tableMaxReadUnits"):
        list(reading.items("person", [str(number) for number in range(100)]))
    # then it ends after about a minute
    assert 60.0 <= clock.now < 70.0


def test_the_pauses_begin_anew_with_each_request(clock: Clock) -> None:
    # given 102 documents, of which each request of 100 leaves out the last one
    ids = [f"{number:03}" for number in range(102)]
    reading = Replica({"replicaTables": {}}, LeavesOneOut())
    # when they are read / then the second request does not wait longer than the first
    assert len(list(reading.items("person", ids))) == 102
    assert clock.naps == [0.2, 0.2]


def test_all_revisions_of_a_document_are_read() -> None:
    reading = Replica({"replicaTables": {}}, DynamoDB([]))

    found = [
        (item["pk"], int(item["version"])) for item in reading.revisions("history", ["a", "b"])
    ]

    assert found == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
