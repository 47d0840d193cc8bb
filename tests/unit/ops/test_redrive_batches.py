"""A redrive of a discarded batch applies valid records and loses none of the others.

Proves it on S3, SQS and a table in memory, with the handler's own code between them.
"""

from __future__ import annotations

import json

import pytest

from handler.outcomes import Transient
from ops.aggregate_of_one import aggregate_of_one
from ops.failure_objects import describe
from tests.support.discarded_batches import BATCH_KEY, FAILED_AT, discarded_batch
from tests.support.failure_bucket import notification
from tests.support.failure_objects import SETTINGS
from tests.support.kinesis_events import kinesis_record
from tests.support.qldb_records import control, malformed, secret_revision
from tests.support.redrive_run import NOW, TWO_TABLES, RedriveRun


def test_a_discarded_batch_is_applied_and_leaves(runs: RedriveRun) -> None:
    # given a whole batch, one record of it an aggregate
    runs.put_batch(
        secret_revision("a", 1),
        aggregate_of_one(secret_revision("b", 2), "key"),
        secret_revision("a", 3),
    )
    # when
    summary = runs.queue()
    # then
    assert runs.versions == {"a": 3, "b": 2}
    assert (summary.applied, summary.stale) == (2, 1)
    assert runs.s3.bodies == {}
    assert runs.s3.queue.bodies == []


def test_records_of_a_batch_that_fail_permanently_get_objects_of_their_own(
    runs: RedriveRun,
) -> None:
    # given a batch with two bad records, one of them in an aggregate
    runs.put_batch(secret_revision("a"), malformed(), aggregate_of_one(malformed(), "key"))
    # when
    summary = runs.queue()
    # then the good one is applied and the bad ones are quarantined by their positions
    assert runs.versions == {"a": 0}
    places = {key.split("/", 3)[3]: runs.quarantined(key) for key in runs.s3.bodies}
    assert set(places) == {"1001/whole.json", "1002/00000000.json"}
    assert {kept.payload for kept in places.values()} == {malformed()}
    assert {kept.attempts for kept in places.values()} == {1}
    # and they have failed since the batch was given up
    assert {round(kept.failed_at, 3) for kept in places.values()} == {FAILED_AT}
    assert summary.failed.total() == 2
    # and a message stands for each
    assert len(runs.s3.queue.bodies) == 2
    assert runs.s3.queue.visible == 2


def test_a_batch_with_a_transient_fault_stays_whole(runs: RedriveRun) -> None:
    # given
    runs.put_batch(secret_revision("a"), secret_revision("b"), malformed())
    # when one write is throttled
    runs.table.outcomes["b"] = Transient("ThrottlingError")
    runs.queue()
    # then the batch is all that there is, as Lambda wrote it but for the history
    assert set(runs.s3.bodies) == {BATCH_KEY}
    fields = json.loads(runs.s3.bodies[BATCH_KEY])
    assert fields.pop("redrive") == {
        "reason": "not written",
        "code": "ThrottlingError",
        "failedAt": NOW,
        "attempts": 1,
    }
    # and it has failed since it was given up
    described = describe(BATCH_KEY, runs.s3.bodies[BATCH_KEY])
    assert described.failed_at == pytest.approx(FAILED_AT)
    records = [secret_revision("a"), secret_revision("b"), malformed()]
    expected = [kinesis_record(data, str(1000 + i)) for i, data in enumerate(records)]
    assert fields == json.loads(discarded_batch(expected))
    # and the next run takes it from there
    runs.table.outcomes = {}
    runs.queue()
    assert runs.versions == {"a": 0, "b": 0}
    assert runs.places() == ["1002/whole.json"]


def test_a_batch_with_something_ignored_is_applied_and_stays_whole(runs: RedriveRun) -> None:
    # given a batch with a record of a table that is not configured, and one that is malformed
    runs.put_batch(
        secret_revision("a"), secret_revision("b", 3, table="Vehicle"), malformed(), control()
    )
    # when
    summary = runs.queue(tables=SETTINGS)
    # then the rest is applied, and the batch is all that there is
    assert runs.versions == {"a": 0}
    assert summary.kept_for_ignored == 1
    assert set(runs.s3.bodies) == {BATCH_KEY}
    fields = json.loads(runs.s3.bodies[BATCH_KEY])
    assert (fields["redrive"]["reason"], fields["redrive"]["code"]) == (
        "ignored",
        "unconfigured table",
    )
    assert runs.s3.queue.bodies == [notification(BATCH_KEY)]
    # and once the table is configured, it leaves but for the malformed one
    runs.queue(tables=TWO_TABLES)
    assert runs.versions == {"a": 0, "b": 3}
    assert runs.places() == ["1002/whole.json"]


def test_only_the_ignored_records_of_a_batch_are_dropped(runs: RedriveRun) -> None:
    runs.put_batch(secret_revision("a"), secret_revision("b", table="Vehicle"), malformed())
    runs.queue(drop_ignored=True)
    assert runs.versions == {"a": 0}
    assert runs.places() == ["1002/whole.json"]


@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "DeleteObject"])
def test_whenever_a_run_is_killed_each_record_is_in_the_table_or_the_bucket(
    runs: RedriveRun, operation: str
) -> None:
    # given a batch of a good and a bad record, and a run that is killed after a call
    runs.put_batch(secret_revision("a"), malformed())

    class KilledError(BaseException):
        pass

    def kill(name: str, _key: str) -> None:
        if name == operation:
            raise KilledError

    runs.s3.after = kill
    with pytest.raises(KilledError):
        runs.queue()
    # then
    assert runs.versions == {"a": 0} or BATCH_KEY in runs.s3.bodies
    assert runs.s3.bodies
    # and a second run brings it to the same end as one without the kill
    runs.s3.after = lambda _operation, _key: None
    redrive = runs.redrive()
    redrive.objects(sorted(runs.s3.bodies, reverse=True))
    assert runs.versions == {"a": 0}
    assert runs.places() == ["1001/whole.json"]
