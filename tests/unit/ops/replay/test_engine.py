"""A replay brings each document to its newest revision, with one write, whatever comes between."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from handler.corrections import Correction
from ops.errors import OpsError
from ops.replay import batch_writing
from ops.replay.batch_writing import Parting
from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.replay_run import HISTORY, PERSON, SETTINGS, WITH_HISTORY, ReplayRun
from tests.support.sentinel import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from qldb_simulator.journal import Ledger


def insert(ledger: Ledger, **fields: object) -> str:
    return str(ledger.commit([Insert(table="Person", document=fields)]).documents[0].document_id)


def update(ledger: Ledger, document_id: str, **fields: object) -> None:
    ledger.commit([Update(table="Person", document_id=document_id, document=fields)])


def deep(levels: int) -> object:
    """Return a value that is nested deeper than an item may be."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.fixture
def ledger() -> Ledger:
    ledger = new_ledger(random.Random(5))
    ledger.commit([CreateTable(table="Person")])
    return ledger


def exported(folder: Path, ledger: Ledger, **options: object) -> Path:
    return export_of(ledger.blocks, **options).write_to(folder)  # type: ignore[arg-type]


def versions(run: ReplayRun) -> dict[str, int]:
    return {key: int(item["version"]["N"]) for key, item in run.tables.items(PERSON).items()}


def busy(ledger: Ledger, documents: int = 6, revisions: int = 4) -> dict[str, int]:
    """Fill a ledger, and return the last version of each document."""
    ids = [insert(ledger, number=0) for _ in range(documents)]
    for number in range(1, revisions):
        for document_id in random.Random(number).sample(ids, len(ids)):
            update(ledger, document_id, number=number)
    ledger.commit([Delete(table="Person", document_id=ids[0])])
    return dict.fromkeys(ids[1:], revisions - 1) | {ids[0]: revisions}


@pytest.mark.parametrize("output_format", ExportFormat)
def test_each_document_is_written_once_in_its_newest_version(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat
) -> None:
    expected = busy(ledger)
    run = ReplayRun(exported(tmp_path, ledger, output_format=output_format))

    ending = run.run()

    assert versions(run) == expected
    assert sorted(run.writes) == sorted(expected.items())
    assert not ending.unread
    assert run.state is not None
    tally = run.state.tally
    assert (tally.applied, tally.deleted, tally.stale) == (6, 1, 0)
    assert tally.superseded + tally.applied == tally.revisions == 25


def test_a_batch_of_several_objects_gives_the_same(tmp_path: Path, ledger: Ledger) -> None:
    expected = busy(ledger)
    run = ReplayRun(exported(tmp_path, ledger), objects_per_batch=4)

    run.run()

    assert versions(run) == expected
    assert len(run.writes) == len(expected)


def test_a_batch_that_is_too_large_for_the_memory_gives_the_same(
    tmp_path: Path, ledger: Ledger
) -> None:
    expected = busy(ledger)
    run = ReplayRun(
        exported(tmp_path, ledger), objects_per_batch=5, max_bytes=2000, slice_bytes=1000
    )

    run.run()

    assert versions(run) == expected
    assert len(run.writes) == len(expected)


@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("entries", [1, 7])
def test_a_batch_that_is_written_in_parts_gives_the_same(
    tmp_path: Path, ledger: Ledger, entries: int, at_once: int
) -> None:
    # given revisions and redactions of each document all over a batch, and what cannot be stored
    expected = busy(ledger)
    for document_id in expected:
        ledger.commit([Redact(table="Person", document_id=document_id, version=1)])
    expected[faulty := insert(ledger, number=0)] = 0
    update(ledger, faulty, number=deep(40))
    export = exported(tmp_path, ledger)
    whole = ReplayRun(export, settings=WITH_HISTORY, objects_per_batch=100)
    whole.run()
    # when it is written in parts
    parting = Parting(entries=entries, at_once=at_once)
    run = ReplayRun(export, settings=WITH_HISTORY, objects_per_batch=100, parting=parting)
    run.run()
    # then each item is the same, and written as often
    assert versions(run) == expected
    assert run.tables.items(PERSON) == whole.tables.items(PERSON)
    assert run.tables.items(HISTORY) == whole.tables.items(HISTORY)
    assert sorted(run.writes) == sorted(whole.writes)
    assert [each.code for each in run.bucket.records] == [
        each.code for each in whole.bucket.records
    ]
    assert run.state is not None
    assert whole.state is not None
    assert run.state.tally == whole.state.tally


