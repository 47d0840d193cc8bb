"""The handler reads the configuration that the program writes."""

from __future__ import annotations

import json
from dataclasses import fields

from handler.contract import Variable
from handler.settings import HandlerSettings, ReplicaTable
from infra.handler_environment import HandlerEnvironment
from infra.replica_settings import ReplicaTableSettings, replica_tables_json


def test_every_field_of_the_handlers_settings_survives_the_environment() -> None:
    person = ReplicaTableSettings.model_validate(
        {
            "ledgerTable": "Person",
            "attributes": {"city": "address.city", "näme": "name"},
        }
    )
    vehicle = ReplicaTableSettings.model_validate({"ledgerTable": "Vehicle"})
    tables = replica_tables_json(
        [person, vehicle],
        {"Person": "qldb-Person-1", "Vehicle": "qldb-Vehicle-2"},
        lifetime_days=400,
    )
    environment = HandlerEnvironment(
        failure_bucket="qldb-failures-3",
        log_level="DEBUG",
        version="1.2.3",
    )

    variables = {name: str(text) for name, text in environment.variables().items()}
    variables[Variable.REPLICA_TABLES] = tables
    variables[Variable.HISTORY_TABLE] = "qldb-history-4"
    settings = HandlerSettings.from_environment(variables)

    expected = HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(
                ledger_table="Person",
                table_name="qldb-Person-1",
                attributes={"city": ("address", "city"), "näme": ("name",)},
                tombstone_lifetime_days=400,
            ),
            "Vehicle": ReplicaTable(
                ledger_table="Vehicle", table_name="qldb-Vehicle-2", tombstone_lifetime_days=400
            ),
        },
        failure_bucket="qldb-failures-3",
        history_table="qldb-history-4",
        version="1.2.3",
    )
    assert settings == expected
    # Otherwise the comparison above would not cover a new field.
    defaults = {field.name: field.default for field in fields(HandlerSettings)}
    assert [name for name, default in defaults.items() if getattr(expected, name) == default] == []


def test_permanent_tombstones_have_no_lifetime() -> None:
    table = ReplicaTableSettings.model_validate({"ledgerTable": "Person"})
    text = replica_tables_json([table], {"Person": "qldb-Person-1"})
    assert json.loads(text) == {"Person": {"tableName": "qldb-Person-1"}}
