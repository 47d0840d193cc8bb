"""No command prints any part of a document unless asked to.

Proves it with one object of each kind, each with the sentinel; `tests/reliability/test_silence.py`
does so with faults of the services.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handler.outcomes import Permanent, Transient
from ops.command_line import main
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET, notification
from tests.support.failure_objects import failed_record, quarantine
from tests.support.kinesis_events import kinesis_record
from tests.support.qldb_records import malformed, secret_revision
from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    from tests.support.failure_bucket import NotifyingS3
    from tests.support.memory_table import MemoryTable

UNREADABLE_KEY = "records/unreadable"


@pytest.fixture
def one_of_each(s3: NotifyingS3, table: MemoryTable) -> NotifyingS3:
    """A bucket with an object for each outcome, the sentinel in all of them."""
    quarantine(s3, failed_record(secret_revision("good"), sequence="1"))
    quarantine(s3, failed_record(secret_revision("refused"), sequence="2", sub=4))
    quarantine(s3, failed_record(secret_revision("throttled"), sequence="3"))
    quarantine(s3, failed_record(malformed(), sequence="4", reason="malformed"))
    batch = discarded_batch(
        [kinesis_record(secret_revision(name), "5") for name in ("a", "refused")]
    )
    s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=batch)
    s3.put_object(Bucket=BUCKET, Key=UNREADABLE_KEY, Body=SECRET.encode())
    s3.queue.send(SECRET)
    s3.queue.send(notification("records/gone"))
    table.outcomes = {
        "refused": Permanent("ValidationError"),
        "throttled": Transient("ThrottlingError"),
    }
    return s3


def test_no_command_prints_a_document_unasked(
    one_of_each: NotifyingS3,
    outputs: list[str],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # given every logger at its most verbose level
    caplog.set_level(0)
    # when every command runs
    for arguments in (
        ["failures"],
        ["failures", "--json"],
        ["redrive", "--dry-run"],
        ["redrive", "--from-bucket", "--dry-run"],
        ["redrive"],
        ["redrive", "--from-bucket"],
        ["discard", "--yes", UNREADABLE_KEY],
        ["discard", UNREADABLE_KEY, "records/none"],
        ["failures", "--discarded"],
        ["failures"],
    ):
        main([arguments[0], *outputs, *arguments[1:]])
    # then all outcomes are reported, without the sentinel
    captured = capsys.readouterr()
    for reason in ("refused: ValidationError", "not written: ThrottlingError", "unreadable"):
        assert reason in captured.out
    assert SECRET not in captured.out + captured.err + caplog.text
    # and no object has it outside of its payload
    readable = [body for key, body in one_of_each.bodies.items() if UNREADABLE_KEY not in key]
    assert len(readable) == 4
    assert not any(SECRET in json.dumps(_without_payload(body)) for body in readable)


@pytest.mark.usefixtures("one_of_each")
def test_an_error_of_the_handler_is_reported_without_its_message(
    table: MemoryTable,
    outputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a writer whose error quotes a document
    def broken(*_: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(table, "write", broken)
    # when
    main(["redrive", *outputs])
    # then
    captured = capsys.readouterr()
    assert "handler error: KeyError" in captured.out
    assert SECRET not in captured.out + captured.err


def _without_payload(body: bytes) -> dict[str, object]:
    fields: dict[str, object] = json.loads(body)
    assert fields.pop("payload")
    return fields
