"""The DynamoDB tables with the current state, as registered with the engine.

Proves inputs. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import pytest

from tests.support.pulumi_mocks import KEY_ARN, TAGS, Registration, deploy_dev

TABLE = "aws:dynamodb/table:Table"
PLAIN = {
    "hashKey": "pk",
    "attributes": [{"name": "pk", "type": "S"}],
    "billingMode": "PAY_PER_REQUEST",
    "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 35},
    # Otherwise a key could not be removed once it was configured.
    "serverSideEncryption": {"enabled": False},
    "deletionProtectionEnabled": False,
    "tags": TAGS,
    # Otherwise a lifetime could not be removed once it was configured.
    "ttl": {"attributeName": "expiresAt", "enabled": False},
}


def person(**entry: object) -> Registration:
    """Return the table of Person with an entry of its own."""
    attributes = {"email": "email", "age": "age", "photo": "photo"}
    tables = [{"ledgerTable": "Person", "attributes": attributes} | entry]
    return deploy_dev(replicaTables=tables).one(TABLE)


def test_the_dev_stack_has_one_table_for_person() -> None:
    table = deploy_dev().one(TABLE)

    assert (table.name, table.inputs) == ("qldb-Person", PLAIN)


def test_each_ledger_table_has_a_table_of_its_own() -> None:
    tables = deploy_dev(replicaTables=[{"ledgerTable": "Person"}, {"ledgerTable": "person"}]).all(
        TABLE
    )

    assert sorted(table.name for table in tables) == ["qldb-Person", "qldb-person"]


def test_tables_are_protected_where_the_stack_is() -> None:
    table = deploy_dev(deletionProtection=True).one(TABLE)

    assert table.inputs == PLAIN | {"deletionProtectionEnabled": True}


@pytest.mark.parametrize("protected", [True, False])
def test_the_engine_refuses_to_delete_protected_tables(*, protected: bool) -> None:
    table = deploy_dev(deletionProtection=protected).one(TABLE)

    assert (table.protect, table.retain_on_delete) == (protected, False)


def test_the_engine_gives_up_retained_tables_without_deleting_them() -> None:
    table = deploy_dev(deletionProtection=True, retainOnDelete=True).one(TABLE)

    assert (table.protect, table.retain_on_delete) == (False, True)
    assert table.inputs["deletionProtectionEnabled"] is True


def test_items_expire_only_where_tombstones_have_a_lifetime() -> None:
    table = deploy_dev(tombstoneLifetimeDays=365).one(TABLE)

    assert table.inputs == PLAIN | {"ttl": {"attributeName": "expiresAt", "enabled": True}}


@pytest.mark.parametrize(("stack", "own", "expires"), [(0, 400, True), (400, 0, False)])
def test_the_lifetime_of_an_entry_counts_before_that_of_the_stack(
    stack: int, own: int, *, expires: bool
) -> None:
    tables = [{"ledgerTable": "Person", "tombstoneLifetimeDays": own}]
    table = deploy_dev(replicaTables=tables, tombstoneLifetimeDays=stack).one(TABLE)

    assert table.inputs["ttl"]["enabled"] is expires


def test_tables_follow_their_settings() -> None:
    changed = deploy_dev(
        pointInTimeRecoveryDays=7,
        kmsKeyArn=KEY_ARN,
        tableWarmReadUnits=13_000,
        tableWarmWriteUnits=5_000,
        tableMaxReadUnits=20_000,
        tableMaxWriteUnits=6_000,
    )

    assert changed.one(TABLE).inputs == PLAIN | {
        "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY_ARN},
        "warmThroughput": {"readUnitsPerSecond": 13_000, "writeUnitsPerSecond": 5_000},
        "onDemandThroughput": {"maxReadRequestUnits": 20_000, "maxWriteRequestUnits": 6_000},
    }


def test_one_limit_of_the_throughput_leaves_the_other_alone() -> None:
    inputs = deploy_dev(tableWarmWriteUnits=5_000, tableMaxReadUnits=10).one(TABLE).inputs

    assert inputs["warmThroughput"] == {"writeUnitsPerSecond": 5_000}
    assert inputs["onDemandThroughput"] == {"maxReadRequestUnits": 10}


def test_backups_can_be_switched_off() -> None:
    inputs = deploy_dev(pointInTimeRecoveryDays=0).one(TABLE).inputs

    assert inputs["pointInTimeRecovery"] == {"enabled": False}


def test_a_table_has_the_name_that_its_entry_gives_it() -> None:
    table = person(tableName="people")

    assert (table.name, table.inputs["name"]) == ("qldb-Person", "people")


def test_a_table_has_the_indexes_of_its_entry() -> None:
    table = person(
        indexes=[
            {"name": "by-email", "partitionKey": {"attribute": "email"}},
            {
                "name": "by-age",
                "partitionKey": {"attribute": "age", "type": "N"},
                "sortKey": {"attribute": "email"},
                "projection": "KEYS_ONLY",
            },
            {
                "name": "by-photo",
                "partitionKey": {"attribute": "photo", "type": "B"},
                "projection": ["txTime", "email"],
            },
        ]
    )

    # then only keys are declared
    assert table.inputs["attributes"] == [
        {"name": "pk", "type": "S"},
        {"name": "age", "type": "N"},
        {"name": "email", "type": "S"},
        {"name": "photo", "type": "B"},
    ]
    assert table.inputs["globalSecondaryIndexes"] == [
        {"name": "by-email", "hashKey": "email", "projectionType": "ALL"},
        {
            "name": "by-age",
            "hashKey": "age",
            "rangeKey": "email",
            "projectionType": "KEYS_ONLY",
        },
        {
            "name": "by-photo",
            "hashKey": "photo",
            "projectionType": "INCLUDE",
            "nonKeyAttributes": ["email", "txTime"],
        },
    ]


def test_an_index_is_as_fast_and_as_limited_as_its_table() -> None:
    entry = {
        "ledgerTable": "Person",
        "attributes": {"email": "email"},
        "indexes": [{"name": "by-email", "partitionKey": {"attribute": "email"}}],
    }
    deployed = deploy_dev(
        replicaTables=[entry], tableWarmWriteUnits=5_000, tableMaxWriteUnits=6_000
    )

    [index] = deployed.one(TABLE).inputs["globalSecondaryIndexes"]
    assert index["warmThroughput"] == {"writeUnitsPerSecond": 5_000}
    assert index["onDemandThroughput"] == {"maxWriteRequestUnits": 6_000}
