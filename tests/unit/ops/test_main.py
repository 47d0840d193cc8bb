"""The commands as an operator runs them, and their silence about documents.

Proves options, exit status, texts and that no document appears without being asked for; the
services are in memory.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from handler.writer import Permanent, Transient
from ops import connections, stack_outputs
from ops.__main__ import main
from ops.failure_bucket import FailureBucket
from ops.failure_queue import FailureQueue
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET, notification
from tests.support.failure_bucket import NotifyingS3 as MemoryS3
from tests.support.failure_objects import failed_record, quarantine
from tests.support.kinesis_events import (
    SEQUENCE_NUMBER as SEQUENCE,
)
from tests.support.kinesis_events import (
    SHARD_ID as SHARD,
)
from tests.support.kinesis_events import (
    STREAM_ARN,
    kinesis_record,
)
from tests.support.memory_sqs import QUEUE_URL
from tests.support.memory_table import MemoryTable
from tests.support.qldb_records import malformed
from tests.support.qldb_records import secret_revision as revision
from tests.support.sentinel import SECRET


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> MemoryS3:
    s3 = MemoryS3()
    monkeypatch.setattr(connections, "failure_bucket", lambda _: FailureBucket(s3, BUCKET))
    monkeypatch.setattr(connections, "failure_queue", lambda _: FailureQueue(s3.queue, QUEUE_URL))
    return s3


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> MemoryTable:
    table = MemoryTable()
    monkeypatch.setattr(connections, "writer", lambda _: table)
    return table


@pytest.fixture
def outputs(tmp_path: Path) -> list[str]:
    file = tmp_path / "outputs.json"
    content = {
        "streamArn": STREAM_ARN,
        "failureBucketName": BUCKET,
        "failureQueueUrl": QUEUE_URL,
        "replicaTables": '{"Person":{"tableName":"person-1a2b3c"}}',
        "tombstoneLifetimeDays": None,
    }
    file.write_text(json.dumps(content))
    return ["--outputs", str(file)]


def _fill(s3: MemoryS3) -> dict[str, str]:
    """One of everything, each with the sentinel in it."""
    keys = {
        "good": quarantine(s3, failed_record(revision("good"), sequence="1")),
        "refused": quarantine(s3, failed_record(revision("refused"), sequence="2", sub=4)),
        "throttled": quarantine(s3, failed_record(revision("throttled"), sequence="3")),
        "malformed": quarantine(s3, failed_record(malformed(), sequence="4", reason="malformed")),
        "unreadable": "records/unreadable",
        "batch": BATCH_KEY,
    }
    batch = discarded_batch([kinesis_record(revision(name), "5") for name in ("a", "refused")])
    s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=batch)
    s3.put_object(Bucket=BUCKET, Key="records/unreadable", Body=SECRET.encode())
    s3.queue.send(SECRET)
    s3.queue.send(notification("records/gone"))
    return keys


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m ops redrive --stack dev --dry-run" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["redrive", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "--drop-ignored removes such objects" in told
    assert "this is the only copy" in told


@pytest.mark.parametrize(
    "arguments",
    [["redrive"], ["failures"], ["redrive", "--stack", "dev", "--limit", "0"], []],
)
def test_wrong_options_are_told(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_nothing_to_do_is_success(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", *outputs]) == 0
    assert "objects       0 read" in capsys.readouterr().out
    assert main(["failures", *outputs]) == 0
    assert capsys.readouterr().out == "The failure bucket is empty.\n"
    assert (s3.bodies, table.items) == ({}, {})


def test_success_is_status_0_and_failure_status_1(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a good record
    quarantine(s3, failed_record(revision()))
    # then
    assert main(["redrive", *outputs]) == 0
    assert "applied       1" in capsys.readouterr().out
    # given a bad one
    quarantine(s3, failed_record(revision("bad")))
    table.outcomes["bad"] = Permanent("ValidationError")
    # then
    assert main(["redrive", *outputs]) == 1
    assert "1 refused: ValidationError" in capsys.readouterr().out


def test_what_is_kept_because_it_is_ignored_is_told_and_status_1_until_it_is_dropped(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record of a table that the outputs do not have
    quarantine(s3, failed_record(revision(table="Vehicle")))
    # when it is tried out and sent again
    for arguments in (["--dry-run"], []):
        assert main(["redrive", *outputs, *arguments]) == 1
        # then the operator is told what to do
        told = capsys.readouterr().out
        assert "ignored       1 (1 unconfigured table)" in told
        assert "objects that stay for it: 1." in told
        assert "--drop-ignored" in told
    assert main(["failures", *outputs]) == 0
    assert "ignored: unconfigured table" in capsys.readouterr().out
    # when that is to drop it
    assert main(["redrive", *outputs, "--drop-ignored"]) == 0
    # then it is gone, and counted
    told = capsys.readouterr().out
    assert "ignored       1 (1 unconfigured table)" in told
    assert "that stay" not in told
    assert (s3.bodies, table.items) == ({}, {})


def test_ctrl_c_ends_after_the_object_with_a_summary(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given three objects, and Ctrl-C while the first is read
    for number in range(3):
        quarantine(s3, failed_record(revision(f"doc{number}"), sequence=str(number)))

    def interrupt(_operation: str, _key: str) -> None:
        s3.after = lambda _operation, _key: None
        os.kill(os.getpid(), signal.SIGINT)

    s3.after = interrupt
    # when
    status = main(["redrive", *outputs])
    # then
    captured = capsys.readouterr()
    assert status == 130
    assert "objects       1 read: 1 removed" in captured.out
    assert "Interrupted" in captured.out
    assert "Ctrl-C again" in captured.err
    assert len(table.items) == 1
    assert s3.queue.visible == 2


def test_a_second_ctrl_c_ends_at_once_and_shows_the_messages_again(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given two objects, and Ctrl-C twice while the first is read
    for number in range(2):
        quarantine(s3, failed_record(revision(f"doc{number}"), sequence=str(number)))

    def twice(_operation: str, _key: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    s3.after = twice
    # then
    assert main(["redrive", *outputs]) == 130
    assert "stopped" in capsys.readouterr().err
    assert table.items == {}
    assert s3.queue.visible == 2


def test_the_summary_is_printed_even_where_aws_refuses(
    s3: MemoryS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given two objects, of which the second may not be written
    quarantine(s3, failed_record(revision("first"), sequence="1"))
    quarantine(s3, failed_record(revision("second"), sequence="2"))
    table.outcomes["second"] = Transient("AccessDenied")
    # then
    assert main(["redrive", *outputs, "--from-bucket"]) == 1
    captured = capsys.readouterr()
    assert "applied       1" in captured.out
    assert captured.err.startswith("error: DynamoDB refuses the writes (AccessDenied)")


def test_the_bucket_is_listed_in_both_forms(
    s3: MemoryS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record and a batch
    key = quarantine(s3, failed_record(malformed(), attempts=2))
    records = [kinesis_record(revision(), "1"), kinesis_record(revision(), "2")]
    s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=discarded_batch(records))
    # when it is listed for people
    assert main(["failures", *outputs]) == 0
    lines = capsys.readouterr().out.splitlines()
    # then
    size = len(s3.bodies[key])
    assert lines[:2] == [
        f"records/journal-1a2b3c/{SHARD}/{SEQUENCE}/whole.json",
        f"    refused: ValidationError, 2025-11-23T09:00:01Z, {size} bytes, sent again 2 times",
    ]
    assert lines[2] == BATCH_KEY
    assert "discarded batch: RetryAttemptsExhausted" in lines[3]
    assert "2 records, up to sequence number 2" in lines[3]
    assert "not sent again yet" in lines[3]
    assert lines[5] == "2 objects"
    # when it is listed for machines
    assert main(["failures", *outputs, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    # then
    assert [failure["key"] for failure in listed["failures"]] == [key, BATCH_KEY]
    assert listed["failures"][0]["failedAt"] == "2025-11-23T09:00:01Z"
    assert {"reason": "refused", "code": "ValidationError", "objects": 1} in listed["counts"]


def test_a_reader_that_has_seen_enough_is_no_error(
    s3: MemoryS3, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an object, and an output that nobody reads any more
    quarantine(s3, failed_record(revision()))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        # then
        assert main(["failures", *outputs]) == 0


def test_a_stack_is_asked_of_pulumi(
    s3: MemoryS3,
    outputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def from_pulumi(stack: str) -> object:
        asked.append(stack)
        return stack_outputs.from_file(Path(outputs[1]))

    monkeypatch.setattr(stack_outputs, "from_pulumi", from_pulumi)
    assert main(["failures", "--stack", "dev"]) == 0
    assert asked == ["dev"]
    assert "empty" in capsys.readouterr().out
    assert s3.bodies == {}


def test_one_object_is_shown_as_ion_text(
    s3: MemoryS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record, a batch with bytes that are not Ion, and rubbish
    keys = _fill(s3)
    s3.put_object(
        Bucket=BUCKET,
        Key=BATCH_KEY,
        Body=discarded_batch([kinesis_record(revision(), "5"), kinesis_record(b"\xff", "6")]),
    )
    # then
    assert main(["failures", *outputs, "--show", keys["refused"]]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"// {keys['refused']}\n// refused: ValidationError")
    assert f'name: "{SECRET}"' in shown
    assert main(["failures", *outputs, "--show", BATCH_KEY]) == 0
    shown = capsys.readouterr().out
    assert "// 5\n{" in shown
    assert "// 6\n// not Ion: the bytes as they are\n{{/w==}}" in shown
    assert main(["failures", *outputs, "--show", keys["unreadable"]]) == 0
    assert "unreadable" in capsys.readouterr().out
    # and what is not there is told
    assert main(["failures", *outputs, "--show", "records/x"]) == 1
    assert "has no object records/x" in capsys.readouterr().err


def test_no_document_appears_unasked(
    s3: MemoryS3,
    table: MemoryTable,
    outputs: list[str],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # given one of everything, the sentinel in each
    caplog.set_level(0)
    _fill(s3)
    table.outcomes = {
        "refused": Permanent("ValidationError"),
        "throttled": Transient("ThrottlingError"),
    }
    # when every command runs over it
    for arguments in (
        ["failures"],
        ["failures", "--json"],
        ["redrive", "--dry-run"],
        ["redrive", "--from-bucket", "--dry-run"],
        ["redrive"],
        ["redrive", "--from-bucket"],
        ["failures"],
    ):
        main([arguments[0], *outputs, *arguments[1:]])
    # and the handler itself breaks
    table.write = lambda *_: (_ for _ in ()).throw(KeyError(SECRET))  # type: ignore[method-assign]
    main(["redrive", *outputs])
    # then the sentinel is nowhere but in the payloads of the bucket
    captured = capsys.readouterr()
    assert "handler error: KeyError" in captured.out
    assert SECRET not in captured.out + captured.err + caplog.text
    readable = [body.decode() for key, body in s3.bodies.items() if key != "records/unreadable"]
    assert len(readable) == 4
    assert not any(SECRET in json.dumps(_without_payload(body)) for body in readable)


def _without_payload(body: str) -> dict[str, object]:
    fields: dict[str, object] = json.loads(body)
    assert fields.pop("payload")
    return fields
