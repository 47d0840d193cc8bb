"""`python -m ops discard` takes failures out of the way, and loses none.

The services are in memory; what S3 does with a condition is not proven here.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ops.command_line import main
from ops.discard import discard
from ops.errors import OpsError
from ops.failure_bucket import FailureBucket, StoredObject
from ops.redrive_summary import Ending
from tests.support.discarded_batches import BATCH_KEY
from tests.support.failure_bucket import BUCKET
from tests.support.failure_objects import failed_record, quarantine
from tests.support.qldb_records import malformed
from tests.support.sentinel import SECRET
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.failure_bucket import NotifyingS3
    from tests.support.redrive_run import RedriveRun

YES = "--yes"


@pytest.fixture
def key(s3: NotifyingS3) -> str:
    """Key of a record that no redrive can apply."""
    return quarantine(s3, failed_record(malformed(), reason="malformed", code="not Ion"))


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Types a text at the terminal."""
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


def test_a_discarded_object_is_kept_under_another_key(
    s3: NotifyingS3, outputs: list[str], key: str
) -> None:
    body = s3.bodies[key]
    assert main(["discard", key, *outputs, YES]) == 0
    assert s3.bodies == {f"discarded/{key}": body}


def test_what_is_discarded_is_said_without_documents(
    s3: NotifyingS3, outputs: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    size = len(s3.bodies[key])
    main(["discard", key, *outputs, YES])
    assert capsys.readouterr().out.splitlines() == [
        key,
        f"    malformed: not Ion, 2025-11-23T09:00:01Z, {size} bytes, not redriven yet",
        f"discarded {key}",
    ]


def test_without_a_terminal_nothing_is_discarded_unless_yes_is_given(
    s3: NotifyingS3,
    outputs: list[str],
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["discard", key, *outputs]) == 1
    captured = capsys.readouterr()
    assert captured.err == ("error: nothing was discarded: answer at a terminal, or pass --yes\n")
    assert "malformed: not Ion" in captured.out
    assert list(s3.bodies) == [key]


@pytest.mark.parametrize("text", ["n\n", "\n", ""])
def test_any_answer_but_yes_discards_nothing(
    s3: NotifyingS3, outputs: list[str], key: str, answer: Callable[[str], None], text: str
) -> None:
    answer(text)
    assert main(["discard", key, *outputs]) == 1
    assert list(s3.bodies) == [key]


def test_an_answer_at_the_terminal_discards(
    s3: NotifyingS3, outputs: list[str], key: str, answer: Callable[[str], None]
) -> None:
    answer("y\n")
    assert main(["discard", key, *outputs]) == 0
    assert list(s3.bodies) == [f"discarded/{key}"]


@pytest.mark.parametrize("unknown", ["records/none", "other/key", "", "discarded/records/none"])
def test_one_unknown_key_discards_nothing(
    s3: NotifyingS3,
    outputs: list[str],
    key: str,
    unknown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    s3.bodies["other/key"] = b"not a failure"
    assert main(["discard", key, unknown, *outputs, YES]) == 1
    assert f"has no pending failure {unknown}" in capsys.readouterr().err
    assert list(s3.bodies) == [key, "other/key"]


def test_several_objects_are_discarded_at_once(s3: NotifyingS3, outputs: list[str]) -> None:
    # given a record, an unreadable object, and the first of them named twice
    one = quarantine(s3, failed_record(malformed(), sequence="1"))
    s3.bodies["records/unreadable"] = b"\xff"
    # when
    assert main(["discard", one, "records/unreadable", one, *outputs, YES]) == 0
    # then
    assert set(s3.bodies) == {f"discarded/{one}", "discarded/records/unreadable"}


@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "DeleteObject"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_interruption_loses_nothing_and_a_repetition_ends_the_work(
    s3: NotifyingS3, outputs: list[str], key: str, operation: str, number: int
) -> None:
    # given two objects, and an interruption after one of the requests
    other = quarantine(s3, failed_record(malformed(), sequence="7"))
    before = dict(s3.bodies)
    requests: list[str] = []

    def interrupt(done: str, _key: str) -> None:
        requests.append(done)
        if requests.count(operation) == number and done == operation:
            raise KeyboardInterrupt

    s3.after = interrupt
    # when
    main(["discard", key, other, *outputs, YES])
    # then each object exists, under one key or both
    for each, body in before.items():
        assert body in (s3.bodies.get(each), s3.bodies.get(f"discarded/{each}"))
    # and the same command ends the work
    s3.after = lambda _operation, _key: None
    assert main(["discard", key, other, *outputs, YES]) == 0
    assert s3.bodies == {f"discarded/{each}": body for each, body in before.items()}


def test_what_is_already_discarded_is_no_error(
    s3: NotifyingS3, outputs: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["discard", key, *outputs, YES])
    capsys.readouterr()
    assert main(["discard", key, *outputs]) == 0
    assert capsys.readouterr().out == f"{key} is already discarded\n"
    assert list(s3.bodies) == [f"discarded/{key}"]


def test_a_copy_that_was_not_kept_deletes_nothing(
    s3: NotifyingS3, outputs: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a bucket that answers and keeps nothing
    def forget(operation: str, name: str) -> None:
        if operation == "PutObject":
            del s3.bodies[name]

    s3.after = forget
    # then
    assert main(["discard", key, *outputs, YES]) == 1
    assert "did not keep the copy" in capsys.readouterr().err
    assert list(s3.bodies) == [key]


def test_an_object_that_changed_after_it_was_shown_stays(
    s3: NotifyingS3, outputs: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a redrive that finds another reason between the listing and the deletion
    newer = failed_record(malformed(), reason="not written", attempts=1).to_json()

    def redriven(operation: str, _key: str) -> None:
        if operation == "PutObject":
            s3.bodies[key] = newer

    s3.after = redriven
    # when
    assert main(["discard", key, *outputs, YES]) == 1
    # then
    assert s3.bodies[key] == newer
    assert "has changed or gone since it was read" in capsys.readouterr().err
    # and it can be discarded with its new reason
    s3.after = lambda _operation, _key: None
    assert main(["discard", key, *outputs, YES]) == 0
    assert s3.bodies == {f"discarded/{key}": newer}


def test_another_object_among_the_discarded_is_not_overwritten(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = {"records/x": b"one", "discarded/records/x": b"another"}
    s3.bodies = bodies
    assert main(["discard", "records/x", *outputs, YES]) == 1
    assert "holds another object as discarded/records/x" in capsys.readouterr().err
    assert s3.bodies == bodies


@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "DeleteObject"])
def test_a_missing_permission_is_named(
    s3: NotifyingS3,
    outputs: list[str],
    key: str,
    operation: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    s3.denied = frozenset({operation})
    assert main(["discard", key, *outputs, YES]) == 1
    assert f"s3:{operation}" in capsys.readouterr().err
    assert key in s3.bodies


def test_discarded_objects_are_listed_apart(
    s3: NotifyingS3, outputs: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a discarded object
    main(["discard", key, *outputs, YES])
    capsys.readouterr()
    # then it is no longer pending
    main(["failures", *outputs])
    assert capsys.readouterr().out == "There are no pending failures.\n"
    # and is listed with its facts on request
    main(["failures", *outputs, "--discarded", "--json"])
    (failure,) = json.loads(capsys.readouterr().out)["failures"]
    assert (failure["key"], failure["reason"]) == (f"discarded/{key}", "malformed")
    # and is shown
    assert len(s3.bodies) == 1
    main(["failures", *outputs, "--show", f"discarded/{key}"])
    assert SECRET in capsys.readouterr().out


def test_an_empty_list_of_discarded_objects_is_called_that(
    s3: NotifyingS3, outputs: list[str], capsys: pytest.CaptureFixture[str], key: str
) -> None:
    main(["failures", *outputs, "--discarded"])
    assert capsys.readouterr().out == "There are no discarded failures.\n"
    assert list(s3.bodies) == [key]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("source", [[], ["--from-bucket"]])
def test_no_redrive_sends_a_discarded_object(
    s3: NotifyingS3, outputs: list[str], key: str, source: list[str]
) -> None:
    main(["discard", key, *outputs, YES])
    before = dict(s3.bodies)
    assert main(["redrive", *outputs, *source]) == 0
    assert s3.bodies == before


def test_a_redrive_that_is_at_work_does_not_bring_it_back(runs: RedriveRun) -> None:
    # given a redrive that has read a record, which is then discarded
    key = quarantine(runs.s3, failed_record(malformed()))

    def discarded(_operation: str, _key: str) -> None:
        runs.s3.after = lambda _operation, _key: None
        stored = runs.bucket.get(key)
        assert stored is not None
        assert discard(runs.bucket, key, stored)

    runs.s3.after = discarded
    # when
    summary = runs.queue()
    # then
    assert summary.objects == Counter({Ending.GONE: 1})
    assert list(runs.s3.bodies) == [f"discarded/{key}"]


def test_a_batch_is_discarded_whole(runs: RedriveRun, s3: NotifyingS3, outputs: list[str]) -> None:
    runs.put_batch(malformed(), malformed())
    s3.bodies = dict(runs.s3.bodies)
    assert main(["discard", BATCH_KEY, *outputs, YES]) == 0
    assert list(s3.bodies) == [f"discarded/{BATCH_KEY}"]


def test_a_deletion_without_an_etag_has_no_condition(s3: NotifyingS3, key: str) -> None:
    bucket = FailureBucket(s3, BUCKET)
    assert bucket.delete_unchanged(key, StoredObject(body=b"", etag=None))
    assert s3.bodies == {}


def test_a_deletion_under_a_condition_spares_another_object(s3: NotifyingS3, key: str) -> None:
    bucket = FailureBucket(s3, BUCKET)
    assert not bucket.delete_unchanged(key, StoredObject(body=b"", etag='"another"'))
    assert list(s3.bodies) == [key]


def test_a_deletion_that_is_denied_is_an_error(s3: NotifyingS3, key: str) -> None:
    s3.denied = frozenset({"DeleteObject"})
    with pytest.raises(OpsError, match="s3:DeleteObject"):
        FailureBucket(s3, BUCKET).delete_unchanged(key, StoredObject(body=b"", etag='"x"'))
