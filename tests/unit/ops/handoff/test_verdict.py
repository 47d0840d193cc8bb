"""Whether a journal goes on without a gap."""

from __future__ import annotations

from journal.exports.sequence import Gap
from ops.handoff.export_end import ExportEnd
from ops.handoff.intervals import IntervalSet
from ops.handoff.stream_content import StreamContent
from ops.handoff.verdict import Outcome, verdict

STRAND = "HgXAkLjAtV0HQ4lNYdzX60"


def end(*ranges: tuple[int, int], named_last: int = -1) -> ExportEnd:
    """Return the end of an export with these blocks; 0 to 9 without any."""
    blocks = IntervalSet()
    for first, last in ranges or ((0, 9),):
        blocks.add(first, last)
    assert blocks.first is not None
    assert blocks.last is not None
    return ExportEnd(
        strand_id=STRAND,
        blocks=blocks,
        first=blocks.first,
        last=blocks.last,
        last_time="2024-05-01T12:00:00.123Z",
        start_time="2024-05-01T12:00:00Z",
        named_last=named_last,
    )


def stream(*ranges: tuple[int, int], last_revision: int | None = None) -> StreamContent:
    content = StreamContent(strand_id=STRAND, last_revision=last_revision)
    for first, last in ranges:
        content.delivered.add(first, last)
    return content


def test_a_stream_that_overlaps_the_export_and_goes_on_is_contiguous() -> None:
    found = verdict(end(), stream((7, 20)))

    assert found.outcome is Outcome.CONTIGUOUS
    assert found.overlap == (7, 9)
    assert found.last == 20


def test_a_stream_that_begins_with_the_next_block_is_contiguous() -> None:
    found = verdict(end(), stream((10, 20)))

    assert found.outcome is Outcome.CONTIGUOUS
    assert found.overlap is None


def test_a_stream_that_begins_one_block_later_has_a_gap() -> None:
    found = verdict(end(), stream((11, 20)))

    assert found.outcome is Outcome.GAP
    assert found.gaps == [Gap(10, 10)]


def test_a_gap_in_the_middle_of_the_stream_is_found() -> None:
    found = verdict(end(), stream((8, 14), (17, 20), (22, 30)))

    assert found.outcome is Outcome.GAP
    assert found.gaps == [Gap(15, 16), Gap(21, 21)]


def test_a_block_of_which_only_a_revision_was_delivered_is_missing() -> None:
    found = verdict(end(), stream((8, 14), last_revision=16))

    assert found.outcome is Outcome.GAP
    assert found.gaps == [Gap(15, 16)]


def test_a_gap_in_the_export_is_found() -> None:
    found = verdict(end((0, 3), (6, 9)), stream((8, 14)))

    assert found.outcome is Outcome.GAP
    assert found.gaps == [Gap(4, 5)]


def test_a_gap_in_the_export_that_the_stream_fills_is_none() -> None:
    assert verdict(end((0, 3), (6, 9)), stream((4, 14))).outcome is Outcome.CONTIGUOUS


def test_blocks_that_the_stream_has_and_that_are_older_than_the_export_do_not_matter() -> None:
    found = verdict(end((5, 9)), stream((1, 2), (8, 14)))

    assert found.outcome is Outcome.CONTIGUOUS


def test_a_last_object_that_a_manifest_names_and_that_is_not_there_is_a_gap() -> None:
    found = verdict(end(named_last=12), stream((8, 9)))

    assert found.outcome is Outcome.GAP
    assert found.gaps == [Gap(10, 12)]


def test_a_stream_that_ends_before_the_export_does_has_nothing_newer() -> None:
    found = verdict(end(), stream((3, 6)))

    assert found.outcome is Outcome.NOTHING_NEWER
    assert found.overlap == (3, 6)


def test_a_stream_with_no_block_of_the_journal_tells_nothing() -> None:
    assert verdict(end(), stream()).outcome is Outcome.UNKNOWN


def test_what_is_missing_before_the_end_of_the_stream_is_not_called_a_gap() -> None:
    found = verdict(end(), stream((12, 20)), is_at_end=False)

    assert found.outcome is Outcome.UNKNOWN
    assert found.gaps == [Gap(10, 11)]


def test_a_record_that_cannot_be_read_could_be_of_a_later_block() -> None:
    content = stream((8, 14))
    content.unread = 1

    assert verdict(end(), content).outcome is Outcome.UNKNOWN


def test_a_gap_is_a_gap_even_if_something_cannot_be_read() -> None:
    content = stream((12, 14))
    content.unread = 1

    assert verdict(end(), content).outcome is Outcome.GAP
