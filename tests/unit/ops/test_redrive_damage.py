"""A damaged object of the failure bucket neither stops a redrive nor is lost.

Proves it with every field wrong in every way of `WRONG_VALUES`, one at a time. Cannot prove it for
damage to several fields.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from handler.failures import object_key
from ops.failure_objects import describe, read_object
from ops.failures_command import list_lines
from ops.redrive_summary import Ending
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET
from tests.support.failure_objects import WRONG_VALUES, failed_record, quarantine
from tests.support.kinesis_events import kinesis_record
from tests.support.qldb_records import malformed, secret_revision
from tests.support.redrive_run import NOW, RedriveRun

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_an_unreadable_object_stays_unchanged(runs: RedriveRun) -> None:
    runs.s3.put_object(Bucket=BUCKET, Key="records/stream/shard/1/whole.json", Body=b"{}")
    summary = runs.queue()
    assert summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
    assert list(runs.s3.bodies.values()) == [b"{}"]
    assert runs.s3.queue.visible == 1


def _wrong_fields(body: bytes) -> Iterator[bytes]:
    """Change one field at a time of an object, and of what it holds, to each wrong value."""
    fields = json.loads(body)
    for name, value in itertools.product(fields, WRONG_VALUES):
        yield json.dumps(fields | {name: value}).encode()
    for name in fields:
        yield json.dumps({each: fields[each] for each in fields if each != name}).encode()


@pytest.mark.parametrize("sub", [None, 3])
def test_an_object_with_a_wrong_field_stays_and_the_run_goes_on(
    runs: RedriveRun, sub: int | None
) -> None:
    # given objects with every field wrong in every way, each before a good one
    right = failed_record(secret_revision("damaged", 3), sub=sub, attempts=1)
    key = object_key(right.position)
    for number, body in enumerate(_wrong_fields(right.to_json())):
        runs.s3.bodies = {key: body}
        good = quarantine(runs.s3, failed_record(secret_revision(f"good{number}"), sequence="1"))
        # when
        summary = runs.redrive().objects([key, good])
        # then the good one is applied, and the other one is applied too or unchanged
        assert runs.versions[f"good{number}"] == 0
        assert good not in runs.s3.bodies
        unreadable = summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
        moved = any(code.startswith("the position") for _, code in summary.failed)
        if unreadable or moved:
            assert runs.s3.bodies == {key: body}
            assert summary.objects == Counter({Ending.KEPT: 1, Ending.REMOVED: 1})
        # and it can be listed in any case
        assert "\n".join(list_lines([describe(key, body)])).encode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("partitionKey", None), ("attempts", "x"), ("failedAt", "now"), ("sequenceNumber", 7)],
)
def test_a_field_of_a_wrong_type_is_unreadable(runs: RedriveRun, field: str, value: object) -> None:
    record = failed_record(secret_revision("doc"), sub=3)
    key = object_key(record.position)
    body = json.dumps(json.loads(record.to_json()) | {field: value}).encode()
    runs.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    summary = runs.queue()
    assert summary.failed == Counter({("unreadable", "not an object of the handler"): 1})
    assert runs.s3.bodies == {key: body}
    assert runs.s3.queue.visible == 1


def _wrong_batches(data: bytes) -> Iterator[bytes]:
    """Change one field at a time of a batch, of its history, its record and the record's data."""
    record = kinesis_record(data, "5")
    history = {"reason": "not written", "code": "x", "failedAt": NOW, "attempts": 1}
    right = json.loads(discarded_batch([record])) | {"redrive": history}

    def with_record(changed: object) -> bytes:
        return json.dumps(right | {"payload": json.dumps({"Records": [changed]})}).encode()

    yield from _wrong_fields(json.dumps(right).encode())
    for condition in _wrong_fields(b'{"condition": ""}'):
        context = {"requestContext": json.loads(condition), "redrive": None}
        yield json.dumps(right | context).encode()
    for each in _wrong_fields(json.dumps(history).encode()):
        yield json.dumps(right | {"redrive": json.loads(each)}).encode()
    for each in _wrong_fields(json.dumps(record).encode()):
        yield with_record(json.loads(each))
    for each in _wrong_fields(json.dumps(record["kinesis"]).encode()):
        yield with_record(record | {"kinesis": json.loads(each)})


@pytest.mark.parametrize("data", [secret_revision("doc"), malformed()])
def test_a_batch_with_a_wrong_field_stays_or_is_applied_and_the_run_goes_on(
    runs: RedriveRun, data: bytes
) -> None:
    for body in _wrong_batches(data):
        # given a batch with one field wrong
        runs.s3.bodies = {BATCH_KEY: body}
        runs.table.items.clear()
        assert "\n".join(list_lines([describe(BATCH_KEY, body)])).encode()
        # when
        summary = runs.redrive().objects([BATCH_KEY])
        # then the record is applied or stays
        if ("unreadable", "the payload is not an event of Kinesis records") in summary.failed:
            assert runs.s3.bodies == {BATCH_KEY: body}
        else:
            assert runs.versions == {"doc": 0} or runs.s3.bodies
        # and the object in which it stays can be read again
        for key, kept in runs.s3.bodies.items():
            if kept is not body:
                read_object(key, kept)


def test_a_deeply_nested_object_is_unreadable(runs: RedriveRun) -> None:
    for key in ("records/stream/shard/1/whole.json", BATCH_KEY):
        runs.s3.put_object(Bucket=BUCKET, Key=key, Body=b"[" * 100_000)
    payload = json.dumps({"payload": "[" * 100_000}).encode()
    runs.s3.put_object(Bucket=BUCKET, Key=f"{BATCH_KEY}-2", Body=payload)
    assert runs.queue().objects == Counter({Ending.KEPT: 3})
