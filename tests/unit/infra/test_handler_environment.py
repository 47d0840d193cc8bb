"""The handler reads the configuration that the program writes."""

from __future__ import annotations

import json
from dataclasses import fields

from handler.contract import Variable
from handler.settings import HandlerSettings, IndexKey, ReplicaTable
from infra.handler_environment import HandlerEnvironment
from infra.replica_settings import ReplicaTableSettings, replica_tables_json


def test_every_field_of_the_handlers_settings_survives_the_environment() -> None:
    person = ReplicaTableSettings.model_validate(
        {
            "ledgerTable": "Person",
            "attributes": {"city": "address.city", "näme": "name"},
            "indexes": [
                {"name": "by-city", "partitionKey": {"attribute": "city"}},
                {
                    "name": "by-name",
                    "partitionKey": {"attribute": "näme", "type": "N"},
                    "sortKey": {"attribute": "city"},
                },
            ],
            "history": True,
            "tombstoneLifetimeDays": 500,
            "mergeGenerations": True,
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
        service="replica-dev",
        history_table="qldb-history-4",
    )

    variables = {name: str(text) for name, text in environment.variables().items()}
    variables[Variable.REPLICA_TABLES] = tables
    settings = HandlerSettings.from_environment(variables)

    expected = HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(
                ledger_table="Person",
                table_name="qldb-Person-1",
                attributes={"city": ("address", "city"), "näme": ("name",)},
                # a sort key, which is the shorter one, in the second index
                index_keys={"city": IndexKey("S", 1024), "näme": IndexKey("N", 2048)},
                history=True,
                tombstone_lifetime_days=500,
                merge_generations=True,
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
    for complete in (expected, expected.replica_tables["Person"]):
        defaults = {field.name: field.default for field in fields(complete)}
        assert not [name for name, value in defaults.items() if getattr(complete, name) == value]


def test_permanent_tombstones_have_no_lifetime() -> None:
    table = ReplicaTableSettings.model_validate({"ledgerTable": "Person"})
    text = replica_tables_json([table], {"Person": "qldb-Person-1"})
    assert json.loads(text) == {"Person": {"tableName": "qldb-Person-1"}}


def test_a_table_can_keep_its_tombstones_where_those_of_the_stack_expire() -> None:
    table = ReplicaTableSettings.model_validate(
        {"ledgerTable": "Person", "tombstoneLifetimeDays": 0}
    )
    text = replica_tables_json([table], {"Person": "qldb-Person-1"}, lifetime_days=400)
    assert json.loads(text) == {"Person": {"tableName": "qldb-Person-1"}}


def test_without_a_history_table_no_variable_names_one() -> None:
    environment = HandlerEnvironment(
        failure_bucket="qldb-failures-3", log_level="INFO", version="1.2.3", service="replica-dev"
    )
    assert Variable.HISTORY_TABLE not in environment.variables()
