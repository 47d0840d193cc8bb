"""Redrives of records of tables with a history: what is missing is written, and only that."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from handler.outcomes import STALE, Permanent, Transient
from ops.redrive_command import summary_lines
from tests.support.failure_objects import failed_record, quarantine
from tests.support.qldb_records import HASH, redactions, revision, secret_revision
from tests.support.redrive_run import WITH_HISTORY

if TYPE_CHECKING:
    from handler.outcomes import Outcome
    from tests.support.redrive_run import RedriveRun

DAY = 86_400


@pytest.mark.parametrize("is_missing_in_history", [True, False])
def test_a_redrive_writes_the_half_that_is_missing(
    runs: RedriveRun, *, is_missing_in_history: bool
) -> None:
    # given a record that one of both tables could not have
    key = quarantine(runs.s3, failed_record(secret_revision("doc", 2)))
    half = runs.table.history_outcomes if is_missing_in_history else runs.table.outcomes
    half["doc"] = Permanent("Validation")
    runs.queue(tables=WITH_HISTORY)
    prefix = "history: " if is_missing_in_history else ""
    assert runs.quarantined(key).code == f"{prefix}Validation"
    # when it can
    half.clear()
    summary = runs.queue(tables=WITH_HISTORY)
    # then both have it, and the object is gone
    assert runs.versions == {"doc": 2}
    assert set(runs.table.history) == {("doc", 2)}
    assert runs.s3.bodies == {}
    counted = (summary.applied, summary.stale, summary.history)
    assert counted == ((0, 1, 1) if is_missing_in_history else (1, 0, 0))


@pytest.mark.parametrize("outcome", [Transient("Throttling"), Permanent("Validation")])
def test_a_record_stays_while_its_history_is_missing(runs: RedriveRun, outcome: Outcome) -> None:
    key = quarantine(runs.s3, failed_record(secret_revision("doc", 2)))
    runs.table.history_outcomes["doc"] = outcome

    runs.queue(tables=WITH_HISTORY)

    assert runs.versions == {"doc": 2}
    assert set(runs.s3.bodies) == {key}


def test_a_redaction_that_a_block_announced_is_redriven(runs: RedriveRun) -> None:
    quarantine(runs.s3, failed_record(redactions(("doc", 2)), reason="refused"))

    summary = runs.queue(tables=WITH_HISTORY)

    assert runs.table.history["doc", 2].is_redaction
    assert runs.s3.bodies == {}
    assert (summary.history, summary.ignored) == (1, Counter())
    assert "history       1" in summary_lines(summary, dry_run=False)


def test_what_the_history_has_already_is_not_counted_as_written(runs: RedriveRun) -> None:
    quarantine(runs.s3, failed_record(redactions(("doc", 2)), reason="refused"))
    runs.table.history_outcomes["doc"] = STALE

    summary = runs.queue(tables=WITH_HISTORY)

    assert summary.history == 0


def test_a_redrive_without_history_does_not_mention_it(runs: RedriveRun) -> None:
    quarantine(runs.s3, failed_record(secret_revision("doc", 2)))
    lines = summary_lines(runs.queue(), dry_run=False)
    assert not any("history" in line for line in lines)


@pytest.mark.parametrize(
    "payload",
    [
        redactions(("doc", 2)),
        revision(document_id="doc", version=2, data=None, data_hash=f"{{{{{HASH}}}}}"),
    ],
    ids=["announced", "redacted"],
)
def test_a_redaction_is_never_too_old(runs: RedriveRun, payload: bytes) -> None:
    # given a redaction that came before every tombstone of today expired
    key = quarantine(runs.s3, failed_record(payload))
    now = runs.quarantined(key).approximate_arrival + 900 * DAY
    # when
    runs.queue(tables=WITH_HISTORY, tombstone_lifetime_days=9, now=now)
    # then its data is removed
    assert runs.table.history["doc", 2].is_redaction
    assert runs.s3.bodies == {}


def test_the_history_table_is_one_of_those_that_are_written(runs: RedriveRun) -> None:
    processor = runs.redrive(tables=WITH_HISTORY).processor
    assert processor.table_names == ["person-1a2b3c", "vehicle-1a2b3c", "history-1a2b3c"]
