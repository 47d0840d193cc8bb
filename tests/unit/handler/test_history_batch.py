"""Batches of tables with a history, and records of which only a part can be written.

Writer and failure store are recorders here, as in `test_batch`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handler.batch import Handler
from handler.history import HistoryWrite
from handler.outcomes import APPLIED, STALE, Outcome, Permanent, Transient
from handler.settings import HandlerSettings, ReplicaTable
from handler.telemetry import TableCounts
from journal.revisions import IgnoredReason
from tests.support.kinesis_events import event
from tests.support.kpl import aggregate
from tests.support.lambda_context import LambdaContext
from tests.support.qldb_records import HASH, block_summary, redactions, revision
from tests.unit.handler.test_batch import NOW, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.telemetry import BatchCounts
    from handler.writer import ItemWrite

SETTINGS = HandlerSettings(
    replica_tables={
        "Person": ReplicaTable(ledger_table="Person", table_name="person-1", history=True),
        "Car": ReplicaTable(ledger_table="Car", table_name="car-1"),
    },
    failure_bucket="failures",
    history_table="history-1",
)
REDACTED = f"{{{{{HASH}}}}}"
DEEP = f"{{a: {'[' * 40}{']' * 40}}}"


def process(recorder: Recorder, *records: bytes, settings: HandlerSettings = SETTINGS) -> list[str]:
    """Run one batch; return the sequence numbers to be redelivered."""
    handler = Handler(
        settings=settings,
        writer=recorder,
        failures=recorder,
        telemetry=recorder,
        clock=lambda: NOW,
    )
    response = handler.process(
        event(*records), LambdaContext(remaining_milliseconds=lambda: 60_000)
    )
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def outcomes(
    current: Outcome = APPLIED, history: Outcome = APPLIED
) -> Callable[[ItemWrite], Outcome]:
    return lambda write: history if isinstance(write, HistoryWrite) else current


def counts(recorder: Recorder) -> BatchCounts:
    (found,) = recorder.counts
    return found


def history(recorder: Recorder) -> list[tuple[str, int, str]]:
    """Return document id, version and state of the writes of the history table."""
    return [
        (write.document_id, write.version, write.state.value)
        for each in recorder.rounds
        for write in each
        if isinstance(write, HistoryWrite)
    ]


def test_every_revision_goes_to_the_history_and_the_newest_to_the_current_state() -> None:
    recorder = Recorder()

    process(
        recorder,
        revision(document_id="a", version=1),
        revision(document_id="a", version=2, data=None),
        revision(document_id="a", version=0, data=None, data_hash=REDACTED),
        revision(document_id="b"),
        revision(document_id="c", table="Car"),
    )

    assert history(recorder) == [
        ("a", 1, "live"),
        ("a", 2, "deleted"),
        ("a", 0, "redacted"),
        ("b", 0, "live"),
    ]
    current = [(write.document_id, write.version) for write in recorder.current]
    assert current == [("a", 2), ("b", 0), ("c", 0)]
    assert len(recorder.rounds) == 1, "both are written in one pass"
    assert counts(recorder).tables == {
        "Person": TableCounts(applied=2, deleted=1, superseded=1, redacted=1, history=4),
        "Car": TableCounts(applied=1),
    }


def test_without_a_history_table_block_summaries_are_ignored_and_redactions_counted() -> None:
    recorder = Recorder()
    settings = replace(
        SETTINGS, replica_tables={"Car": SETTINGS.replica_tables["Car"]}, history_table=None
    )

    process(
        recorder,
        redactions(("a", 0)),
        redactions(info="1"),
        revision(table="Car", data=None, data_hash=REDACTED),
        settings=settings,
    )

    assert recorder.rounds == []
    assert counts(recorder).ignored == {IgnoredReason.BLOCK_SUMMARY: 2}
    assert counts(recorder).tables == {"Car": TableCounts(redacted=1)}


def test_a_redacted_revision_of_a_table_without_history_is_counted_alone() -> None:
    recorder = Recorder()
    process(recorder, revision(table="Car", data=None, data_hash=REDACTED))
    assert recorder.rounds == []
    assert counts(recorder).tables == {"Car": TableCounts(redacted=1)}


def test_an_announced_redaction_goes_to_the_history_alone() -> None:
    recorder = Recorder()

    process(recorder, redactions(("a", 0), ("b", 7)), block_summary())

    assert history(recorder) == [("a", 0, "redacted"), ("b", 7, "redacted")]
    assert recorder.current == []
    assert counts(recorder).redactions == 1
    assert counts(recorder).ignored == {IgnoredReason.BLOCK_SUMMARY: 1}


def test_all_about_one_version_is_one_write() -> None:
    recorder = Recorder()

    process(
        recorder,
        redactions(("a", 0)),
        revision(document_id="a"),
        revision(document_id="a"),
    )

    assert history(recorder) == [("a", 0, "redacted")]
    (write,) = [each for each in recorder.rounds[0] if isinstance(each, HistoryWrite)]
    assert ("hash" in write.metadata, write.content) == (True, {})
    assert counts(recorder).tables == {"Person": TableCounts(applied=1, superseded=1, history=1)}
    assert counts(recorder).redactions == 1


GOOD = (APPLIED, STALE)
BAD, LATE = Permanent("Validation"), Transient("Throttling")


@pytest.mark.parametrize(
    ("current", "in_history", "code", "again"),
    [
        (APPLIED, APPLIED, None, False),
        (APPLIED, STALE, None, False),
        (STALE, APPLIED, None, False),
        (STALE, STALE, None, False),
        (APPLIED, BAD, "history: Validation", False),
        (STALE, BAD, "history: Validation", False),
        (BAD, APPLIED, "Validation", False),
        (BAD, STALE, "Validation", False),
        (BAD, BAD, "Validation; history: Validation", False),
        (APPLIED, LATE, None, True),
        (STALE, LATE, None, True),
        (LATE, APPLIED, None, True),
        (LATE, STALE, None, True),
        (LATE, LATE, None, True),
        (BAD, LATE, None, True),
        (LATE, BAD, None, True),
    ],
)
def test_a_record_is_settled_once_both_its_writes_are(
    current: Outcome, in_history: Outcome, code: str | None, *, again: bool
) -> None:
    recorder = Recorder(outcomes(current, in_history))

    assert process(recorder, revision()) == (["100"] if again else [])

    # Each is tried, whatever becomes of the other.
    assert len(recorder.rounds[0]) == 2
    quarantined = [] if code is None else [("refused", code)]
    assert [(each.reason, each.code) for each in recorder.quarantined] == quarantined
    assert counts(recorder).retried.total() == again
    assert counts(recorder).tables["Person"] == TableCounts(
        applied=current is APPLIED,
        stale=current is STALE,
        history=in_history is APPLIED,
        quarantined=len(quarantined),
    )


def test_an_older_revision_is_the_current_state_whatever_the_history_has() -> None:
    # given a newest revision that only the history can hold
    recorder = Recorder(
        lambda write: BAD if not isinstance(write, HistoryWrite) and write.version == 1 else APPLIED
    )
    # when
    process(recorder, revision(version=0), revision(version=1))
    # then
    assert [write.version for write in recorder.current] == [1, 0]
    assert [version for _, version, _ in history(recorder)] == [0, 1], "the history once"
    assert [each.code for each in recorder.quarantined] == ["Validation"]


def test_a_superseded_revision_that_no_item_can_hold_is_missing_in_the_history_only() -> None:
    recorder = Recorder()
    old = revision(version=0, data=DEEP)

    assert process(recorder, old, revision(version=1)) == []

    (failed,) = recorder.quarantined
    assert (failed.payload, failed.reason) == (old, "unstorable")
    assert failed.code == "history: nested deeper than 31 levels"
    assert [write.version for write in recorder.current] == [1]
    assert [version for _, version, _ in history(recorder)] == [1]


def test_a_revision_that_no_item_can_hold_has_both_codes() -> None:
    recorder = Recorder()
    process(recorder, revision(data=DEEP))
    (failed,) = recorder.quarantined
    deep = "nested deeper than 31 levels"
    assert (failed.reason, failed.code) == ("unstorable", f"{deep}; history: {deep}")
    assert recorder.rounds == []


def test_a_revision_without_its_block_address_is_the_current_state() -> None:
    recorder = Recorder()
    record = revision().replace(b"blockAddress", b"blockAddresx")

    assert process(recorder, record) == []

    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code) == ("malformed", "history: blockAddress is missing")
    assert len(recorder.current) == 1


def test_the_address_does_not_matter_without_a_history() -> None:
    recorder = Recorder()
    process(recorder, revision(table="Car").replace(b"blockAddress", b"blockAddresx"))
    assert recorder.quarantined == []


@pytest.mark.parametrize(
    ("outcome", "again", "quarantined"),
    [(APPLIED, False, 0), (STALE, False, 0), (BAD, False, 2), (LATE, True, 0)],
)
def test_what_only_the_history_needs_is_counted_once_it_is_settled(
    outcome: Outcome, quarantined: int, *, again: bool
) -> None:
    recorder = Recorder(outcomes(history=outcome))
    redacted = revision(document_id="a", data=None, data_hash=REDACTED)

    assert process(recorder, redactions(("b", 0)), redacted) == (["100"] if again else [])

    settled = 0 if again or quarantined else 1
    assert counts(recorder).redactions == settled
    assert counts(recorder).tables["Person"].redacted == settled
    assert counts(recorder).quarantined.total() == quarantined
    assert counts(recorder).tables["Person"].quarantined == quarantined // 2, "no table is named"
    assert counts(recorder).retried.total() == (2 if again else 0)
    assert {each.code for each in recorder.quarantined} <= {"history: Validation"}


def test_a_block_summary_that_cannot_be_read_is_malformed() -> None:
    recorder = Recorder()
    process(recorder, redactions(info="1"), redactions(("a", 10**38)), revision())
    assert [(each.reason, each.code) for each in recorder.quarantined] == [
        ("malformed", "redactionInfo is not a struct"),
        ("malformed", "history: version has more digits than a number of DynamoDB"),
    ]
    assert len(recorder.current) == 1


def test_one_redaction_of_a_block_that_fails_does_not_keep_the_others_from_being_written() -> None:
    recorder = Recorder(
        lambda write: BAD if isinstance(write, HistoryWrite) and write.version == 1 else APPLIED
    )
    summary = redactions(("a", 0), ("a", 1), ("a", 2))

    assert process(recorder, summary) == []

    assert [version for _, version, _ in history(recorder)] == [0, 1, 2]
    assert [each.payload for each in recorder.quarantined] == [summary]


def test_a_bad_redaction_does_not_keep_those_after_it_from_being_written() -> None:
    recorder = Recorder()
    summary = redactions(("a" * 2049, 0), ("b", 0), ("c", 10**38), ("d", 0))

    assert process(recorder, summary) == []

    assert [document for document, _, _ in history(recorder)] == ["b", "d"]
    (failed,) = recorder.quarantined
    assert failed.payload == summary
    assert counts(recorder).redactions == 0


@pytest.mark.parametrize("zeros", [38, 4000])
def test_a_block_that_no_item_can_hold_is_malformed(zeros: int) -> None:
    recorder = Recorder()

    address = f'{{strandId: "HgXAkLjAtV0HQ4lNYdzX60", sequenceNo: {10**zeros}}}'

    process(recorder, revision(block_address=address), revision(document_id="b", version=1))

    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code) == (
        "malformed",
        "history: sequenceNo has more digits than a number of DynamoDB",
    )
    assert len(recorder.current) == 2


@pytest.mark.parametrize(("outcome", "number"), [(APPLIED, 2), (STALE, 0), (LATE, 0), (BAD, 0)])
def test_what_a_block_summary_redacts_counts_in_the_total_only(
    outcome: Outcome, number: int
) -> None:
    recorder = Recorder(outcomes(history=outcome))

    process(recorder, redactions(("a", 0), ("b", 0)))

    found = counts(recorder)
    assert found.total().history == number
    assert not any(table.history for table in found.tables.values())


def test_the_reason_of_two_faults_is_that_of_the_first_code() -> None:
    """The history is written first, and named last."""
    recorder = Recorder()
    too_large = f'{{text: "{"x" * 410_000}"}}'

    process(recorder, revision(data=too_large, block_address=None))

    (failed,) = recorder.quarantined
    assert failed.reason == "unstorable"
    assert failed.code.endswith("; history: blockAddress is missing")


def test_a_redaction_whose_id_is_too_long_for_a_key_is_unstorable() -> None:
    recorder = Recorder()
    process(recorder, redactions(("d" * 2049, 0)))
    (failed,) = recorder.quarantined
    assert (failed.reason, failed.code) == (
        "unstorable",
        "history: a document id of more than 2048 bytes",
    )


def test_records_of_one_aggregate_fail_apart() -> None:
    recorder = Recorder(
        lambda write: (
            BAD if isinstance(write, HistoryWrite) and write.document_id == "a" else APPLIED
        )
    )
    process(recorder, aggregate(revision(document_id="a"), revision(document_id="b")))
    assert [each.position.sub_sequence_number for each in recorder.quarantined] == [0]


def test_a_record_of_both_tables_that_the_bucket_refuses_is_delivered_again_once() -> None:
    recorder = Recorder(outcomes(BAD, BAD), bucket_fails=True)
    assert process(recorder, revision()) == ["100"]
    assert counts(recorder).retried == {"FailureStore": 1}
