"""Proves how indexes of a table are compared, and the calls that change them."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws_standin.resource import Update
from pulumi_aws_standin.resources import dynamodb_indexes
from pulumi_aws_standin.resources.dynamodb_table import Table
from pulumi_aws_standin.schema import Change, ChangeKind, same
from pulumi_aws_standin.session import Session

TABLE = {
    "name": "t",
    "hashKey": "pk",
    "billingMode": "PAY_PER_REQUEST",
    "deletionProtectionEnabled": False,
    "attributes": [{"name": name, "type": "S"} for name in ("pk", "a", "b")],
}


def index(name: str, key: str = "a", **more: object) -> dict[str, object]:
    return {"name": name, "hashKey": key, "projectionType": "ALL", **more}


def actions(before: object, after: object) -> list[tuple[str, str]]:
    found = dynamodb_indexes.changes(before, after)
    return [(change.action, change.request["IndexName"]) for change in found]


class FakeTables:
    """A DynamoDB client with one table that needs two descriptions to become active.

    Attributes
    ----------
    calls
        The requests that change something.
    early
        Whether a request came while the table was being changed.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.early = False
        self._busy = 0

    def update_table(self, **request: Any) -> None:  # noqa: ANN401 (boto3's requests)
        self.early = self.early or self._busy > 0
        self._busy = 2
        self.calls.append(request)

    def describe_table(self, **_: object) -> dict[str, Any]:
        self._busy = max(0, self._busy - 1)
        return {
            "Table": {
                "TableName": "t",
                "TableArn": "arn:t",
                "TableStatus": "UPDATING" if self._busy else "ACTIVE",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [],
            }
        }

    def describe_continuous_backups(self, **_: object) -> dict[str, Any]:
        return {"ContinuousBackupsDescription": {}}

    def describe_time_to_live(self, **_: object) -> dict[str, Any]:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}


@pytest.fixture
def tables() -> FakeTables:
    return FakeTables()


def update(tables: FakeTables, before: dict[str, object], wanted: dict[str, object]) -> None:
    session = Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")
    session.dynamodb = tables  # type: ignore[assignment]
    old = {"globalSecondaryIndexes": [], **before}
    change = Update(
        names=frozenset(wanted), before=old, wanted={**TABLE, **wanted}, former={**TABLE, **old}
    )
    Table().update(session, "t", change)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [index("x")], [("Create", "x")]),
        ([index("x")], [], [("Delete", "x")]),
        ([index("x")], [index("x")], []),
        ([index("x"), index("y")], [index("y"), index("x")], []),
        ([index("x")], [index("y")], [("Delete", "x"), ("Create", "y")]),
        ([index("x")], [index("x", "b")], [("Delete", "x"), ("Create", "x")]),
        (
            [index("x")],
            [index("x", projectionType="KEYS_ONLY")],
            [("Delete", "x"), ("Create", "x")],
        ),
        (
            [index("x", onDemandThroughput={"maxReadRequestUnits": 5})],
            [index("x", onDemandThroughput={"maxReadRequestUnits": 6})],
            [("Update", "x")],
        ),
        (
            [index("x", warmThroughput={"readUnitsPerSecond": 12_000})],
            [index("x", warmThroughput={"readUnitsPerSecond": 13_000})],
            [("Update", "x")],
        ),
        (
            [index("x", warmThroughput={"readUnitsPerSecond": 13_000})],
            [index("x", warmThroughput={"readUnitsPerSecond": 12_000})],
            [("Delete", "x"), ("Create", "x")],
        ),
        ([index("x", warmThroughput={"readUnitsPerSecond": 13_000})], [index("x")], []),
        # a missing member counts as 0
        (
            [index("x", warmThroughput={"readUnitsPerSecond": 12_000})],
            [index("x", warmThroughput={"writeUnitsPerSecond": 5_000})],
            [("Delete", "x"), ("Create", "x")],
        ),
    ],
)
def test_an_index_is_built_again_only_if_its_data_changes(
    before: object, after: object, expected: list[tuple[str, str]]
) -> None:
    assert actions(before, after) == expected


