"""A comparison finds every planted difference and nothing else, and a repair ends them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ops.reconcile.kinds import Kind
from ops.reconcile.reconciliation import Outcome
from tests.support import planted_differences as planted
from tests.support.exports import ExportFormat, export_of
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.planted_differences import OF_LIVE, PlantedLedger, plant_all
from tests.support.reconcile_run import ReconcileRun
from tests.support.replay_run import HISTORY, PERSON, WITH_HISTORY

if TYPE_CHECKING:
    from pathlib import Path


def loaded(folder: Path, planted_ledger: PlantedLedger, **options: object) -> ReconcileRun:
    """Return tables with everything that an export has."""
    export_of(planted_ledger.ledger.blocks, blocks_per_object=50, **options).write_to(folder)  # type: ignore[arg-type]
    client = MemoryDynamoDB(Tables([PERSON], history=[HISTORY]))
    run = ReconcileRun(folder, WITH_HISTORY, client)
    run.load()
    return run


def test_two_hundred_differences_of_every_kind_are_found_and_repaired(tmp_path: Path) -> None:
    # given
    each = 10
    ledger = PlantedLedger(live=each * len(OF_LIVE), others=2 * each)
    run = loaded(tmp_path, ledger)
    expected = plant_all(run, ledger, each)
    assert expected.total() >= 200
    # when
    found = run.reconcile(is_deep=True)
    # then all of them are found, and nothing else
    assert Counter((each.place is None, each.kind) for each in found.differences) == expected
    assert found.outcome is Outcome.DIFFERENT
    # when
    run.repair()
    # then only what a repair must not touch is left
    left = run.reconcile(is_deep=True)
    untouched = (Kind.AHEAD, Kind.EXTRA, Kind.FOREIGN, Kind.NEWER)
    expected_left = {kind: found.counts[kind] for kind in untouched}
    # An announced redaction stays, although the export does not know it.
    expected_left[Kind.NEWER] += each
    assert left.counts == expected_left


@pytest.mark.parametrize("output_format", ExportFormat)
@pytest.mark.parametrize("depth", ["shallow", "deep"])
def test_tables_as_a_replay_leaves_them_are_equal(
    tmp_path: Path, output_format: ExportFormat, depth: str
) -> None:
    run = loaded(tmp_path, PlantedLedger(live=20, others=5), output_format=output_format)

    found = run.reconcile(is_deep=depth == "deep")

    assert found.outcome is Outcome.EQUAL
    assert not found.counts
    state, history = found.tables
    assert (state.items, state.expected) == (30, 30)
    assert (history.items, history.expected) == (60, 60)
    assert found.revisions == 60


def test_partitions_that_are_too_large_are_sorted_again(tmp_path: Path) -> None:
    ledger = PlantedLedger(live=30)
    run = loaded(tmp_path, ledger)
    for key in ledger.live[:10]:
        planted.missing(run, key)

    found = run.reconcile(is_deep=True, partition_bytes=400)

    assert found.counts == {Kind.MISSING: 10}
    assert {each.document_id for each in found.differences} == set(ledger.live[:10])


def test_without_deep_values_are_not_compared(tmp_path: Path) -> None:
    ledger = PlantedLedger(live=2)
    run = loaded(tmp_path, ledger)
    planted.other_value(run, ledger.live[0])
    planted.other_hash(run, ledger.live[1])

    assert run.reconcile().counts == {Kind.OTHER_HASH: 1}


def test_what_is_newer_is_not_wrong(tmp_path: Path) -> None:
    ledger = PlantedLedger(live=4)
    run = loaded(tmp_path, ledger)
    planted.newer(run, ledger.live[0])
    planted.newer_document(run, ledger.live[1])
    planted.newer_revision(run, ledger.live[2])
    planted.redacted_revision(run, ledger.live[3])

    found = run.reconcile()

    assert found.counts == {Kind.NEWER: 4}
    assert found.outcome is Outcome.EQUAL


def test_what_is_newer_is_wrong_after_the_end_of_the_journal(tmp_path: Path) -> None:
    ledger = PlantedLedger(live=1)
    run = loaded(tmp_path, ledger)
    planted.newer(run, ledger.live[0])

    assert run.reconcile(is_ended=True).outcome is Outcome.DIFFERENT


def test_the_list_is_limited_and_the_counts_are_not(tmp_path: Path) -> None:
    ledger = PlantedLedger(live=6)
    run = loaded(tmp_path, ledger)
    for key in ledger.live[:4]:
        planted.missing(run, key)
    for key in ledger.live[4:]:
        planted.other_hash(run, key)

    found = run.reconcile(limit=1)

    assert [each.kind for each in found.differences] == [Kind.MISSING, Kind.OTHER_HASH]
    assert found.counts == {Kind.MISSING: 4, Kind.OTHER_HASH: 2}
