"""A redrive of quarantined records applies them, or leaves them quarantined with the new reason.

Proves it on S3, SQS and a table in memory, with the handler's own code between them. The
answers of the real services are tested in `tests/e2e/test_redrive.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from handler.aggregation import MAGIC
from handler.outcomes import Permanent, Transient
from ops.aggregate_of_one import aggregate_of_one
from ops.errors import OpsError
from ops.redrive import redrive_objects
from ops.redrive_command import summary_lines
from ops.redrive_summary import Ending
from tests.support.discarded_batches import BATCH_KEY
from tests.support.failure_bucket import notification
from tests.support.failure_objects import SETTINGS, failed_record, quarantine
from tests.support.qldb_records import control, future_type, malformed, secret_revision
from tests.support.redrive_run import NOW, TWO_TABLES, RedriveRun


def test_a_record_that_is_applied_leaves_bucket_and_queue(runs: RedriveRun) -> None:
    # given a record that was refused
    quarantine(runs.s3, failed_record(secret_revision("doc", 4)))
    # when it is redriven
    summary = runs.queue()
    # then it is in the table, and nothing of it anywhere else
    assert runs.versions == {"doc": 4}
    assert runs.s3.bodies == {}
    assert runs.s3.queue.bodies == []
    assert (summary.applied, summary.objects) == (1, Counter({Ending.REMOVED: 1}))
    assert not summary.failed


def test_a_stale_record_leaves_bucket_and_queue(runs: RedriveRun) -> None:
    # given the failed version 4 of a document whose version 5 was applied meanwhile
    newer = quarantine(runs.s3, failed_record(secret_revision("doc", 5), sequence="5"))
    once = runs.redrive()
    redrive_objects([newer], bucket=once.bucket, processor=once.processor)
    quarantine(runs.s3, failed_record(secret_revision("doc", 4)))
    # when
    summary = runs.queue()
    # then the table keeps version 5
    assert runs.versions == {"doc": 5}
    assert (summary.applied, summary.stale) == (0, 1)
    assert runs.s3.bodies == {}


@pytest.mark.parametrize("sub", [None, 4])
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (secret_revision(table="Vehicle"), "unconfigured table"),
        (future_type(), "unknown record type"),
    ],
)
def test_an_ignored_record_stays_until_it_is_dropped(
    runs: RedriveRun, payload: bytes, code: str, sub: int | None
) -> None:
    # given a record that neither these outputs nor this version of the program have a place for
    key = quarantine(runs.s3, failed_record(payload, sub=sub))
    # when it is redriven
    summary = runs.queue()
    # then it is counted and stays, with its bytes, its position and a message
    assert summary.ignored == Counter({code: 1})
    assert summary.kept_for_ignored == 1
    assert summary.objects == Counter({Ending.KEPT: 1})
    assert set(runs.s3.bodies) == {key}
    found = runs.quarantined(key)
    assert (found.reason, found.code, found.attempts) == ("ignored", code, 1)
    assert (found.payload, found.position.sub_sequence_number) == (payload, sub)
    assert runs.s3.queue.bodies == [notification(key)]
    # and it goes when the operator drops it
    dropped = runs.queue(drop_ignored=True)
    assert (dropped.ignored, dropped.kept_for_ignored) == (Counter({code: 1}), 0)
    assert runs.s3.bodies == {}
    assert runs.s3.queue.bodies == []


def test_outputs_older_than_the_stack_lose_no_record(runs: RedriveRun) -> None:
    # given a record of a table that the stack has since its last deployment
    quarantine(runs.s3, failed_record(secret_revision("doc", 3, table="Vehicle")))
    # when it is redriven with older outputs, and then with today's
    runs.queue(tables=SETTINGS)
    summary = runs.queue(tables=TWO_TABLES)
    # then it is in the table
    assert (summary.applied, summary.ignored) == (1, Counter())
    assert runs.versions == {"doc": 3}
    assert runs.s3.bodies == {}


@pytest.mark.parametrize("sub", [None, 4])
def test_a_record_that_never_leads_to_a_write_leaves(runs: RedriveRun, sub: int | None) -> None:
    quarantine(runs.s3, failed_record(control(), sub=sub))
    summary = runs.queue()
    assert (summary.ignored, summary.kept_for_ignored) == (Counter({"control": 1}), 0)
    assert runs.s3.bodies == {}
    assert runs.s3.queue.bodies == []


@pytest.mark.parametrize("sub", [None, 0, 17])
def test_a_record_that_fails_again_stays_under_its_key_with_the_new_reason(
    runs: RedriveRun, sub: int | None
) -> None:
    # given a record, of an aggregate or not, that DynamoDB refused once
    key = quarantine(runs.s3, failed_record(secret_revision("doc"), sub=sub))
    # when it is refused again with another code
    runs.table.outcomes["doc"] = Permanent("ItemCollectionSizeLimitExceeded")
    summary = runs.queue()
    # then the same key, position and payload have the new code, and a message stays
    assert set(runs.s3.bodies) == {key}
    found = runs.quarantined(key)
    assert found.code == "ItemCollectionSizeLimitExceeded"
    assert found.position == failed_record(b"", sub=sub).position
    assert found.payload == secret_revision("doc")
    assert found.partition_key == "producer's key"
    assert found.attempts == 1
    # and the time at which it failed first
    assert found.failed_at == failed_record(b"").failed_at != NOW
    assert summary.failed == Counter({("refused", "ItemCollectionSizeLimitExceeded"): 1})
    assert runs.s3.queue.bodies == [notification(key)]
    # and the next run counts on
    runs.queue()
    assert runs.quarantined(key).attempts == 2
    assert runs.s3.queue.bodies == [notification(key)]


def test_two_records_of_one_aggregate_never_overwrite_each_other(runs: RedriveRun) -> None:
    # given two user records of one Kinesis record
    keys = {
        quarantine(runs.s3, failed_record(secret_revision(f"doc{sub}"), sub=sub)): sub
        for sub in (1, 2)
    }
    # when both fail again
    runs.table.outcomes = {f"doc{sub}": Permanent("ValidationError") for sub in (1, 2)}
    runs.queue()
    # then each payload is where it was
    assert {runs.quarantined(key).payload for key in keys} == {
        secret_revision("doc1"),
        secret_revision("doc2"),
    }
    assert set(runs.s3.bodies) == set(keys)


def test_a_user_record_that_looks_like_an_aggregate_is_not_taken_for_one(runs: RedriveRun) -> None:
    # given a malformed user record of an aggregate whose own bytes are an aggregate's
    nested = aggregate_of_one(secret_revision("doc"), "key")
    key = quarantine(runs.s3, failed_record(nested, sub=3))
    # when
    summary = runs.queue()
    # then it is as malformed as it was for the handler: nothing in it is applied
    assert nested.startswith(MAGIC)
    assert runs.versions == {}
    assert summary.failed.total() == 1
    assert runs.quarantined(key).payload == nested


def test_a_frame_that_has_become_readable_splits_into_its_records(runs: RedriveRun) -> None:
    # given a whole Kinesis record, quarantined for its frame, that the handler can read by now
    whole = quarantine(
        runs.s3, failed_record(aggregate_of_one(malformed(), "inner"), reason="frame")
    )
    # when a user record in it fails
    runs.queue()
    # then that record is quarantined at its own place and the frame is gone
    (key,) = runs.s3.bodies
    assert key == whole.replace("whole", "00000000")
    assert runs.quarantined(key).payload == malformed()
    assert runs.quarantined(key).partition_key == "inner"
    assert runs.s3.queue.bodies == [notification(key)]


def test_a_transient_fault_leaves_the_object_with_its_code(runs: RedriveRun) -> None:
    # given
    key = quarantine(runs.s3, failed_record(secret_revision("doc"), sub=2, attempts=4))
    # when DynamoDB throttles until the time is over
    runs.table.outcomes["doc"] = Transient("ThrottlingError")
    summary = runs.queue()
    # then
    found = runs.quarantined(key)
    assert (found.reason, found.code, found.attempts) == ("not written", "ThrottlingError", 5)
    assert found.failed_at == failed_record(b"").failed_at != NOW
    assert found.payload == secret_revision("doc")
    assert summary.failed == Counter({("not written", "ThrottlingError"): 1})


def test_a_deployment_error_stops_the_run_and_changes_no_object(runs: RedriveRun) -> None:
    # given
    key = quarantine(runs.s3, failed_record(secret_revision("doc")))
    before = runs.s3.bodies[key]
    # when the operator may not write
    runs.table.outcomes["doc"] = Transient("AccessDeniedException")
    with pytest.raises(
        OpsError, match="PartiQLInsert, dynamodb:PartiQLUpdate and dynamodb:PutItem"
    ):
        runs.queue()
    # then the object is what it was, and its message is visible at once
    assert runs.s3.bodies[key] == before
    assert runs.s3.queue.visible == 1


def test_an_error_of_the_handler_leaves_the_object_with_its_kind(
    runs: RedriveRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a writer with an unexpected error
    key = quarantine(runs.s3, failed_record(secret_revision()))

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runs.table, "write", broken)
    # when
    summary = runs.queue()
    # then
    assert summary.failed == Counter({("handler error", "ZeroDivisionError"): 1})
    assert (runs.quarantined(key).reason, runs.quarantined(key).code) == (
        "handler error",
        "ZeroDivisionError",
    )


@pytest.mark.parametrize("days", [8, 400])
def test_a_record_that_may_outlive_the_tombstone_of_its_document_is_not_written(
    runs: RedriveRun, days: int
) -> None:
    # given a record that came so long ago that a later delete's tombstone may have expired
    key = quarantine(runs.s3, failed_record(secret_revision("doc", 4)))
    before = dict(runs.s3.bodies)
    arrived = runs.quarantined(key).approximate_arrival
    # when it is redriven
    now = int(arrived + days * 86_400) + 1
    summary = runs.queue(tombstone_lifetime_days=9, now=now)
    # then nothing is written, and the object is unchanged
    assert runs.versions == {}
    assert runs.s3.bodies == before
    assert summary.failed == Counter({("older than tombstones live", "tombstoneLifetimeDays"): 1})
    assert "stream the journal from its start" in "\n".join(summary_lines(summary, dry_run=False))
    # and the same for a batch of which one record is so old
    runs.put_batch(secret_revision("other", 1))
    summary = runs.queue(tombstone_lifetime_days=9, now=now)
    assert runs.versions == {}
    assert BATCH_KEY in runs.s3.bodies


def test_a_record_that_every_tombstone_outlives_is_written(runs: RedriveRun) -> None:
    key = quarantine(runs.s3, failed_record(secret_revision("doc", 4)))
    now = int(runs.quarantined(key).approximate_arrival + 8 * 86_400 - 1)
    runs.queue(tombstone_lifetime_days=9, now=now)
    assert runs.versions == {"doc": 4}


@pytest.mark.parametrize(("table", "is_written"), [("Person", False), ("Vehicle", True)])
def test_only_the_lifetime_of_its_own_table_keeps_a_record_back(
    runs: RedriveRun, table: str, *, is_written: bool
) -> None:
    # given an old record, and a lifetime of tombstones in one of two tables
    key = quarantine(runs.s3, failed_record(secret_revision("doc", 4, table=table), sub=3))
    now = runs.quarantined(key).approximate_arrival + 90 * 86_400
    person = replace(TWO_TABLES.replica_tables["Person"], tombstone_lifetime_days=9)
    tables = {**TWO_TABLES.replica_tables, "Person": person}
    # when
    runs.queue(tables=replace(TWO_TABLES, replica_tables=tables), now=now)
    # then
    assert bool(runs.versions) == is_written


def test_an_old_record_that_cannot_be_read_fails_again(runs: RedriveRun) -> None:
    # given old records that write nothing
    for sub, payload in enumerate((b"garbage", malformed())):
        quarantine(runs.s3, failed_record(payload, sub=sub))
    # when
    summary = runs.queue(tombstone_lifetime_days=9, now=NOW + 900 * 86_400)
    # then they have their own reasons, not their age
    assert {reason for reason, _ in summary.failed} == {"malformed"}