def test_large_revisions_become_items_in_smaller_parts(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a batch of few revisions with many bytes
    expected = {insert(ledger, text="x" * 2000): 0 for _ in range(20)}
    monkeypatch.setattr(batch_writing, "MAX_PART_BYTES", 10_000)
    run = ReplayRun(exported(tmp_path, ledger), objects_per_batch=100)
    calls: list[None] = []
    # when
    run.run(fails=lambda: calls.append(None))
    # then not all of them are in one call
    assert versions(run) == expected
    assert len(calls) > 1


def test_a_part_is_written_while_another_waits_for_dynamodb(tmp_path: Path, ledger: Ledger) -> None:
    # given a writer whose first two calls wait for each other
    expected = busy(ledger)
    parting = Parting(entries=3, at_once=2)
    run = ReplayRun(exported(tmp_path, ledger), objects_per_batch=100, parting=parting)
    barrier = threading.Barrier(2)
    calls = iter([barrier] * 2)

    def wait_for_the_other() -> None:
        if (found := next(calls, None)) is not None:
            found.wait(timeout=20)

    # when
    run.run(fails=wait_for_the_other)
    # then
    assert versions(run) == expected


def test_a_ceiling_of_write_units_is_no_lack_of_progress(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a batch whose writes take longer than DynamoDB may take without any progress
    expected = {insert(ledger, number=number): 0 for number in range(60)}
    monkeypatch.setattr(batch_writing, "ROUND_SECONDS", 0.2)
    run = ReplayRun(exported(tmp_path, ledger), objects_per_batch=100, write_units=75)
    # when
    run.run()
    # then it is written, and nothing twice
    assert versions(run) == expected
    assert len(run.writes) == len(expected)


def test_an_error_in_a_part_ends_the_batch(tmp_path: Path, ledger: Ledger) -> None:
    # given a batch of many parts
    expected = busy(ledger)
    parting = Parting(entries=1, at_once=2)
    run = ReplayRun(exported(tmp_path / "x", ledger), objects_per_batch=100, parting=parting)
    # when one fails
    with pytest.raises(Killed):
        run.run(state_file=tmp_path / "state", fails=kill_at(1))
    # then the others do not begin, and the next run does what is left
    assert len(run.writes) < len(expected)
    run.run(state_file=tmp_path / "state")
    assert versions(run) == expected


def test_without_an_index_the_result_is_the_same(tmp_path: Path, ledger: Ledger) -> None:
    expected = busy(ledger)
    run = ReplayRun(exported(tmp_path, ledger))

    run.run(has_index=False)

    assert versions(run) == expected
    assert len(run.writes) > len(expected)


class Killed(BaseException):
    """Ends a replay as a kill does."""


def kill_at(count: int) -> Callable[[], None]:
    left = iter(range(count))

    def fails() -> None:
        if next(left, None) is None:
            raise Killed

    return fails


@pytest.mark.parametrize("count", range(14))
def test_a_replay_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, ledger: Ledger, count: int
) -> None:
    # given
    expected = busy(ledger)
    folder = exported(tmp_path / "export", ledger)
    run = ReplayRun(folder)
    file = tmp_path / "state"
    # when it is killed before some write, again and again
    with suppress(Killed):
        run.run(state_file=file, fails=kill_at(count))
    before = len(run.writes)
    run.run(state_file=file)
    # then everything is there, and nothing was written twice
    assert versions(run) == expected
    assert len(run.writes) == len(expected)
    assert before <= len(run.writes)


def test_a_revision_that_fails_in_both_tables_is_one_object_that_names_both(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given items of another tool under the keys of a document, whose newest revision is tried first
    document = insert(ledger, number=0)
    update(ledger, document, number=1)
    run = ReplayRun(
        exported(tmp_path, ledger, blocks_per_object=1),
        settings=WITH_HISTORY,
    )
    key = {"pk": {"S": document}}
    run.tables.put(PERSON, key, all_old=False)
    run.tables.put(HISTORY, key | {"version": {"N": "0"}}, all_old=False)
    # when
    run.run()
    # then, whatever was tried later
    codes = {record.position.sequence_number: record.code for record in run.bucket.records}
    assert codes[str(ledger.blocks[1].sequence_no)] == (
        "ItemWithoutVersion; history: ItemWithoutRevisionState"
    )


def test_a_replay_that_is_complete_does_nothing_again(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = ReplayRun(exported(tmp_path / "export", ledger))
    run.run(state_file=tmp_path / "state")
    run.writes.clear()

    run.run(state_file=tmp_path / "state")

    assert run.writes == []
    assert run.state is not None


def test_a_stop_ends_after_the_batch(tmp_path: Path, ledger: Ledger) -> None:
    expected = busy(ledger)
    run = ReplayRun(exported(tmp_path / "export", ledger))
    stops = iter([False, False])

    ending = run.run(state_file=tmp_path / "state", stop=lambda: next(stops, True))

    assert ending.is_interrupted
    assert len(versions(run)) < len(expected)
    assert not run.run(state_file=tmp_path / "state").is_interrupted
    assert versions(run) == expected


def test_the_next_lower_version_takes_the_place_of_one_that_cannot_be_stored(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a document whose two newest revisions are nested too deep, in objects of their own
    other = insert(ledger, number=0)
    document = insert(ledger, number=0)
    update(ledger, document, number=1)
    update(ledger, document, number=deep(40))
    update(ledger, document, number=deep(41))
    run = ReplayRun(exported(tmp_path, ledger, blocks_per_object=1))
    # when
    ending = run.run()
    # then
    assert versions(run) == {document: 1, other: 0}
    assert {record.reason for record in run.bucket.records} == {"unstorable"}
    assert len(run.bucket.records) == 2
    assert not ending.unread


def test_a_large_batch_has_the_next_lower_version_itself(tmp_path: Path, ledger: Ledger) -> None:
    document = insert(ledger, number=0)
    update(ledger, document, number=1)
    update(ledger, document, number=deep(40))
    run = ReplayRun(
        exported(tmp_path, ledger), objects_per_batch=10, max_bytes=100, slice_bytes=100
    )

    run.run()

    assert versions(run) == {document: 1}


def test_a_redacted_copy_in_any_export_redacts_every_other(tmp_path: Path, ledger: Ledger) -> None:
    # given two exports of the same blocks: the one that is read has the data, the other has not
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    whole = export_of(ledger.blocks, prefix="whole/", export_id="2ZzAdzxh1X4KNZlUyBKwR9")
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    redacted = export_of(ledger.blocks[:-1], prefix="redacted/")
    later = export_of(ledger.blocks[3:], prefix="whole/", export_id="3ZzAdzxh1X4KNZlUyBKwR9")
    for export in (whole, redacted, later):
        export.write_to(tmp_path)
    run = ReplayRun(tmp_path, settings=WITH_HISTORY)
    # when
    run.run()
    # then
    assert SECRET not in str(run.tables.items(HISTORY))
    assert SECRET not in str(run.tables.items(PERSON))
    assert versions(run) == {document: 1}


def test_a_redaction_in_a_block_redacts_older_copies(tmp_path: Path, ledger: Ledger) -> None:
    # given an export from before a redaction, and one with nothing but the redaction
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    before = export_of(ledger.blocks, export_id="2ZzAdzxh1X4KNZlUyBKwR9")
    before.write_to(tmp_path)
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export_of(ledger.blocks[number:]).write_to(tmp_path)
    run = ReplayRun(tmp_path, settings=WITH_HISTORY)
    # when
    run.run()
    # then
    history = run.tables.items(HISTORY)
    assert SECRET not in str(history)
    assert history[f"{document}/0"]["revisionState"] == {"S": "redacted"}
    assert "hash" in history[f"{document}/0"]


def test_the_failure_bucket_has_no_redacted_data_of_what_cannot_be_read(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a revision without its time, and a redaction of it
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    export = export_of(ledger.blocks, ExportFormat.JSON, blocks_per_object=1)
    export.write_to(tmp_path)
    for key in export.data_keys:
        content = (tmp_path / key).read_bytes()
        if SECRET.encode() in content:
            (tmp_path / key).write_bytes(content.replace(b"txTime", b"x"))
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export_of(ledger.blocks[number:], ExportFormat.JSON).write_to(tmp_path)
    run = ReplayRun(tmp_path)
    # when
    run.run()
    # then
    [record] = run.bucket.records
    assert SECRET.encode() not in record.payload


def test_the_newest_revision_that_is_known_may_be_redacted(tmp_path: Path, ledger: Ledger) -> None:
    # given an export of the first versions, and the block that redacts the second of them
    document = insert(ledger, name="first")
    update(ledger, document, name=SECRET)
    export_of(ledger.blocks, export_id="2ZzAdzxh1X4KNZlUyBKwR9").write_to(tmp_path)
    update(ledger, document, name="third")
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=1)])
    export_of(ledger.blocks[number:]).write_to(tmp_path)
    run = ReplayRun(tmp_path)
    # when
    run.run()
    # then the redacted data is nowhere, and the state is what is left
    assert SECRET not in str(run.tables.items(PERSON))
    assert versions(run) == {document: 0}


def test_the_history_has_every_revision(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = ReplayRun(exported(tmp_path, ledger), settings=WITH_HISTORY)

    run.run()

    assert run.state is not None
    assert len(run.tables.items(HISTORY)) == run.state.tally.history == 25


def test_two_ids_of_one_name_are_refused(tmp_path: Path, ledger: Ledger) -> None:
    insert(ledger, number=0)
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])
    insert(ledger, number=1)
    run = ReplayRun(exported(tmp_path, ledger))

    with pytest.raises(OpsError, match="has 2 ledger tables with the name Person") as raised:
        run.run()

    assert "mergeGenerations" in str(raised.value)


def test_a_bucket_that_takes_nothing_stops_the_replay(tmp_path: Path, ledger: Ledger) -> None:
    insert(ledger, number=deep(40))
    run = ReplayRun(exported(tmp_path / "export", ledger))
    run.bucket.is_broken = True

    with pytest.raises(OpsError, match="does not take"):
        run.run(state_file=tmp_path / "state")

    run.bucket.is_broken = False
    run.run(state_file=tmp_path / "state")
    assert len(run.bucket.records) == 1


def test_an_object_that_is_damaged_is_read_again_when_it_is_whole(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given the newest object cut, so that it has no block any more
    document = insert(ledger, number=0)
    for number in range(1, 6):
        update(ledger, document, number=number)
    export = export_of(ledger.blocks)
    folder = export.write_to(tmp_path / "export")
    newest = folder / export.data_keys[-1]
    content = newest.read_bytes()
    newest.write_bytes(content[:40])
    run = ReplayRun(folder)
    # when
    ending = run.run(state_file=tmp_path / "state")
    before = versions(run)
    newest.write_bytes(content)
    again = run.run(state_file=tmp_path / "state")
    # then
    assert ending.unread
    assert before[document] < 5
    assert not again.unread
    assert versions(run) == {document: 5}


def test_an_ion_replay_corrects_what_a_json_replay_has_written(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given
    document = insert(ledger, data=b"\x01\x02")
    run = ReplayRun(exported(tmp_path / "json", ledger, output_format=ExportFormat.JSON))
    run.run()
    assert run.tables.items(PERSON)[document]["data"] == {"M": {"data": {"S": "AQI="}}}
    # when
    run.folder = exported(tmp_path / "ion", ledger)
    run.run()
    assert run.tables.items(PERSON)[document]["data"] == {"M": {"data": {"S": "AQI="}}}
    run.run(correction=Correction.SAME_REVISION)
    # then
    assert run.tables.items(PERSON)[document]["data"] == {"M": {"data": {"B": b"\x01\x02"}}}


@pytest.mark.parametrize("correction", Correction)
def test_a_json_export_takes_no_types_away(
    tmp_path: Path, ledger: Ledger, correction: Correction
) -> None:
    # given items from Ion, with a history
    document = insert(ledger, data=b"\x01\x02")
    run = ReplayRun(exported(tmp_path / "ion", ledger), settings=WITH_HISTORY)
    run.run()
    before = run.tables.items(PERSON), run.tables.items(HISTORY)
    assert before[0][document]["data"] == {"M": {"data": {"B": b"\x01\x02"}}}
    # when the JSON export of the same journal corrects what differs
    run.folder = exported(tmp_path / "json", ledger, output_format=ExportFormat.JSON)
    run.run(correction=correction)
    # then nothing has changed
    assert (run.tables.items(PERSON), run.tables.items(HISTORY)) == before


def test_only_chosen_tables_are_replayed(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = ReplayRun(exported(tmp_path, ledger), settings=SETTINGS)

    run.run(tables=frozenset({"Other"}))

    assert run.writes == []
    assert run.state is not None
    assert run.state.tally.ignored == {"Person": 25}


def secrets(items: Sequence[object]) -> bool:
    return SECRET in str(items)


def test_a_redacted_revision_does_not_reach_the_failure_bucket_with_its_data(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a revision that cannot be stored, and that is redacted in another export
    document = insert(ledger, name=SECRET, number=deep(40))
    update(ledger, document, name="new")
    export_of(ledger.blocks, export_id="2ZzAdzxh1X4KNZlUyBKwR9").write_to(tmp_path)
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export_of(ledger.blocks[number:]).write_to(tmp_path)
    run = ReplayRun(tmp_path, settings=WITH_HISTORY)
    # when
    run.run()
    # then
    assert not secrets([record.payload for record in run.bucket.records])
