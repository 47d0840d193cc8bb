"""The history table in memory answers like AWS's DynamoDB Local, case by case."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.partiql import UnsupportedStatementError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.attribute_values import Item, Value

TABLE = "history-1a2b3c"
INSERT = (
    "INSERT INTO \"history-1a2b3c\" VALUE {'pk': ?, 'version': ?, 'revisionState': ?, "
    "'hash': ?, 'a': ?}"
)
COMPLETE = (
    'UPDATE "history-1a2b3c" SET "hash"=? WHERE "pk"=? AND "version"=? AND "revisionState"=? '
    'AND "hash" IS MISSING'
)
ABSENT_CONDITION = "attribute_not_exists(#key)"
ABSENT_NAMES = {"#key": "pk"}
REVISION_CONDITION = (
    "#state = :state AND attribute_{}exists(#hash) AND attribute_not_exists(#dataHash)"
)
"""With nothing or ``not_`` in the gap."""

REVISION_NAMES = {"#state": "revisionState", "#hash": "hash", "#dataHash": "dataHash"}
LIVE, REDACTED = {"S": "live"}, {"S": "redacted"}
HASH = {"B": b"hash"}


class Engine:
    """A history table on one of the two engines; keys are unique to a test."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 (two kinds)
        self.client = client
        self.key = {"S": uuid.uuid4().hex}

    def version(self, number: int) -> Item:
        return {"pk": self.key, "version": {"N": str(number)}}

    def insert(self, number: int = 1) -> tuple[str, list[Value]]:
        return INSERT, [*self.version(number).values(), LIVE, HASH, {"S": "x"}]

    def complete(self, number: int = 1) -> tuple[str, list[Value]]:
        return COMPLETE, [HASH, *self.version(number).values(), REDACTED]

    def batch(self, *statements: tuple[str, list[Value]]) -> list[dict[str, Any]]:
        answer = self.client.batch_execute_statement(
            Statements=[
                {
                    "Statement": text,
                    "Parameters": parameters,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
                for text, parameters in statements
            ]
        )
        responses: list[dict[str, Any]] = answer["Responses"]
        return responses

    def store(self, number: int = 1, **attributes: Value) -> Item:
        item = {**self.version(number), **attributes}
        self.client.put_item(TableName=TABLE, Item=item)
        return item

    def put(self, condition: str, names: dict[str, str], state: Value | None = None) -> object:
        """Return the item that refuses a condition, None without one, or "done"."""
        values = {} if state is None else {"ExpressionAttributeValues": {":state": state}}
        try:
            self.client.put_item(
                TableName=TABLE,
                Item={**self.version(1), "revisionState": REDACTED, "put": {"BOOL": True}},
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return error.response.get("Item")
        return "done"

    def item(self, number: int = 1) -> Item | None:
        answer = self.client.get_item(
            TableName=TABLE, Key=self.version(number), ConsistentRead=True
        )
        item: Item | None = answer.get("Item")
        return item


@pytest.fixture(params=["memory", pytest.param("local", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "memory":
        return Engine(MemoryDynamoDB(Tables([], history=[TABLE])))
    return Engine(request.getfixturevalue("make_history_table")(TABLE))


def test_versions_of_one_document_are_items_of_their_own(engine: Engine) -> None:
    assert engine.batch(engine.insert(1), engine.insert(2)) == [{"TableName": TABLE}] * 2
    for number in (1, 2):
        expected = {"revisionState": LIVE, "hash": HASH, "a": {"S": "x"}}
        assert engine.item(number) == engine.version(number) | expected
    assert engine.item(3) is None


def test_an_insert_of_an_existing_version_is_a_duplicate_without_the_item(engine: Engine) -> None:
    engine.batch(engine.insert())
    (answer,) = engine.batch(engine.insert())
    assert answer["Error"]["Code"] == "DuplicateItem"
    assert "Item" not in answer["Error"]


@pytest.mark.parametrize("second", ["insert", "complete"])
def test_a_request_names_a_version_once(engine: Engine, second: str) -> None:
    with pytest.raises(ClientError, match="contains duplicates"):
        engine.batch(engine.insert(), getattr(engine, second)())


def test_a_completion_adds_to_an_item_without_hash(engine: Engine) -> None:
    engine.store(revisionState=REDACTED, tableId={"S": "t"})
    assert engine.batch(engine.complete()) == [{"TableName": TABLE}]
    expected = {"revisionState": REDACTED, "tableId": {"S": "t"}, "hash": HASH}
    assert engine.item() == engine.version(1) | expected


@pytest.mark.parametrize(
    "stored",
    [
        {"revisionState": LIVE},
        {"revisionState": REDACTED, "hash": HASH},
        {"revisionState": REDACTED, "hash": {"NULL": True}},
        {"hash": HASH},
        {},
    ],
)
def test_a_completion_of_any_other_item_is_refused_with_it(
    engine: Engine, stored: dict[str, Any]
) -> None:
    item = engine.store(**stored)
    (answer,) = engine.batch(engine.complete())
    assert answer["Error"]["Code"] == "ConditionalCheckFailed"
    assert answer["Error"]["Item"] == item
    assert engine.item() == item


def test_a_completion_without_an_item_is_refused_without_one(engine: Engine) -> None:
    (answer,) = engine.batch(engine.complete())
    assert answer["Error"]["Code"] == "ConditionalCheckFailed"
    assert not answer["Error"].get("Item")
    assert engine.item() is None


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_put_may_demand_that_there_is_no_item(engine: Engine, *, is_stored: bool) -> None:
    item = engine.store(revisionState=LIVE) if is_stored else None
    assert engine.put(ABSENT_CONDITION, ABSENT_NAMES) == (item or "done")


DATA_HASH = {"dataHash": HASH}
CASES: list[tuple[dict[str, Any] | None, str, bool]] = [
    ({"revisionState": LIVE, "hash": HASH}, "", True),
    ({"revisionState": LIVE}, "", False),
    ({"revisionState": REDACTED, "hash": HASH}, "", False),
    ({"revisionState": LIVE, "hash": HASH, **DATA_HASH}, "", False),
    ({"hash": HASH}, "", False),
    (None, "", False),
    ({"revisionState": LIVE}, "not_", True),
    ({"revisionState": LIVE, "hash": HASH}, "not_", False),
    ({"revisionState": LIVE, **DATA_HASH}, "not_", False),
    (None, "not_", False),
]


@pytest.mark.parametrize(("stored", "gap", "is_met"), CASES)
def test_a_put_may_demand_the_item_that_it_leads_from(
    engine: Engine, stored: dict[str, Any] | None, gap: str, *, is_met: bool
) -> None:
    item = None if stored is None else engine.store(**stored)
    answer = engine.put(REVISION_CONDITION.format(gap), REVISION_NAMES, LIVE)
    assert answer == ("done" if is_met else item)


@pytest.mark.parametrize(
    ("condition", "names", "is_met"),
    [
        ("#state = :state OR attribute_exists(#hash) AND attribute_not_exists(#hash)", 2, True),
        ("(#state = :state OR attribute_exists(#hash)) AND attribute_not_exists(#hash)", 2, False),
        ("attribute_not_exists(#hash) OR attribute_exists(#hash) AND #state = :state", 2, True),
        ("#hash = :state OR attribute_not_exists(#state)", 2, False),
        ("#hash < :state AND #state = :state", 2, False),
        ("attribute_exists(#state) AND #dataHash = :state AND #hash = :state", 3, False),
    ],
)
def test_and_binds_before_or_and_other_types_are_unequal(
    engine: Engine, condition: str, names: int, *, is_met: bool
) -> None:
    item = engine.store(revisionState=LIVE, hash=HASH)
    answer = engine.put(condition, dict([*REVISION_NAMES.items()][:names]), LIVE)
    assert answer == ("done" if is_met else item)


@pytest.mark.parametrize(
    ("names", "state"), [(ABSENT_NAMES | {"#hash": "hash"}, None), (ABSENT_NAMES, LIVE)]
)
def test_a_name_or_value_that_a_condition_does_not_use_is_refused(
    engine: Engine, names: dict[str, str], state: Value | None
) -> None:
    with pytest.raises(ClientError, match="unused in expressions") as refusal:
        engine.put(ABSENT_CONDITION, names, state)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert engine.item() is None


def refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except UnsupportedStatementError:
        return True
    return False


@pytest.mark.parametrize(
    "text",
    [
        COMPLETE.replace("IS MISSING", "IS NULL"),
        COMPLETE.replace(' AND "hash" IS MISSING', ""),
        COMPLETE.replace('"revisionState"=?', '"state"=?'),
        COMPLETE.replace('"hash" IS', '"dataHash" IS'),
        COMPLETE.replace('SET "hash"=? ', 'SET "hash"=? REMOVE "a" '),
    ],
)
def test_no_other_statement_is_modelled(text: str) -> None:
    engine = Engine(MemoryDynamoDB(Tables([], history=[TABLE])))
    assert refused(lambda: engine.batch((text, engine.complete()[1])))


@pytest.mark.parametrize(
    "condition",
    [
        "size(#key) < :state",
        "NOT attribute_exists(#key)",
        "#key <> :state",
        "#other = :state",
        "#key = :other",
        "#key = :state OR",
        "(#key = :state",
        "#key = :state)",
        "",
    ],
)
def test_no_other_condition_is_modelled(condition: str) -> None:
    engine = Engine(MemoryDynamoDB(Tables([], history=[TABLE])))
    assert refused(lambda: engine.put(condition, ABSENT_NAMES, LIVE))
