"""Runs over many objects: dry, limited, interrupted, concurrent, from queue or bucket.

Proves it on S3, SQS and a table in memory; SQS's own timing is not proven here.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from handler.outcomes import Transient
from ops.errors import OpsError
from ops.failure_queue import FailureQueue
from ops.redrive_summary import Ending, Summary
from tests.support.failure_bucket import notification
from tests.support.failure_objects import failed_record, quarantine
from tests.support.faults import client_error
from tests.support.memory_sqs import QUEUE_URL
from tests.support.qldb_records import future_type, malformed, redactions, secret_revision

if TYPE_CHECKING:
    from tests.support.redrive_run import RedriveRun


def test_a_dry_run_counts_objects_that_would_stay_for_an_ignored_record(runs: RedriveRun) -> None:
    key = quarantine(runs.s3, failed_record(future_type()))
    before = runs.s3.bodies[key]
    summary = runs.queue(dry_run=True)
    assert (summary.objects, summary.kept_for_ignored) == (Counter({Ending.TRIED: 1}), 1)
    assert runs.s3.bodies[key] == before


def test_a_dry_run_decodes_everything_and_changes_nothing(runs: RedriveRun) -> None:
    # given one that would be written, one that would fail, a batch, and odd messages
    quarantine(runs.s3, failed_record(secret_revision("doc")))
    quarantine(runs.s3, failed_record(malformed(), sequence="7"))
    runs.put_batch(secret_revision("a"), secret_revision("b"))
    runs.s3.queue.send(json.dumps({"Event": "s3:TestEvent"}))
    runs.s3.queue.send(notification("records/gone"))
    bodies, messages = dict(runs.s3.bodies), list(runs.s3.queue.bodies)
    # when
    summary = runs.queue(dry_run=True)
    # then it counts
    assert summary.applied == 3
    assert summary.failed.total() == 1
    assert summary.objects == Counter({Ending.TRIED: 3, Ending.GONE: 1})
    # and everything is what it was
    assert (runs.versions, runs.table.writes) == ({}, 0)
    assert runs.s3.bodies == bodies
    assert runs.s3.queue.bodies == messages
    assert runs.s3.queue.visible == len(messages)


def test_a_dry_run_leaves_both_messages_about_one_object(runs: RedriveRun) -> None:
    key = quarantine(runs.s3, failed_record(secret_revision("doc")))
    runs.s3.queue.send(notification(key))
    summary = runs.queue(dry_run=True)
    assert (summary.objects, summary.duplicates) == (Counter({Ending.TRIED: 1}), 1)
    assert runs.s3.queue.bodies == [notification(key)] * 2
    assert runs.s3.queue.visible == 2


def test_a_message_without_object_is_removed(runs: RedriveRun) -> None:
    key = quarantine(runs.s3, failed_record(secret_revision()))
    del runs.s3.bodies[key]
    summary = runs.queue()
    assert summary.objects == Counter({Ending.GONE: 1})
    assert runs.s3.queue.bodies == []
    assert not summary.failed


def test_the_test_event_of_s3_is_removed(runs: RedriveRun) -> None:
    runs.s3.queue.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    summary = runs.queue()
    assert (summary.test_events, summary.objects.total()) == (1, 0)
    assert runs.s3.queue.bodies == []


def test_foreign_messages_stay_and_are_visible_again(runs: RedriveRun) -> None:
    strangers = ["not JSON", "[]", notification("records/x", bucket="another")]
    for body in strangers:
        runs.s3.queue.send(body)
    summary = runs.queue()
    assert summary.foreign == 3
    assert runs.s3.queue.bodies == strangers
    assert runs.s3.queue.visible == 3


def test_a_message_about_two_objects_stays_until_both_are_done(runs: RedriveRun) -> None:
    # given one message about a good and a bad object
    good = quarantine(runs.s3, failed_record(secret_revision("doc"), sequence="1"))
    bad = quarantine(runs.s3, failed_record(malformed(), sequence="2"))
    runs.s3.queue.clear()
    records = [json.loads(notification(key))["Records"][0] for key in (good, bad)]
    runs.s3.queue.send(json.dumps({"Records": records}))
    # when
    runs.queue()
    # then the good one is applied, and a message about the bad one stays
    assert runs.versions == {"doc": 0}
    assert set(runs.s3.bodies) == {bad}
    assert runs.s3.queue.bodies == [notification(bad)]


def test_the_limit_counts_objects_and_leaves_the_rest_visible(runs: RedriveRun) -> None:
    for number in range(5):
        quarantine(runs.s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))
    summary = runs.queue(limit=2)
    assert summary.objects.total() == 2
    assert len(runs.s3.bodies) == 3
    assert runs.s3.queue.visible == 3


def test_an_interruption_ends_after_the_current_object(runs: RedriveRun) -> None:
    # given twelve objects, and a request to stop that comes while the second is read
    for number in range(12):
        quarantine(runs.s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))
    reads: list[str] = []
    runs.s3.after = lambda operation, key: reads.append(key) if operation == "GetObject" else None
    redrive = runs.redrive(stop=lambda: len(reads) >= 2)
    # when
    summary = redrive.queue(FailureQueue(runs.s3.queue, QUEUE_URL))
    # then that one is finished, and all others can be received at once
    assert summary.interrupted
    assert summary.objects == Counter({Ending.REMOVED: 2})
    assert len(runs.s3.bodies) == 10
    assert runs.s3.queue.visible == 10
    # and the next run ends the work
    assert runs.queue().objects == Counter({Ending.REMOVED: 10})
    assert runs.s3.queue.bodies == []


def test_two_runs_at_once_end_as_one(runs: RedriveRun) -> None:
    # given four objects, one of them bad, and a second run in the middle of the first
    for number in range(3):
        quarantine(runs.s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))
    bad = quarantine(runs.s3, failed_record(malformed(), sequence="9"))
    seconds: list[Summary] = []

    def second(operation: str, _key: str) -> None:
        if operation == "GetObject" and not seconds:
            runs.s3.after = lambda _operation, _key: None
            # Everything once more, as after an outage that let all messages appear again.
            runs.s3.queue.clock.advance(301)
            seconds.append(runs.queue())

    runs.s3.after = second
    # when
    first = runs.queue()
    # then each good one is applied once and stale or gone for the other
    assert runs.versions == {"doc0": 0, "doc1": 0, "doc2": 0}
    assert first.applied + seconds[0].applied == 3
    assert set(runs.s3.bodies) == {bad}
    assert runs.quarantined(bad).payload == malformed()
    # and one more run finds one message for the bad one
    runs.s3.queue.clock.advance(301)
    runs.queue()
    assert runs.s3.queue.bodies == [notification(bad)]


def test_an_object_that_another_run_removed_does_not_come_back(runs: RedriveRun) -> None:
    # given a record that this run cannot write, and another run that could and removed its object
    key = quarantine(runs.s3, failed_record(secret_revision("doc")))
    runs.table.outcomes["doc"] = Transient("ThrottlingError")
    runs.s3.after = lambda operation, _key: (
        runs.s3.bodies.clear() if operation == "GetObject" else None
    )
    # when
    ending = runs.redrive().object(key)
    # then
    assert ending is Ending.GONE
    assert runs.s3.bodies == {}


def test_an_object_that_was_replaced_meanwhile_stays(runs: RedriveRun) -> None:
    # given a replay that puts a redaction under the key of the revision, after that was read
    key = quarantine(runs.s3, failed_record(secret_revision("doc")))
    redaction = failed_record(redactions(("doc", 0))).to_json()

    def replay(operation: str, _key: str) -> None:
        if operation == "GetObject":
            runs.s3.bodies[key] = redaction

    runs.s3.after = replay
    # when
    ending = runs.redrive().object(key)
    # then the redaction is not lost
    assert ending is Ending.GONE
    assert runs.s3.bodies == {key: redaction}


def test_a_message_that_appears_again_in_a_long_run_is_not_lost(runs: RedriveRun) -> None:
    # given an object that fails, whose message appears again within the run
    key = quarantine(runs.s3, failed_record(malformed()))
    receptions: list[int] = []

    def time_passes() -> None:
        receptions.append(1)
        if len(receptions) == 2:
            runs.s3.queue.clock.advance(301)

    runs.s3.queue.before_receive = time_passes
    # when
    summary = runs.queue()
    # then it was tried once, and one message stands for it
    assert runs.quarantined(key).attempts == 1
    assert summary.duplicates == 1
    assert runs.s3.queue.bodies == [notification(key)]
    assert runs.s3.queue.visible == 1


def test_objects_without_a_message_are_redriven_from_the_bucket(
    runs: RedriveRun,
) -> None:
    # given objects without messages, more than one page of them
    keys = [
        quarantine(runs.s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))
        for number in range(5)
    ]
    # when
    listed = list(runs.bucket.keys("records/"))
    summary = runs.redrive().objects(listed)
    # then
    assert listed == keys
    assert summary.applied == 5
    assert runs.s3.bodies == {}
    # and the queue run afterwards removes the messages
    assert runs.queue().objects == Counter({Ending.GONE: 5})
    assert runs.s3.queue.bodies == []


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("GetObject", "s3:GetObject"),
        ("PutObject", "s3:PutObject"),
        ("DeleteObject", "s3:DeleteObject"),
    ],
)
def test_a_missing_permission_is_named(runs: RedriveRun, operation: str, action: str) -> None:
    quarantine(runs.s3, failed_record(secret_revision("doc")))
    quarantine(runs.s3, failed_record(malformed(), sequence="7"))
    runs.s3.denied = frozenset({operation})
    with pytest.raises(OpsError, match=action):
        runs.queue()
    # and the messages are visible to the next run, which has the permission
    runs.s3.denied = frozenset()
    runs.queue()
    assert len(runs.s3.bodies) == 1


def test_a_refused_receive_is_named(runs: RedriveRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: object) -> None:
        raise client_error("ReceiveMessage", "AccessDenied", "no", status=403)

    monkeypatch.setattr(runs.s3.queue, "receive_message", denied)
    with pytest.raises(OpsError, match="sqs:ReceiveMessage"):
        runs.queue()
