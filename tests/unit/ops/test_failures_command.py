"""`python -m ops failures` lists and shows failures.

The services are in memory. `test_silence.py` proves that the listing contains no documents.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from ops.command_line import main
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.failure_bucket import BUCKET
from tests.support.failure_objects import failed_record, quarantine
from tests.support.kinesis_events import SEQUENCE_NUMBER, SHARD_ID, kinesis_record
from tests.support.kpl import aggregate
from tests.support.qldb_records import secret_revision
from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    import pytest

    from tests.support.failure_bucket import NotifyingS3


def _put_batch(s3: NotifyingS3, *data: bytes) -> None:
    records = [kinesis_record(each, str(number)) for number, each in enumerate(data, 1)]
    s3.put_object(Bucket=BUCKET, Key=BATCH_KEY, Body=discarded_batch(records))


def test_an_empty_bucket_is_reported_as_such(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["failures", *outputs]) == 0
    assert capsys.readouterr().out == "There are no pending failures.\n"
    assert s3.bodies == {}


def test_objects_are_listed_with_facts_and_counts(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record and a batch
    key = quarantine(s3, failed_record(b"x", attempts=2))
    _put_batch(s3, secret_revision(), secret_revision())
    # when
    assert main(["failures", *outputs]) == 0
    # then
    lines = capsys.readouterr().out.splitlines()
    size = len(s3.bodies[key])
    assert lines[:2] == [
        f"records/journal-1a2b3c/{SHARD_ID}/{SEQUENCE_NUMBER}/whole.json",
        f"    refused: ValidationError, 2025-11-23T09:00:01Z, {size} bytes, redriven 2 times",
    ]
    assert lines[2] == BATCH_KEY
    assert "discarded batch: RetryAttemptsExhausted" in lines[3]
    assert "2 records, up to sequence number 2" in lines[3]
    assert "not redriven yet" in lines[3]
    assert lines[5] == "2 objects"


def test_objects_are_listed_as_json(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record and a batch
    key = quarantine(s3, failed_record(secret_revision()))
    _put_batch(s3, secret_revision())
    # when
    assert main(["failures", *outputs, "--json"]) == 0
    # then
    listed = json.loads(capsys.readouterr().out)
    assert [failure["key"] for failure in listed["failures"]] == [key, BATCH_KEY]
    assert listed["failures"][0]["failedAt"] == "2025-11-23T09:00:01Z"
    assert {"reason": "refused", "code": "ValidationError", "objects": 1} in listed["counts"]


def test_a_record_is_shown_as_ion_text(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    key = quarantine(s3, failed_record(secret_revision(), sub=4))
    assert main(["failures", *outputs, "--show", key]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"// {key}\n// refused: ValidationError")
    assert f'"{SECRET}"' in shown


def test_each_record_of_a_batch_is_shown_under_its_sequence_number(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a batch whose second record is not Ion
    _put_batch(s3, secret_revision(), b"\xff")
    # when
    assert main(["failures", *outputs, "--show", BATCH_KEY]) == 0
    # then
    shown = capsys.readouterr().out
    assert "// 1\n{" in shown
    assert "// 2\n// not Ion: 1 bytes as they are\n{{/w==}}" in shown


def test_an_unreadable_object_is_shown_as_its_bytes(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    s3.put_object(Bucket=BUCKET, Key="records/unreadable", Body=b"\xff")
    assert main(["failures", *outputs, "--show", "records/unreadable"]) == 0
    shown = capsys.readouterr().out
    assert "// unreadable: not an object of the handler" in shown
    assert "{{/w==}}" in shown


def test_an_empty_record_is_shown_as_empty(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    key = quarantine(s3, failed_record(b""))
    assert main(["failures", *outputs, "--show", key]) == 0
    assert capsys.readouterr().out.endswith(f"// {SEQUENCE_NUMBER}\n// (empty: 0 bytes)\n")


def test_a_batch_without_user_records_is_shown_as_such(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _put_batch(s3, aggregate())
    assert main(["failures", *outputs, "--show", BATCH_KEY]) == 0
    assert capsys.readouterr().out.endswith("\n// (an aggregate without any record)\n")


def test_an_object_cannot_control_the_terminal(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given an object that somebody wrote with control characters in key, reason and content
    key = quarantine(s3, failed_record(b"", reason="\x1b[31m", code="a\nb"))
    s3.bodies["records/\x1b]0;title\x07"] = b"text \x1b[2J"
    # when
    for arguments in ([], ["--show", key], ["--show", "records/\x1b]0;title\x07"]):
        assert main(["failures", *outputs, *arguments]) == 0
    # then
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"\x1b[31m: a\nb" in shown
    assert r"records/\x1b]0;title\x07" in shown


def test_characters_that_the_output_cannot_encode_are_escaped(
    s3: NotifyingS3, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = quarantine(s3, failed_record("Zürich".encode()))
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stdout)
    assert main(["failures", *outputs, "--show", key]) == 0
    assert rb"'''Z\xfcrich'''" in stdout.buffer.getvalue()


def test_an_unknown_key_is_an_error_with_the_remedy(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["failures", *outputs, "--show", "records/x"]) == 1
    assert "has no object records/x: `python -m ops failures` lists the keys" in (
        capsys.readouterr().err
    )
    assert s3.bodies == {}
