"""The command `feed`: its options, its pace and its messages, on a Kinesis in memory."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.command_line import main
from local.commands import feed
from local.kinesis_target import KinesisTarget
from tests.support.clock import Clock
from tests.support.followed_stream import STREAM_NAME, MemoryKinesis
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock(100.0)
    monkeypatch.setattr(time, "monotonic", clock.time)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    yield clock
    monkeypatch.undo()


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> MemoryKinesis:
    kinesis = MemoryKinesis()
    target = KinesisTarget(client=kinesis, arn=STREAM_ARN, shards=1)
    monkeypatch.setattr(KinesisTarget, "find", lambda _: target)
    return kinesis


def blocks(kinesis: MemoryKinesis) -> list[Any]:
    return [each["payload"] for each in kinesis.records if each["recordType"] == "BLOCK_SUMMARY"]


@pytest.mark.usefixtures("clock")
def test_so_many_transactions_are_written_on_these_tables(
    kinesis: MemoryKinesis, capsys: pytest.CaptureFixture[str]
) -> None:
    # given two tables / when a number of transactions is written to them
    options = ["--transactions", "60", "--ledger-table", "Vehicle", "--ledger-table", "Owner"]
    assert main(["feed", "--stream", STREAM_NAME, *options]) == 0
    # then there is a block for each, between the two control records
    assert len(blocks(kinesis)) == 60
    controls = [each for each in kinesis.records if each["recordType"] == "CONTROL"]
    assert [each["payload"]["controlRecordType"] for each in controls] == ["CREATED", "COMPLETED"]
    names = {
        each["payload"]["tableInfo"]["tableName"]
        for each in kinesis.records
        if each["recordType"] == "REVISION_DETAILS"
    }
    assert names == {"Vehicle", "Owner"}
    # and the last line says what was written
    written = re.fullmatch(
        rf"Wrote 60 transactions to stream {STREAM_NAME} in eu-west-1 in [\d.]+ s: "
        r"([\d,]+) records of QLDB in ([\d,]+) Kinesis records\n",
        capsys.readouterr().out,
    )
    assert written is not None
    assert int(written[1]) == len(kinesis.records)
    assert int(written[2]) == len(kinesis.frames)


@pytest.mark.parametrize(("rate", "seconds"), [("2", 9.5), ("10", 2.0), ("1000000", 0.0)])
@pytest.mark.usefixtures("kinesis")
def test_the_rate_is_kept(rate: str, seconds: float, clock: Clock) -> None:
    main(["feed", "--stream", STREAM_NAME, "--transactions", "20", "--rate", rate])

    assert clock.now - 100 == pytest.approx(seconds, abs=0.25)


def test_a_feed_that_falls_behind_goes_on_without_pauses(
    kinesis: MemoryKinesis, clock: Clock
) -> None:
    # given a stream that takes ten seconds for each request
    put = kinesis.put_records

    def slow(**request: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's arguments)
        clock.now += 10
        return put(**request)

    kinesis.put_records = slow  # type: ignore[method-assign]
    # when 300 transactions are to be written, 100 each second
    main(["feed", "--stream", STREAM_NAME, "--transactions", "300", "--rate", "100"])
    # then at most 100 go into one delivery
    assert len(blocks(kinesis)) == 300
    assert clock.now - 100 == 10 * len(kinesis.requests)


@pytest.mark.usefixtures("clock")
def test_copies_are_written(kinesis: MemoryKinesis) -> None:
    options = ["--transactions", "10", "--copies", "3", "--shuffle", "--seed", "1"]
    main(["feed", "--stream", STREAM_NAME, *options])

    numbers = [int(each["blockAddress"]["sequenceNo"]) for each in blocks(kinesis)]
    assert sorted(numbers) == sorted([*range(10)] * 3)
    assert numbers != sorted(numbers)


@pytest.mark.usefixtures("clock")
def test_a_refusal_names_the_stream_and_the_permission(
    kinesis: MemoryKinesis, capsys: pytest.CaptureFixture[str]
) -> None:
    kinesis.faults = [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "m"}}, "PutRecords")
    ]

    assert main(["feed", "--stream", STREAM_NAME]) == 1

    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: stream {STREAM_NAME} in eu-west-1: no permission: allow your user or role the "
        "action kinesis:PutRecords"
    )


def test_ctrl_c_ends_with_one_word(
    kinesis: MemoryKinesis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given somebody who presses Ctrl-C while the feed waits
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    # when it writes / then it ends with one word, and what was committed is written
    assert main(["feed", "--stream", STREAM_NAME]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "stopped"
    assert len(blocks(kinesis)) == 1


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--rate=0", "is no rate"),
        ("--rate=nan", "is no rate"),
        ("--rate=fast", "is no rate"),
        ("--transactions=0", "expected an integer from 1 to 100000"),
        ("--transactions=100001", "expected an integer from 1 to 100000"),
        ("--transactions=1e3", "expected an integer"),
        (f"--transactions={'9' * 5000}", "expected an integer"),
        ("--copies=11", "expected an integer from 1 to 10"),
    ],
)
def test_what_is_no_number_is_refused(
    option: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["feed", "--stream", STREAM_NAME, option])

    assert message in capsys.readouterr().err


def test_more_tables_than_a_ledger_has_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(feed, "KinesisTarget", None)
    tables = [f"--ledger-table=T{number}" for number in range(21)]

    assert main(["feed", "--stream", STREAM_NAME, *tables]) == 1

    assert "a ledger has at most 20 tables" in capsys.readouterr().err


@pytest.mark.usefixtures("kinesis", "clock")
def test_a_table_that_no_ledger_can_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feed", "--stream", STREAM_NAME, "--ledger-table", "a-b"]) == 1

    assert "'a-b' is not a table name" in capsys.readouterr().err
