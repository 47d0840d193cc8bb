"""The in-memory DynamoDB answers like AWS's DynamoDB Local, case by case, to the same calls.

It proves the semantics that the schedules rely on: conditions, refusals and their content, limits,
failures of whole requests. It cannot prove that DynamoDB Local is the service.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support.attribute_values import Item, Value, item_bytes
from tests.support.faults import NoFaults, RequestFault, client_error
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.partiql import UnsupportedStatementError

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "person-1a2b3c"
INSERT = "INSERT INTO \"person-1a2b3c\" VALUE {'pk': ?, 'projectionId': ?, 'version': ?, 'a': ?}"
UPDATE = (
    'UPDATE "person-1a2b3c" SET "version" = ? SET "a" = ? REMOVE "b" REMOVE "c" '
    'WHERE "pk" = ? AND "version" < ? AND "projectionId" = ?'
)
PROJECTION = "p"


def text(value: str) -> Value:
    return {"S": value}


def number(value: float | str) -> Value:
    return {"N": str(value)}


def nested(kind: str, depth: int) -> Value:
    value: Value = text("x")
    for _ in range(depth):
        value = {kind: [value] if kind == "L" else {"k": value}}
    return value


class Engine:
    """A table on one of the two engines, with short calls; keys are unique to a test."""

    def __init__(self, client: Any, table: str = TABLE) -> None:  # noqa: ANN401 (two kinds)
        self.client = client
        self.table = table
        self.prefix = uuid.uuid4().hex

    def key(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def batch(self, *statements: tuple[str, list[Value]]) -> list[dict[str, Any]]:
        requests = [
            {
                "Statement": statement,
                "Parameters": parameters,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
            for statement, parameters in statements
        ]
        response = self.client.batch_execute_statement(Statements=requests)
        responses: list[dict[str, Any]] = response["Responses"]
        return responses

    def insert(self, name: str, a: Value, version: float = 0) -> tuple[str, list[Value]]:
        return INSERT, [text(self.key(name)), text(PROJECTION), number(version), a]

    def update(self, name: str, a: Value, version: float) -> tuple[str, list[Value]]:
        key = text(self.key(name))
        return UPDATE, [number(version), a, key, number(version), text(PROJECTION)]

    def item(self, name: str) -> Item | None:
        key = {"pk": text(self.key(name))}
        answer = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def memory() -> Engine:
    return Engine(MemoryDynamoDB(Tables([TABLE])))


@pytest.fixture(params=["memory", pytest.param("local", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "memory":
        return memory()
    client = request.getfixturevalue("make_tables")(TABLE)
    return Engine(client)


def codes(responses: list[dict[str, Any]]) -> list[str | None]:
    return [response.get("Error", {}).get("Code") for response in responses]


def refused_request(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refusal:
        call()
    return refusal.value.response["Error"]["Code"]


def test_insert_and_newer_update_store_their_values(engine: Engine) -> None:
    assert codes(engine.batch(engine.insert("1", text("x")))) == [None]
    assert codes(engine.batch(engine.update("1", text("y"), 3))) == [None]
    assert engine.item("1") == {
        "pk": text(engine.key("1")),
        "projectionId": text(PROJECTION),
        "version": number(3),
        "a": text("y"),
    }


def test_insert_of_an_existing_key_is_a_duplicate_without_the_item(engine: Engine) -> None:
    engine.batch(engine.insert("1", text("x")))
    (response,) = engine.batch(engine.insert("1", text("y")))
    assert response["Error"]["Code"] == "DuplicateItem"
    assert "Item" not in response["Error"]
    assert engine.item("1") == {
        "pk": text(engine.key("1")),
        "projectionId": text(PROJECTION),
        "version": number(0),
        "a": text("x"),
    }


@pytest.mark.parametrize("stored", ["q", None])
def test_an_update_of_another_projection_is_refused_with_the_item(
    engine: Engine, stored: str | None
) -> None:
    item = {"pk": text(engine.key("1")), "version": number(0)}
    if stored is not None:
        item["projectionId"] = text(stored)
    engine.client.put_item(TableName=TABLE, Item=item)
    (response,) = engine.batch(engine.update("1", text("y"), 3))
    assert response["Error"]["Code"] == "ConditionalCheckFailed"
    assert response["Error"]["Item"] == item
    assert engine.item("1") == item


@pytest.mark.parametrize("version", [2, 3])
def test_refused_update_of_an_existing_item_carries_it(engine: Engine, version: int) -> None:
    engine.batch(engine.insert("1", text("x"), version=3))
    (response,) = engine.batch(engine.update("1", text("y"), version))
    assert response["Error"]["Code"] == "ConditionalCheckFailed"
    assert response["Error"]["Item"] == engine.item("1")
    assert engine.item("1") == {
        "pk": text(engine.key("1")),
        "projectionId": text(PROJECTION),
        "version": number(3),
        "a": text("x"),
    }


def test_refused_update_of_a_missing_item_carries_none(engine: Engine) -> None:
    (response,) = engine.batch(engine.update("1", text("y"), 3))
    assert response["Error"]["Code"] == "ConditionalCheckFailed"
    assert "Item" not in response["Error"]
    assert engine.item("1") is None


def test_without_all_old_no_refusal_carries_the_item(engine: Engine) -> None:
    engine.batch(engine.insert("1", text("x"), version=3))
    statement, parameters = engine.update("1", text("y"), 3)
    requests = [{"Statement": statement, "Parameters": parameters}]
    (response,) = engine.client.batch_execute_statement(Statements=requests)["Responses"]
    assert response["Error"]["Code"] == "ConditionalCheckFailed"
    assert "Item" not in response["Error"]


def test_remove_deletes_attributes_and_ignores_absent_ones(engine: Engine) -> None:
    statement = INSERT.replace("'a'", "'b'")
    engine.batch((statement, [text(engine.key("1")), text(PROJECTION), number(0), text("old")]))
    assert codes(engine.batch(engine.update("1", text("y"), 1))) == [None]
    item = engine.item("1")
    assert item is not None
    assert sorted(item) == ["a", "pk", "projectionId", "version"]


def test_an_item_without_version_is_never_below_one(engine: Engine) -> None:
    statement = "INSERT INTO \"person-1a2b3c\" VALUE {'pk': ?}"
    engine.batch((statement, [text(engine.key("1"))]))
    (response,) = engine.batch(engine.update("1", text("y"), 9))
    assert response["Error"]["Code"] == "ConditionalCheckFailed"
    assert response["Error"]["Item"] == {"pk": text(engine.key("1"))}


def test_names_with_quotes_and_dots_are_one_attribute(engine: Engine) -> None:
    insert = INSERT.replace("'a'", "'it''s'")
    engine.batch((insert, [text(engine.key("1")), text(PROJECTION), number(0), text("x")]))
    update = (
        'UPDATE "person-1a2b3c" SET "version" = ? SET "a""b" = ? SET "a.b" = ? '
        'WHERE "pk" = ? AND "version" < ? AND "projectionId" = ?'
    )
    key = text(engine.key("1"))
    engine.batch((update, [number(1), text("y"), text("z"), key, number(1), text(PROJECTION)]))
    assert engine.item("1") == {
        "pk": key,
        "projectionId": text(PROJECTION),
        "version": number(1),
        "it's": text("x"),
        'a"b': text("y"),
        "a.b": text("z"),
    }


def test_statements_of_one_request_fail_one_by_one(engine: Engine) -> None:
    engine.batch(engine.insert("old", text("x")))
    responses = engine.batch(
        engine.insert("old", text("y")),
        engine.insert("new", text("y")),
        engine.update("missing", text("y"), 1),
        engine.insert("large", text("x" * 410_000)),
        engine.insert("2", text("")),
    )
    assert codes(responses) == [
        "DuplicateItem",
        None,
        "ConditionalCheckFailed",
        "ValidationError",
        None,
    ]


def test_one_key_twice_refuses_the_request_whole(engine: Engine) -> None:
    code = refused_request(
        lambda: engine.batch(
            engine.insert("1", text("x")),
            engine.insert("2", text("x")),
            engine.update("1", text("y"), 1),
        )
    )
    # DynamoDB Local has then carried out the statements before the repeat: what is stored after
    # such a refusal is nothing to rely on.
    assert code == "ValidationException"


def test_twenty_five_statements_pass_and_twenty_six_do_not(engine: Engine) -> None:
    statements = [engine.insert(str(n), text("x")) for n in range(26)]
    assert refused_request(lambda: engine.batch(*statements)) == "ValidationException"
    assert codes(engine.batch(*statements[:25])) == [None] * 25


def test_a_statement_beyond_8192_characters_refuses_the_request_whole(engine: Engine) -> None:
    statement, parameters = engine.insert("1", text("x"))
    longest = statement + " " * (8192 - len(statement))
    assert codes(engine.batch((longest, parameters))) == [None]
    assert refused_request(lambda: engine.batch((longest + " ", parameters))) == (
        "ValidationException"
    )


@pytest.mark.parametrize("kind", ["L", "M"])
def test_a_value_nested_deeper_than_32_refuses_the_request_whole(engine: Engine, kind: str) -> None:
    assert codes(engine.batch(engine.insert("1", nested(kind, 32)))) == [None]
    good, bad = engine.insert("2", text("x")), engine.insert("3", nested(kind, 33))
    assert refused_request(lambda: engine.batch(good, bad)) == "ValidationException"
    assert engine.item("2") is None


@pytest.mark.parametrize("kind", ["L", "M"])
@pytest.mark.parametrize(("levels", "code"), [(31, None), (32, "ValidationError")])
def test_an_update_takes_one_level_less_than_an_insert(
    engine: Engine, kind: str, levels: int, code: str | None
) -> None:
    engine.batch(engine.insert("1", text("x")))
    responses = engine.batch(engine.update("1", nested(kind, levels), 1))
    assert codes(responses) == [code]


def test_an_update_that_is_stale_is_not_refused_for_its_nesting(engine: Engine) -> None:
    engine.batch(engine.insert("1", text("x"), version=2))
    responses = engine.batch(engine.update("1", nested("L", 32), 1))
    assert codes(responses) == ["ConditionalCheckFailed"]


@pytest.mark.parametrize("stored", [0, 2])
def test_a_put_takes_one_level_less_than_an_insert(engine: Engine, stored: int) -> None:
    engine.batch(engine.insert("1", text("x"), version=stored))
    item = {"pk": text(engine.key("1")), "version": number(1), "a": nested("M", 32)}
    assert refused_request(lambda: engine.client.put_item(TableName=TABLE, Item=item)) == (
        "ValidationException"
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"N": "1" * 39},
        {"N": "1E126"},
        {"N": "1E-131"},
        {"N": "1E-400"},
        {"N": "NaN"},
        {"N": "abc"},
        {"N": ""},
        {"NULL": False},
        {"M": {"": {"S": "x"}}},
        {"L": [{"M": {"": {"S": "x"}}}]},
        {"M": {"k" * 65_536: {"S": "x"}}},
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_invalid_value_refuses_the_whole_request(engine: Engine, bad: Value) -> None:
    good = engine.insert("1", text("x"))
    code = refused_request(lambda: engine.batch(good, engine.insert("2", bad)))
    assert code == "ValidationException"
    assert engine.item("1") is None


@pytest.mark.parametrize(
    "given",
    [
        *("1" * 38, "1E125", "9.99E125", "1E-130", "-1E-130", "-0", "0E-200", "0E300", "1.0000"),
        *("99999999999999999999999999999999999999E88", "1." + "0" * 50, "-12.5", "100", "+7"),
        *("1e2", "0.1234567890123456789012345678901234567"),
    ],
)
def test_numbers_come_back_in_one_form(engine: Engine, given: str) -> None:
    # Given the form that DynamoDB Local gives back, the model's is the same.
    engine.batch(engine.insert("1", number(given)))
    other = memory()
    other.batch(other.insert("1", number(given)))
    here, there = engine.item("1"), other.item("1")
    assert here is not None
    assert there is not None
    assert here["a"] == there["a"]


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"B": b""},
        {"B": b"\x00\xff"},
        {"NULL": True},
        {"BOOL": False},
        {"L": []},
        {"M": {}},
        {"M": {"a.b": {"L": [{"M": {" ": {"S": "x"}}}]}, "a": {"S": "é\U0001f600"}}},
    ],
    ids=str,
)
def test_values_come_back_as_they_were(engine: Engine, value: Value) -> None:
    engine.batch(engine.insert("1", value))
    item = engine.item("1")
    assert item is not None
    assert item["a"] == value


@pytest.mark.parametrize(
    "part",
    [
        *({"N": n} for n in ("0", "1", "12", "123", "-1", "-123", "1234567", "0.001", "100000")),
        *({"N": n} for n in ("1E-130", "10", "120", "0.12", "-120.5", "9.99E125")),
        *({"S": "é"}, {"B": b"abc"}, {"NULL": True}, {"BOOL": True}, {"L": []}, {"M": {}}),
        *({"L": [{"S": "ab"}] * 3}, {"M": {"k": {"S": "ab"}, "kk": {"N": "1"}}}),
    ],
    ids=str,
)
def test_the_item_size_limit_is_met_to_the_byte(engine: Engine, part: Value) -> None:
    # Given an item that fills 400 KB exactly by the model's count
    statement = "INSERT INTO \"person-1a2b3c\" VALUE {'pk': ?, 'version': ?, 'part': ?, 'fill': ?}"
    key = text(engine.key("1"))
    empty = {"pk": key, "version": number(0), "part": part, "fill": text("")}
    room = 400 * 1024 - item_bytes(empty)
    # When it is stored with one byte more, and as it is
    over = engine.batch((statement, [key, number(0), part, text("x" * (room + 1))]))
    full = engine.batch((statement, [key, number(0), part, text("x" * room)]))
    # Then only the larger one is refused
    assert codes(over) == ["ValidationError"]
    assert codes(full) == [None]


def test_an_update_beyond_the_item_size_is_refused_alone(engine: Engine) -> None:
    engine.batch(engine.insert("1", text("x")), engine.insert("2", text("x")))
    responses = engine.batch(
        engine.update("1", text("x" * 410_000), 1), engine.update("2", text("y"), 1)
    )
    assert codes(responses) == ["ValidationError", None]


@pytest.mark.parametrize("key", ["", "k" * 2049])
def test_an_invalid_key_is_refused_alone(engine: Engine, key: str) -> None:
    bad = (INSERT, [text(key), text(PROJECTION), number(0), text("x")])
    assert codes(engine.batch(bad, engine.insert("1", text("x")))) == ["ValidationError", None]


def test_a_missing_table_is_refused_alone(engine: Engine) -> None:
    statement, parameters = engine.insert("1", text("x"))
    missing = (statement.replace(TABLE, "no-such-table"), parameters)
    responses = engine.batch(missing, engine.insert("2", text("x")))
    assert codes(responses) == ["ResourceNotFound", None]


def test_setting_and_removing_one_attribute_is_refused_alone(engine: Engine) -> None:
    engine.batch(engine.insert("1", text("x")))
    overlap = UPDATE.replace('"b"', '"a"')
    bad = (overlap, [*engine.update("1", text("y"), 1)[1]])
    assert codes(engine.batch(bad, engine.insert("2", text("x")))) == ["ValidationError", None]


def test_too_few_parameters_are_refused_alone(engine: Engine) -> None:
    statement, parameters = engine.insert("1", text("x"))
    responses = engine.batch((statement, parameters[:-1]), engine.insert("2", text("x")))
    assert codes(responses) == ["ValidationError", None]


PUT_CONDITION = "attribute_not_exists(#key) OR #version < :version"
PUT_NAMES = {"#key": "pk", "#version": "version"}


def put_version_two(engine: Engine) -> Item:
    """Write an item under the condition; return it."""
    item = {"pk": text(engine.key("1")), "version": number(2)}
    engine.client.put_item(
        TableName=TABLE,
        Item=item,
        ConditionExpression=PUT_CONDITION,
        ExpressionAttributeNames=PUT_NAMES,
        ExpressionAttributeValues={":version": number(2)},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    return item


@pytest.mark.parametrize("stored", [None, 1])
def test_a_conditional_put_above_the_stored_version_replaces_the_item(
    engine: Engine, stored: int | None
) -> None:
    if stored is not None:
        engine.batch(engine.insert("1", text("x"), version=stored))
    item = put_version_two(engine)
    assert engine.item("1") == item


@pytest.mark.parametrize("stored", [2, 3])
def test_a_refused_conditional_put_carries_the_item_and_leaves_it(
    engine: Engine, stored: int
) -> None:
    engine.batch(engine.insert("1", text("x"), version=stored))
    before = engine.item("1")
    with pytest.raises(ClientError) as refusal:
        put_version_two(engine)
    assert refusal.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refusal.value.response["Item"] == before  # type: ignore[typeddict-item]
    assert engine.item("1") == before


@pytest.mark.parametrize(
    "statement",
    ['DELETE FROM "person-1a2b3c" WHERE "pk" = ?', UPDATE.replace("<", "=")],
    ids=["another verb", "another condition"],
)
def test_a_statement_that_is_not_modelled_stops_the_test(statement: str) -> None:
    with pytest.raises(UnsupportedStatementError):
        memory().batch((statement, [number(1)] * statement.count("?")))


class _OneFault(NoFaults):
    def __init__(self, fault: RequestFault | None = None, code: str | None = None) -> None:
        self.fault, self.code = fault, code

    def before_request(self, operation: str) -> RequestFault | None:
        assert operation == "BatchExecuteStatement"
        fault, self.fault = self.fault, None
        return fault

    def before_statement(self, operation: str) -> str | None:
        assert operation == "BatchExecuteStatement"
        code, self.code = self.code, None
        return code


def faulty(**fault: Any) -> Engine:  # noqa: ANN401 (passed on)
    return Engine(MemoryDynamoDB(Tables([TABLE]), _OneFault(**fault)))


def test_a_request_that_fails_before_it_is_applied_changes_nothing() -> None:
    error = client_error("BatchExecuteStatement", "ThrottlingException", "slow down")
    engine = faulty(fault=RequestFault(error=error))
    with pytest.raises(ClientError):
        engine.batch(engine.insert("1", text("x")))
    assert engine.item("1") is None


def test_a_lost_answer_leaves_what_was_written() -> None:
    error = ReadTimeoutError(endpoint_url="http://memory")
    engine = faulty(fault=RequestFault(error=error, applied=True))
    with pytest.raises(ReadTimeoutError):
        engine.batch(engine.insert("1", text("x")))
    assert engine.item("1") is not None


def test_a_statement_that_fails_alone_leaves_its_neighbours() -> None:
    engine = faulty(code="ThrottlingError")
    responses = engine.batch(engine.insert("1", text("x")), engine.insert("2", text("x")))
    assert codes(responses) == ["ThrottlingError", None]
    assert engine.item("1") is None
    assert engine.item("2") is not None


INDEXED = "indexed-1a2b3c"
INDEXED_INSERT = "INSERT INTO \"indexed-1a2b3c\" VALUE {'pk': ?, 'a': ?, 'b': ?}"


@pytest.fixture(params=["memory", pytest.param("local", marks=pytest.mark.engine)])
def indexed(request: pytest.FixtureRequest) -> Engine:
    if request.param == "memory":
        index_keys = {INDEXED: {"a": ("N", 2048), "b": ("S", 1024)}}
        return Engine(MemoryDynamoDB(Tables([INDEXED], index_keys=index_keys)), INDEXED)
    client = request.getfixturevalue("dynamodb")
    with contextlib.suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName=INDEXED,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind}
                for name, kind in {"pk": "S", "a": "N", "b": "S"}.items()
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "index",
                    "KeySchema": [
                        {"AttributeName": "a", "KeyType": "HASH"},
                        {"AttributeName": "b", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    return Engine(client, INDEXED)


@pytest.mark.parametrize(
    ("a", "b", "is_taken"),
    [
        (number(1), text("x" * 1024), True),
        (text("1"), text("x"), False),
        ({"NULL": True}, text("x"), False),
        (number(1), text(""), False),
        (number(1), text("x" * 1025), False),
    ],
    ids=["fits", "another type", "null", "empty", "too long"],
)
def test_a_value_that_an_index_cannot_have_is_refused_with_its_item(
    indexed: Engine, a: Value, b: Value, *, is_taken: bool
) -> None:
    answers = indexed.batch((INDEXED_INSERT, [text(indexed.key("1")), a, b]))
    assert codes(answers) == [None if is_taken else "ValidationError"]
    assert (indexed.item("1") is not None) == is_taken


def test_an_item_without_the_keys_of_an_index_is_taken(indexed: Engine) -> None:
    item = {"pk": text(indexed.key("1"))}
    indexed.client.put_item(TableName=INDEXED, Item=item)
    assert indexed.item("1") == item
