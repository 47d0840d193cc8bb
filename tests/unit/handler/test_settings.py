"""Settings: valid variables arrive typed, invalid ones are refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handler.settings import HandlerSettings, ReplicaTable, SettingsError

TABLE = {"Person": {"tableName": "person-1a2b3c"}}


def environment(tables: object = TABLE, **variables: str) -> dict[str, str]:
    return {"REPLICA_TABLES": json.dumps(tables), "FAILURE_BUCKET": "failures", **variables}


def test_every_variable_reaches_its_setting() -> None:
    tables = {
        "Person": {
            "tableName": "person-1a2b3c",
            "attributes": {"firstName": ["firstName"], "city": ["address", "city"]},
        },
        "Car": {"tableName": "car-4d5e6f"},
    }

    settings = HandlerSettings.from_environment(
        environment(tables, TOMBSTONE_LIFETIME_DAYS="400", REPLICA_VERSION="1.2.3")
    )

    assert settings == HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(
                ledger_table="Person",
                table_name="person-1a2b3c",
                attributes={"firstName": ("firstName",), "city": ("address", "city")},
            ),
            "Car": ReplicaTable(ledger_table="Car", table_name="car-4d5e6f"),
        },
        failure_bucket="failures",
        tombstone_lifetime_days=400,
        version="1.2.3",
    )


@pytest.mark.parametrize("variables", [{}, {"TOMBSTONE_LIFETIME_DAYS": ""}])
def test_tombstones_stay_by_default(variables: dict[str, str]) -> None:
    settings = HandlerSettings.from_environment(environment(**variables))
    assert settings.tombstone_lifetime_days is None


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


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "x", "٣", "36501", "1" + "0" * 40, "9" * 5000])
def test_a_wrong_lifetime_is_named(days: str) -> None:
    with pytest.raises(SettingsError, match="TOMBSTONE_LIFETIME_DAYS"):
        HandlerSettings.from_environment(environment(TOMBSTONE_LIFETIME_DAYS=days))


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


@pytest.mark.parametrize("text", ["{", "[]", "{}", "1"])
def test_replica_tables_of_another_shape_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match="REPLICA_TABLES"):
        HandlerSettings.from_environment({"REPLICA_TABLES": text, "FAILURE_BUCKET": "failures"})
