"""The DynamoDB tables, as registered with the engine.

Proves inputs. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import pytest

from tests.support.pulumi_mocks import TAGS, deploy_dev

TABLE = "aws:dynamodb/table:Table"
PLAIN = {
    "hashKey": "pk",
    "attributes": [{"name": "pk", "type": "S"}],
    "billingMode": "PAY_PER_REQUEST",
    "pointInTimeRecovery": {"enabled": True},
    "deletionProtectionEnabled": False,
    "tags": TAGS,
    # Otherwise a lifetime could not be removed once it was configured.
    "ttl": {"attributeName": "expiresAt", "enabled": False},
}


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
    assert deploy_dev(deletionProtection=protected).one(TABLE).protect is protected


def test_items_expire_only_where_tombstones_have_a_lifetime() -> None:
    table = deploy_dev(tombstoneLifetimeDays=365).one(TABLE)

    assert table.inputs == PLAIN | {"ttl": {"attributeName": "expiresAt", "enabled": True}}
