"""The exit status of `show`, and when it waits."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from local import aws
from local.command_line import main
from local.commands import show
from local.comparison import Row, Verdict

OUTPUTS = {"ledgerName": "ledger", "failureBucketName": "bucket", "replicaTables": "{}"}


def row(verdict: Verdict) -> Row:
    return Row(table="t", document_id="d", ledger="1 live", replica="0 live", verdict=verdict)


class FailureBucket:
    """A failure bucket with these keys."""

    keys: tuple[str, ...] = ()

    def get_paginator(self, _operation: str) -> FailureBucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str = "") -> list[dict[str, int]]:  # noqa: N803 (boto3's names)
        assert Bucket == OUTPUTS["failureBucketName"]
        return [{"KeyCount": sum(key.startswith(Prefix) for key in self.keys)}]


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> FailureBucket:
    """Return the failure bucket of a deployment whose documents are set by `given`."""
    bucket = FailureBucket()
    services = Mock(endpoints=Mock(qldb="http://127.0.0.1:1"))
    monkeypatch.setattr(show, "deployed", lambda _: (services, OUTPUTS))
    monkeypatch.setattr(show, "_BRIEF_SECONDS", 0.01)
    monkeypatch.setattr(show, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(aws, "client", lambda *_: bucket)
    return bucket


def given(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, reason: str | None = None) -> None:
    monkeypatch.setattr(show, "compare", lambda *_: [row(verdict)])
    monkeypatch.setattr(show, "compare_history", lambda *_: [])
    monkeypatch.setattr(show, "reason_for_delay", lambda *_: reason)


@pytest.mark.parametrize(
    ("verdict", "reason", "status"),
    [
        (Verdict.EQUAL, None, 0),
        (Verdict.DIFFERENT, None, 1),
        (Verdict.DIFFERENT, "committed just now", 1),
        (Verdict.BEHIND, "committed just now", 3),
        (Verdict.BEHIND, None, 1),
    ],
)
def test_the_exit_status_tells_on_its_way_from_different(
    verdict: Verdict, reason: str | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, verdict, reason)

    assert main(["show"]) == status


def test_what_has_not_arrived_after_the_wait_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a document that stays on its way / when the wait for it is over
    given(monkeypatch, Verdict.BEHIND, "delivery is paused")
    assert main(["show", "--wait", "0.01"]) == 1
    # then it differs, and the reason is still said
    shown = capsys.readouterr().out
    assert "1 document: 0 equal, 0 on their way, 1 differs" in shown
    assert "Not all have arrived: delivery is paused" in shown


def test_pending_failures_are_named_if_something_is_missing(
    bucket: FailureBucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given two pending failures, and one that an operator has discarded
    given(monkeypatch, Verdict.DIFFERENT)
    bucket.keys = ("records/one", "aws/lambda/two", "discarded/records/three")

    main(["--state", str(Path("my state")), "show"])

    shown = capsys.readouterr().out
    assert "2 objects in the failure bucket" in shown
    assert "-m ops failures --stack local-" in shown


def test_pending_failures_are_not_named_if_all_is_equal(
    bucket: FailureBucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, Verdict.EQUAL)
    bucket.keys = ("records/one",)

    main(["show"])

    assert "failure bucket" not in capsys.readouterr().out


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon"])
def test_what_is_no_time_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["show", f"--wait={seconds}"])

    assert f"{seconds} is no number of seconds" in capsys.readouterr().err
