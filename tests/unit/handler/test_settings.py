"""Settings: valid variables arrive typed, invalid ones are refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handler.settings import HandlerSettings, IndexKey, ReplicaTable, SettingsError
from handler.statements import MAX_STATEMENT, longest_statement

TABLE = {"Person": {"tableName": "person-1a2b3c"}}


def environment(tables: object = TABLE, **variables: str) -> dict[str, str]:
    return {"REPLICA_TABLES": json.dumps(tables), "FAILURE_BUCKET": "failures", **variables}


def test_every_variable_reaches_its_setting() -> None:
    tables = {
        "Person": {
            "tableName": "person-1a2b3c",
            "attributes": {"firstName": ["firstName"], "city": ["address", "city"]},
            "indexKeys": {"city": ["S", 1024], "firstName": ["B", 2048]},
            "history": True,
            "tombstoneLifetimeDays": 400,
        },
        "Car": {"tableName": "car-4d5e6f"},
    }

    settings = HandlerSettings.from_environment(
        environment(tables, HISTORY_TABLE="history-7a8b9c", REPLICA_VERSION="1.2.3")
    )

    assert settings == HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(
                ledger_table="Person",
                table_name="person-1a2b3c",
                attributes={"firstName": ("firstName",), "city": ("address", "city")},
                index_keys={"city": IndexKey("S", 1024), "firstName": IndexKey("B", 2048)},
                history=True,
                tombstone_lifetime_days=400,
            ),
            "Car": ReplicaTable(ledger_table="Car", table_name="car-4d5e6f"),
        },
        failure_bucket="failures",
        history_table="history-7a8b9c",
        version="1.2.3",
    )


def test_by_default_tombstones_stay_and_nothing_is_indexed_or_keeps_its_history() -> None:
    table = HandlerSettings.from_environment(environment()).replica_tables["Person"]
    assert table.tombstone_lifetime_days is None
    assert (table.index_keys, table.history) == ({}, False)


@pytest.mark.parametrize("variables", [{}, {"HISTORY_TABLE": ""}])
def test_there_is_no_history_table_by_default(variables: dict[str, str]) -> None:
    assert HandlerSettings.from_environment(environment(**variables)).history_table is None


@pytest.mark.parametrize("variables", [{}, {"HISTORY_TABLE": ""}])
def test_a_history_without_a_table_is_named(variables: dict[str, str]) -> None:
    tables = {**TABLE, "Car": {"tableName": "car-4d5e6f", "history": True}}
    with pytest.raises(SettingsError, match=r"HISTORY_TABLE is not set.*'Car'"):
        HandlerSettings.from_environment(environment(tables, **variables))


def test_a_wrong_history_table_is_named() -> None:
    with pytest.raises(SettingsError, match="HISTORY_TABLE: expected the name"):
        HandlerSettings.from_environment(environment(HISTORY_TABLE="no such form"))


@pytest.mark.parametrize("variables", [{}, {"REPLICA_VERSION": ""}])
def test_the_version_is_unknown_by_default(variables: dict[str, str]) -> None:
    settings = HandlerSettings.from_environment(environment(**variables))
    assert settings.version == "unknown"


@pytest.mark.parametrize("name", ["REPLICA_TABLES", "FAILURE_BUCKET"])
def test_a_missing_variable_is_named(name: str) -> None:
    variables = environment()
    del variables[name]
    with pytest.raises(SettingsError, match=name):
        HandlerSettings.from_environment(variables)


@pytest.mark.parametrize("days", [0, -1, 1.5, "400", True, 36501, 10**40, []])
def test_a_wrong_lifetime_is_named(days: object) -> None:
    table = {"tableName": "person", "tombstoneLifetimeDays": days}
    with pytest.raises(SettingsError, match=r"Person.*tombstoneLifetimeDays"):
        HandlerSettings.from_environment(environment({"Person": table}))


@pytest.mark.parametrize("days", [1, 36500])
def test_a_lifetime_may_be_a_day_or_a_century(days: int) -> None:
    table = {"tableName": "person", "tombstoneLifetimeDays": days}
    settings = HandlerSettings.from_environment(environment({"Person": table}))
    assert settings.replica_tables["Person"].tombstone_lifetime_days == days


@pytest.mark.parametrize("history", [1, "true", None])
def test_a_history_that_is_neither_on_nor_off_is_named(history: object) -> None:
    table = {"tableName": "person", "history": history}
    with pytest.raises(SettingsError, match=r"Person.*history"):
        HandlerSettings.from_environment(environment({"Person": table}))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([], "expected an object"),
        ({"b": ["S", 2048]}, "'b' is not a projected attribute"),
        ({"a": "S"}, "'a'"),
        ({"a": ["S"]}, "'a'"),
        ({"a": ["BOOL", 2048]}, "'a'"),
        ({"a": ["S", 0]}, "'a'"),
        ({"a": ["S", 2049]}, "'a'"),
        ({"a": ["S", "2048"]}, "'a'"),
        ({"a": ["S", True]}, "'a'"),
        ({"a": ["S", 2048, 1]}, "'a'"),
    ],
)
def test_wrong_keys_of_indexes_are_named(keys: object, message: str) -> None:
    table = {"tableName": "person", "attributes": {"a": ["a"]}, "indexKeys": keys}
    with pytest.raises(SettingsError, match=f"Person.*indexKeys: .*{message}"):
        HandlerSettings.from_environment(environment({"Person": table}))


def test_a_whole_document_has_no_key_of_an_index() -> None:
    table = {"tableName": "person", "indexKeys": {"data": ["S", 2048]}}
    with pytest.raises(SettingsError, match="'data' is not a projected attribute"):
        HandlerSettings.from_environment(environment({"Person": table}))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], "expected an object"),
        ({}, "tableName"),
        ({"tableName": ""}, "tableName"),
        ({"tableName": 1}, "tableName"),
        ({"tableName": "person", "colour": 1}, "colour"),
        ({"tableName": "person", "attributes": {}}, "whole document"),
        ({"tableName": "person", "attributes": {"": ["a"]}}, "at least one character"),
        ({"tableName": "person", "attributes": {"a": "a"}}, "'a'"),
        ({"tableName": "person", "attributes": {"a": []}}, "'a'"),
        ({"tableName": "person", "attributes": {"a": [1]}}, "'a'"),
        ({"tableName": "person", "attributes": {"pk": ["a"]}}, "pk"),
        ({"tableName": "person", "attributes": {"expiresAt": ["a"]}}, "expiresAt"),
        ({"tableName": "person", "attributes": {"projectionId": ["a"]}}, "projectionId"),
        ({"tableName": "person", "attributes": {"#a": ["a"]}}, "starts with '#'"),
        ({"tableName": "person", "attributes": {":a": ["a"]}}, "starts with '#'"),
        ({"tableName": "person", "attributes": {"a\ud800": ["a"]}}, "not Unicode"),
        ({"tableName": "person", "attributes": {"'" * 4000: ["a"]}}, "8192"),
        ({"tableName": "person", "attributes": {'"' * 4000: ["a"]}}, "8192"),
        (
            {"tableName": "person", "attributes": {f"a{i}": ["a"] for i in range(101)}},
            "101 attributes",
        ),
        ({"tableName": "person", "retiredAttributes": ["a"]}, "retiredAttributes"),
        ({"tableName": "no such form"}, "tableName"),
        ({"tableName": "t" * 256}, "tableName"),
    ],
)
def test_a_wrong_table_is_named(table: Any, message: str) -> None:  # noqa: ANN401 (wrong on purpose)
    with pytest.raises(SettingsError, match=f"Person.*{message}"):
        HandlerSettings.from_environment(environment({"Person": table}))


@pytest.mark.parametrize("option", ["indexKeys", "history"])
def test_what_indexes_and_history_add_to_a_statement_counts(option: str) -> None:
    # given names that fill a statement to its end
    name = "a" * (1 + MAX_STATEMENT - longest_statement(["a"]))
    table = {"tableName": "person", "attributes": {name: ["a"]}}
    options: dict[str, Any] = {"indexKeys": {name: ["S", 1]}, "history": True}
    variables = {"HISTORY_TABLE": "history"}
    HandlerSettings.from_environment(environment({"Person": table}, **variables))
    # when / then
    longer = {**table, option: options[option]}
    with pytest.raises(SettingsError, match=str(MAX_STATEMENT)):
        HandlerSettings.from_environment(environment({"Person": longer}, **variables))


@pytest.mark.parametrize("text", ["{", "[]", "{}", "1"])
def test_replica_tables_of_another_shape_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match="REPLICA_TABLES"):
        HandlerSettings.from_environment({"REPLICA_TABLES": text, "FAILURE_BUCKET": "failures"})
