"""A comparison over AWS's DynamoDB Local finds what was planted, and a repair ends it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from handler.settings import HandlerSettings, ReplicaTable
from ops.reconcile.kinds import Kind
from ops.reconcile.repair import remove_extra
from tests.support.exports import export_of
from tests.support.planted_differences import OF_LIVE, PlantedLedger, plant_all
from tests.support.reconcile_run import ReconcileRun

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.engine

EACH = 8


def test_two_hundred_planted_differences_are_found_and_repaired(
    tmp_path: Path, dynamodb: DynamoDBClient, table_name: str, history_table_name: str
) -> None:
    # given
    settings = HandlerSettings(
        replica_tables={
            "Person": ReplicaTable(ledger_table="Person", table_name=table_name, history=True)
        },
        failure_bucket="failures",
        history_table=history_table_name,
    )
    ledger = PlantedLedger(live=EACH * len(OF_LIVE), others=2 * EACH)
    export_of(ledger.ledger.blocks, blocks_per_object=50).write_to(tmp_path)
    run = ReconcileRun(tmp_path, settings, dynamodb)
    run.load()
    assert not run.reconcile(is_deep=True).counts
    planted = plant_all(run, ledger, EACH)
    assert planted.total() >= 200
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert Counter((each.place is None, each.kind) for each in found.differences) == planted
    # when
    run.repair()
    for each in run.to_repair.extra:
        table = found.table_of(each).table_name
        assert remove_extra(dynamodb, table, each, has_versions=each.place is None)
    # then
    left = run.reconcile(is_deep=True)
    assert set(left.counts) == {Kind.AHEAD, Kind.FOREIGN, Kind.NEWER}
