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
        [person, vehicle], {"Person": "qldb-Person-1", "Vehicle": "qldb-Vehicle-2"}
    )
    environment = HandlerEnvironment(
        failure_bucket="qldb-failures-3",
        log_level="DEBUG",
        tombstone_lifetime_days=400,
        version="1.2.3",
    )

    variables = {name: str(text) for name, text in environment.variables().items()}
    settings = HandlerSettings.from_environment({**variables, Variable.REPLICA_TABLES: tables})

    expected = HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(
                ledger_table="Person",
                table_name="qldb-Person-1",
                attributes={"city": ("address", "city"), "näme": ("name",)},
            ),
            "Vehicle": ReplicaTable(ledger_table="Vehicle", table_name="qldb-Vehicle-2"),
        },
        failure_bucket="qldb-failures-3",
        tombstone_lifetime_days=400,
        version="1.2.3",
    )
    assert settings == expected
    # Otherwise the comparison above would not cover a new field.
    defaults = {field.name: field.default for field in fields(HandlerSettings)}
    assert [name for name, default in defaults.items() if getattr(expected, name) == default] == []


def test_permanent_tombstones_set_no_variable() -> None:
    environment = HandlerEnvironment(
        failure_bucket="qldb-failures-3",
        log_level="INFO",
        tombstone_lifetime_days=None,
        version="1.2.3",
    )

    variables = {name: str(text) for name, text in environment.variables().items()}

    assert "TOMBSTONE_LIFETIME_DAYS" not in variables
    tables = json.dumps({"Person": {"tableName": "qldb-Person-1"}})
    settings = HandlerSettings.from_environment({**variables, Variable.REPLICA_TABLES: tables})
    assert settings.tombstone_lifetime_days is None