def test_both_spellings_of_a_key_mean_the_same() -> None:
    spelled = {"name": "x", "projectionType": "ALL"}
    key = [
        {"attributeName": "a", "keyType": "HASH"},
        {"attributeName": "b", "keyType": "RANGE"},
    ]
    old = [{**spelled, "hashKey": "a", "rangeKey": "b"}]
    new = [{**spelled, "keySchemas": key}]
    assert same(dynamodb_indexes.INDEXES, old, new)
    assert actions(old, new) == []
    assert dynamodb_indexes.attribute_names(old) == dynamodb_indexes.attribute_names(new)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"keySchemas": [{"attributeName": "a", "keyType": "HASH"}]}, "keySchemas"),
        ({"hashKey": None}, "keySchemas"),
        ({"hashKey": None, "rangeKey": "b"}, "keySchemas"),
        ({"projectionType": "INCLUDE"}, "nonKeyAttributes"),
        ({"nonKeyAttributes": ["n"]}, "nonKeyAttributes"),
        ({"readCapacity": 1}, "readCapacity"),
    ],
)
def test_an_index_that_dynamodb_would_refuse_is_refused(
    changed: dict[str, object], path: str
) -> None:
    found = dynamodb_indexes.problems([{**index("x"), **changed}], provisioned=False)
    assert [problem.path for problem in found] == [f"globalSecondaryIndexes[0].{path}"]


def test_a_name_that_two_indexes_share_is_refused() -> None:
    found = dynamodb_indexes.problems([index("x"), index("x", "b")], provisioned=False)
    assert [problem.path for problem in found] == ["globalSecondaryIndexes[1].name"]


def test_an_index_of_a_provisioned_table_has_a_capacity_and_no_ceiling() -> None:
    one = index("x", onDemandThroughput={"maxReadRequestUnits": 5})
    found = dynamodb_indexes.problems([one], provisioned=True)
    assert [problem.path.split(".")[1] for problem in found] == [
        "readCapacity",
        "onDemandThroughput",
    ]


def test_each_update_of_a_table_carries_one_change_and_waits(tables: FakeTables) -> None:
    # given a table with two indexes / when all of its settings change and the indexes with them
    reported = [dynamodb_indexes.observed(_described(name)) for name in ("x", "y")]
    update(
        tables,
        {"globalSecondaryIndexes": reported},
        {
            "globalSecondaryIndexes": [index("y", "b"), index("z")],
            "onDemandThroughput": {"maxWriteRequestUnits": 9},
            "warmThroughput": {"readUnitsPerSecond": 12_000},
            "deletionProtectionEnabled": True,
        },
    )
    # then every request has one change, sent when the one before was finished
    assert not tables.early
    assert [set(call) - {"TableName", "AttributeDefinitions"} for call in tables.calls] == [
        {"GlobalSecondaryIndexUpdates"},
        {"GlobalSecondaryIndexUpdates"},
        {"DeletionProtectionEnabled"},
        {"OnDemandThroughput"},
        {"WarmThroughput"},
        {"GlobalSecondaryIndexUpdates"},
        {"GlobalSecondaryIndexUpdates"},
    ]
    updates = [call.get("GlobalSecondaryIndexUpdates", []) for call in tables.calls]
    assert [len(one) for one in updates] == [1, 1, 0, 0, 0, 1, 1]
    assert [next(iter(one[0])) for one in updates if one] == ["Delete", "Delete"] + ["Create"] * 2
    # and only the creation of an index needs the attributes
    assert ["AttributeDefinitions" in call for call in tables.calls] == [False] * 5 + [True] * 2


def test_a_ceiling_that_is_not_named_stays(tables: FakeTables) -> None:
    update(
        tables,
        {"onDemandThroughput": {"maxReadRequestUnits": 5, "maxWriteRequestUnits": 6}},
        {"onDemandThroughput": {"maxReadRequestUnits": 7}},
    )
    [call] = tables.calls
    assert call["OnDemandThroughput"] == {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 6}


def _described(name: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }


@pytest.mark.parametrize(
    ("old", "new", "counted"),
    [
        ([index("x")], [index("x"), index("y", "b")], ["attributes", "globalSecondaryIndexes"]),
        ([index("x")], [index("x", "b")], ["attributes", "globalSecondaryIndexes"]),
        ([index("x")], [index("x")], []),
        ([index("x")], [], []),
        ([index("x", warmThroughput={"readUnitsPerSecond": 13_000})], [index("x")], []),
    ],
)
def test_the_aws_provider_overlooks_attributes_without_an_index(
    old: object, new: object, counted: list[str]
) -> None:
    paths = ["attributes", "globalSecondaryIndexes"] if new else ["attributes"]
    changes = [Change(path=path, kind=ChangeKind.UPDATE, replaces=False) for path in paths]
    left = Table().counted(
        changes, {"globalSecondaryIndexes": old}, {"globalSecondaryIndexes": new}
    )
    assert [change.path for change in left] == counted
