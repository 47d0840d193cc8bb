"""The history table, as registered with the engine.

Proves inputs. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

from tests.support.pulumi_mocks import KEY_ARN, TAGS, Registration, deploy_dev

TABLE = "aws:dynamodb/table:Table"
NAME = "qldb-history"


def history(**changed: object) -> Registration:
    """Return the history table of a stack that keeps the history of one of two ledger tables."""
    tables = [{"ledgerTable": "Person", "history": True}, {"ledgerTable": "Vehicle"}]
    return deploy_dev(replicaTables=tables, **changed).one(TABLE, NAME)


def test_one_table_has_every_revision_under_document_and_version() -> None:
    assert history().inputs == {
        "hashKey": "pk",
        "rangeKey": "version",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "version", "type": "N"}],
        "billingMode": "PAY_PER_REQUEST",
        "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 35},
        "serverSideEncryption": {"enabled": False},
        "deletionProtectionEnabled": False,
        "tags": TAGS,
    }


def test_nothing_of_the_history_expires() -> None:
    assert "ttl" not in history(tombstoneLifetimeDays=400).inputs


def test_it_follows_the_settings_of_tables() -> None:
    inputs = history(
        pointInTimeRecoveryDays=0,
        kmsKeyArn=KEY_ARN,
        tableWarmWriteUnits=5_000,
        tableMaxWriteUnits=6_000,
        deletionProtection=True,
    ).inputs

    assert inputs["pointInTimeRecovery"] == {"enabled": False}
    assert inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY_ARN}
    assert inputs["warmThroughput"] == {"writeUnitsPerSecond": 5_000}
    assert inputs["onDemandThroughput"] == {"maxWriteRequestUnits": 6_000}
    assert inputs["deletionProtectionEnabled"] is True


def test_it_is_protected_or_retained_like_the_other_tables() -> None:
    protected = history(deletionProtection=True)
    retained = history(deletionProtection=True, retainOnDelete=True)

    assert (protected.protect, protected.retain_on_delete) == (True, False)
    assert (retained.protect, retained.retain_on_delete) == (False, True)
