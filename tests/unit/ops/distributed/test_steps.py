"""The steps of a distributed replay, one after the other: what is written, once, and what is told.

Exports are in a folder; the services are in memory. The state machine itself is tested in
tests/e2e/test_distributed_replay.py.
"""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from handler.failures import object_key
from handler.replay_contract import Step
from handler.settings import HandlerSettings, ReplicaTable
from journal.exports.sequence import ObjectPart
from ops.distributed import plan_step, write_step
from ops.distributed.batch_item import Item
from ops.distributed.check_step import IncompleteError
from ops.errors import OpsError
from ops.exports import bucket
from ops.exports.source import ObjectError
from ops.replay.batch_replay import BatchReplay
from ops.replay.batch_writing import NotWrittenError
from ops.replay.messages import Pass
from ops.replay.plan import Batch
from tests.support.distributed_run import DistributedRun
from tests.support.export_buckets import BUCKET, ExportS3
from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.memory_dynamodb import Tables
from tests.support.replay_run import HISTORY, PERSON, SETTINGS, WITH_HISTORY
from tests.support.state_machines import MAX_INPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qldb_simulator.journal import Ledger

SECRET = "a secret that was redacted"


@pytest.fixture
def ledger() -> Ledger:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    return ledger


def insert(ledger: Ledger, **fields: object) -> str:
    block = ledger.commit([Insert(table="Person", document=dict(fields))])
    return str(block.documents[0].document_id)


def update(ledger: Ledger, document_id: str, **fields: object) -> None:
    ledger.commit([Update(table="Person", document_id=document_id, document=dict(fields))])


def deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def busy(ledger: Ledger) -> dict[str, int]:
    """Commit 25 revisions of 6 documents, and return the newest version of each."""
    ids = [insert(ledger, number=0) for _ in range(6)]
    for number in range(1, 4):
        for document_id in random.Random(number).sample(ids, len(ids)):
            update(ledger, document_id, number=number)
    ledger.commit([Delete(table="Person", document_id=ids[0])])
    return dict.fromkeys(ids[1:], 3) | {ids[0]: 4}


def versions(run: DistributedRun) -> dict[str, int]:
    return {key: int(item["version"]["N"]) for key, item in run.tables.items(PERSON).items()}


def fail_at(count: int) -> Callable[[], None]:
    left = iter(range(count))

    def fails() -> None:
        if next(left, None) is None:
            raise NotWrittenError("not now")

    return fails


@pytest.mark.parametrize("output_format", ExportFormat)
@pytest.mark.parametrize("batch_bytes", [1, 2000, 10**9])
def test_each_document_has_its_newest_version(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat, batch_bytes: int
) -> None:
    expected = busy(ledger)
    folder = export_of(ledger.blocks, output_format).write_to(tmp_path)
    run = DistributedRun(folder, batch_bytes=batch_bytes)

    result = run.execute()

    assert versions(run) == expected
    assert result.is_complete
    tally = result.tally
    assert tally.blocks == len(ledger.blocks)
    assert tally.revisions == 25
    assert tally.applied + tally.stale + tally.superseded == 25


def test_a_batch_writes_a_document_once(tmp_path: Path, ledger: Ledger) -> None:
    expected = busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path), batch_bytes=10**9)

    run.execute()

    assert sorted(run.writes) == sorted(expected.items())


def test_the_history_has_every_revision(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path), settings=WITH_HISTORY)

    result = run.execute()

    assert len(run.tables.items(HISTORY)) == result.tally.history == 25


def test_another_execution_does_nothing_again(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    first = run.execute()
    run.writes.clear()

    second = run.execute()

    assert run.writes == []
    assert (first.is_new, second.is_new) == (True, False)
    assert second.tally == first.tally


@pytest.mark.parametrize("count", range(0, 13, 2))
def test_what_an_execution_did_not_do_the_next_one_does(
    tmp_path: Path, ledger: Ledger, count: int
) -> None:
    # given an execution that a write ends
    expected = busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    with pytest.raises(NotWrittenError):
        run.execute(fails=fail_at(count))
    done = len(run.keys("/written/"))
    before = len(run.writes)
    # when it is started again
    result = run.execute()
    # then it goes on with the batches that were not done, and counts all
    assert versions(run) == expected
    assert result.is_complete
    assert result.tally.revisions == 25
    whole = DistributedRun(tmp_path)
    whole.execute()
    assert len(run.writes) <= len(whole.writes) + (before - done) + 1
    assert done < len(run.keys("/written/"))


def test_another_execution_leaves_the_lists_of_one_that_is_running(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given an execution that has planned what it does
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    planned = run.plan()
    # when another one does everything, and a third has nothing left to do
    run.execute()
    run.execute()
    # then
    assert len(run.items(planned.scan_key)) == planned.scan_count
    assert len(run.items(planned.write_key)) == planned.write_count > 0


def test_a_restart_does_everything_again(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    run.execute()
    count = len(run.writes)

    run.execute(restart=True)
    run.execute()

    assert len(run.writes) == 2 * count


def test_other_settings_are_other_work(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    run.execute()
    count = len(run.writes)

    run.settings = WITH_HISTORY
    run.execute()

    assert len(run.writes) > count
    assert len(run.tables.items(HISTORY)) == 25


def test_settings_that_change_while_it_runs_end_it(tmp_path: Path, ledger: Ledger) -> None:
    # given a stack that is deployed without a table before anything is written
    ledger.commit([CreateTable(table="Car")])
    ledger.commit([Insert(table="Car", document={"n": 1})])
    car = ReplicaTable(ledger_table="Car", table_name="car-1")
    both = replace(SETTINGS, replica_tables={**SETTINGS.replica_tables, "Car": car})
    run = DistributedRun(
        export_of(ledger.blocks).write_to(tmp_path),
        settings=both,
        tables=Tables([PERSON, "car-1"], history=[HISTORY]),
    )
    with pytest.raises(OpsError, match="was deployed with other tables"):
        run.execute(deployed=SETTINGS)
    # when it has the table again
    run.execute()
    # then
    assert len(run.tables.items("car-1")) == 1


def test_a_redaction_in_a_newer_block_redacts_older_copies(tmp_path: Path, ledger: Ledger) -> None:
    # given an export from before a redaction, and one with nothing but the redaction
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    export_of(ledger.blocks, export_id="2ZzAdzxh1X4KNZlUyBKwR9").write_to(tmp_path)
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export_of(ledger.blocks[number:]).write_to(tmp_path)
    run = DistributedRun(tmp_path, settings=WITH_HISTORY)
    # when
    run.execute()
    # then
    history = run.tables.items(HISTORY)
    assert SECRET not in str(history)
    assert SECRET not in str(run.buckets.objects("replays"))
    assert history[f"{document}/0"]["revisionState"] == {"S": "redacted"}


def test_a_redacted_copy_in_a_superseded_export_redacts_the_other(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given two exports of the same blocks: the one that is read has the data, the other has not
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    whole = export_of(ledger.blocks, prefix="whole/", export_id="2ZzAdzxh1X4KNZlUyBKwR9")
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    redacted = export_of(ledger.blocks[:-1], prefix="redacted/")
    later = export_of(ledger.blocks[3:], prefix="whole/", export_id="3ZzAdzxh1X4KNZlUyBKwR9")
    for export in (whole, redacted, later):
        export.write_to(tmp_path)
    run = DistributedRun(tmp_path, settings=WITH_HISTORY)
    # when
    result = run.execute()
    # then
    assert SECRET not in str(run.tables.items(HISTORY))
    assert versions(run) == {document: 1}
    assert result.is_complete


def test_a_redaction_of_a_version_that_no_ledger_reaches_is_no_error(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a block that redacts a version of more than 64 bits
    document = insert(ledger, name="one")
    update(ledger, document, name="two")
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export = export_of(ledger.blocks, ExportFormat.JSON, blocks_per_object=1)
    folder = export.write_to(tmp_path)
    file = folder / export.data_keys[-1]
    content = file.read_bytes()
    assert b'"version":0' in content
    file.write_bytes(content.replace(b'"version":0', b'"version":18446744073709551616'))
    run = DistributedRun(folder)
    # when
    result = run.execute()
    # then
    assert result.is_complete
    assert versions(run) == {document: 1}


@pytest.mark.parametrize("removed", ["transactionInfo", "txTime"])
def test_the_failure_bucket_has_no_redacted_data_of_what_cannot_be_read(
    tmp_path: Path, ledger: Ledger, removed: str
) -> None:
    # given a revision whose block lacks its table, or that lacks its time, and a redaction of it
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    export = export_of(ledger.blocks, ExportFormat.JSON, blocks_per_object=1)
    folder = export.write_to(tmp_path)
    for key in export.data_keys:
        content = (folder / key).read_bytes()
        if SECRET.encode() in content:
            (folder / key).write_bytes(content.replace(removed.encode(), b"x"))
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    export_of(ledger.blocks[number:], ExportFormat.JSON).write_to(tmp_path)
    run = DistributedRun(tmp_path, settings=WITH_HISTORY)
    # when
    run.execute()
    # then
    [record] = run.bucket.records
    assert record.reason == "malformed"
    assert SECRET.encode() not in record.payload
    assert document.encode() in record.payload


def test_the_next_lower_version_takes_the_place_of_one_that_cannot_be_stored(
    tmp_path: Path, ledger: Ledger
) -> None:
    document = insert(ledger, number=0)
    update(ledger, document, number=1)
    update(ledger, document, number=deep(40))
    update(ledger, document, number=deep(41))
    run = DistributedRun(export_of(ledger.blocks, blocks_per_object=1).write_to(tmp_path))

    result = run.execute()

    assert versions(run) == {document: 1}
    assert len(run.bucket.records) == 2
    assert result.tally.quarantined.total() == 2


def test_a_batch_that_exceeds_the_memory_has_the_next_lower_version_itself(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a batch of which only the newest revisions are in memory at a time
    document = insert(ledger, number=0)
    update(ledger, document, number=1)
    update(ledger, document, number=deep(40))
    small = partial(BatchReplay, max_bytes=100, slice_bytes=100)
    monkeypatch.setattr(write_step, "BatchReplay", small)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path), batch_bytes=10**9)
    # when
    result = run.execute()
    # then
    assert versions(run) == {document: 1}
    assert len({object_key(record.position) for record in run.bucket.records}) == 1
    assert result.tally.revisions == 3
    assert result.tally.quarantined.total() == 1


def test_two_ids_of_one_name_are_refused_before_anything_is_written(
    tmp_path: Path, ledger: Ledger
) -> None:
    insert(ledger, number=0)
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])
    insert(ledger, number=1)
    run = DistributedRun(export_of(ledger.blocks, blocks_per_object=1).write_to(tmp_path))

    with pytest.raises(OpsError, match="has 2 ledger tables with the name Person"):
        run.execute()

    assert run.writes == []


def test_an_export_that_is_not_contiguous_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    # given
    busy(ledger)
    export = export_of(ledger.blocks)
    folder = export.write_to(tmp_path)
    (folder / export.data_keys[3]).unlink()
    run = DistributedRun(folder)
    # when / then
    with pytest.raises(
        OpsError, match=r"is not there, though the manifest of export .* nothing below"
    ) as raised:
        run.execute()
    assert "--accept-gaps" in str(raised.value)
    assert run.writes == []
    # when it is accepted / then the result says that something was missing
    result = run.execute(accept_gaps=True)
    assert result.missing
    assert result.is_complete


def test_a_damaged_object_is_refused_before_anything_is_written(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given the newest object cut
    expected = busy(ledger)
    export = export_of(ledger.blocks)
    folder = export.write_to(tmp_path)
    file = folder / export.data_keys[-1]
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    run = DistributedRun(folder)
    # when / then
    with pytest.raises(OpsError, match="the export is not complete"):
        run.execute()
    assert run.writes == []
    # when it is accepted, what can be read is written / then the execution fails nevertheless
    with pytest.raises(IncompleteError):
        run.execute(accept_gaps=True)
    assert run.writes
    # when it is whole again / then nothing is missing
    file.write_bytes(whole)
    result = run.execute()
    assert versions(run) == expected
    assert result.is_complete
    assert result.tally.revisions == 25


def test_a_damaged_superseded_copy_is_told(tmp_path: Path, ledger: Ledger) -> None:
    # given two exports of the same blocks, of which the older one is damaged
    busy(ledger)
    older = export_of(ledger.blocks[:-1], prefix="older/")
    older.write_to(tmp_path)
    export_of(ledger.blocks, prefix="newer/", export_id="3ZzAdzxh1X4KNZlUyBKwR9").write_to(tmp_path)
    file = tmp_path / older.data_keys[0]
    file.write_bytes(file.read_bytes()[:-40])
    run = DistributedRun(tmp_path)
    # when / then
    with pytest.raises(IncompleteError, match="1 things of the export cannot be read"):
        run.execute(accept_gaps=True)


def test_a_copy_that_takes_the_place_of_a_damaged_superseded_one_is_read(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a replay that ended because a superseded copy is damaged
    busy(ledger)
    older = export_of(ledger.blocks[:-1], prefix="older/")
    older.write_to(tmp_path)
    export_of(ledger.blocks, prefix="newer/", export_id="3ZzAdzxh1X4KNZlUyBKwR9").write_to(tmp_path)
    file = tmp_path / older.data_keys[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    run = DistributedRun(tmp_path)
    with pytest.raises(IncompleteError):
        run.execute(accept_gaps=True)
    # when
    file.write_bytes(whole)
    # then
    assert run.execute().is_complete


def test_a_copy_that_was_redacted_takes_the_place_of_one_with_the_data(
    tmp_path: Path, ledger: Ledger
) -> None:
    # given a replay of an export with data that was redacted later
    document = insert(ledger, name=SECRET)
    update(ledger, document, name="new")
    export = export_of(ledger.blocks)
    run = DistributedRun(export.write_to(tmp_path), settings=WITH_HISTORY)
    run.execute()
    # when the same blocks are exported again to the same place
    number = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document, version=0)])
    again = export_of(ledger.blocks[:number])
    assert again.data_keys == export.data_keys
    again.write_to(tmp_path)
    run.execute()
    # then
    assert SECRET not in str(run.tables.items(HISTORY))


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> ExportS3:
    """An empty bucket, whose objects all have the same time."""
    s3 = ExportS3({})
    monkeypatch.setattr(bucket, "_new_client", lambda: s3)
    return s3


def test_a_copy_of_the_same_size_and_second_is_written(ledger: Ledger, exports: ExportS3) -> None:
    # given a replay of an export in a bucket
    document = insert(ledger, name="one")
    export = export_of(ledger.blocks, ExportFormat.JSON, prefix="exports/")
    for key, content in export.files.items():
        exports.buckets.put(BUCKET, key, content)
    run = DistributedRun(f"s3://{BUCKET}/exports/")
    run.execute()
    # when copies take the place of its objects within a second
    for key in export.data_keys:
        exports.buckets.put(BUCKET, key, export.files[key].replace(b'"one"', b'"two"'))
    run.tables.remove(PERSON, document)
    again = run.execute()
    # then
    assert again.is_new
    assert run.tables.items(PERSON)[document]["data"] == {"M": {"name": {"S": "two"}}}


def test_a_copy_that_comes_while_an_execution_runs_is_not_taken_for_the_planned_one(
    ledger: Ledger, exports: ExportS3
) -> None:
    # given
    busy(ledger)
    export = export_of(ledger.blocks, prefix="exports/")
    for key, content in export.files.items():
        exports.buckets.put(BUCKET, key, content)
    run = DistributedRun(f"s3://{BUCKET}/exports/")
    # when a copy comes after the scan, before the first batch is written
    [newest, *_] = reversed(export.data_keys)

    def replace_another() -> None:
        [*_, older] = (key for key in export.data_keys if key != newest)
        exports.buckets.put(BUCKET, older, export.files[older][:-1] + b"x")

    # then the execution ends, and the next one plans with what is there
    with pytest.raises(ObjectError, match="changed after it was listed"):
        run.execute(fails=replace_another)
    assert run.execute().is_complete


def test_tombstones_that_expire_are_refused(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    table = ReplicaTable(ledger_table="Person", table_name=PERSON, tombstone_lifetime_days=100)
    settings = HandlerSettings(replica_tables={"Person": table}, failure_bucket="failures")
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path), settings=settings)

    with pytest.raises(OpsError, match="tombstones of Person expire"):
        run.execute()


def test_unknown_tables_are_refused(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))

    with pytest.raises(OpsError, match="Vehicle is no `ledgerTable`"):
        run.execute(tables=frozenset({"Vehicle"}))


def test_too_many_batches_are_refused(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(ledger)
    monkeypatch.setattr(plan_step, "MAX_BATCHES", 3)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))

    with pytest.raises(OpsError, match="replayBatchMebibytes"):
        run.execute()


def test_the_input_of_a_batch_has_room_for_the_longest_keys(tmp_path: Path, ledger: Ledger) -> None:
    # given the run of a verification of an export that lacks much, with many proofs
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    key = "k" * 1024
    missing = (f"{key} is not there, though a manifest names it",) * plan_step._MAX_MISSING
    planned = run.plan(verify=True, wanted=frozenset(range(10**7, 10**7 + 20_000)))
    planned = replace(planned, missing=missing)
    # when its largest batch is told
    etag = f'"{"0" * 32}-10000"'
    part = ObjectPart(key, 10**10, 10**9, 10**9, "2ZzAdzxh1X4KNZlUyBKwR9", 10**9, 10**9, etag)
    item = Item(Pass.REDACTIONS, Batch(79_999, (part,) * plan_step.MAX_PARTS))
    told = {"step": Step.SCAN, "run": planned.to_json(), "batch": item.to_json()}
    # then Step Functions takes it
    assert len(json.dumps(told)) < MAX_INPUT_BYTES


def test_when_the_time_is_over_nothing_is_begun(tmp_path: Path, ledger: Ledger) -> None:
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))

    with pytest.raises(NotWrittenError, match="the time is over"):
        run.execute(deadline=0)

    assert run.writes == []
    assert run.keys("/written/") == []


def test_a_json_replay_is_corrected_by_one_of_ion(tmp_path: Path, ledger: Ledger) -> None:
    # given items from a JSON export
    document = insert(ledger, photo=b"\x01")
    run = DistributedRun(export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path / "json"))
    run.execute()
    before = run.tables.items(PERSON)[document]
    # when the Ion export follows
    run.folder = export_of(ledger.blocks).write_to(tmp_path / "ion")
    with suppress(KeyError):
        run.execute()
    assert run.tables.items(PERSON)[document] == before
    run.execute(retype=True)
    # then
    assert run.tables.items(PERSON)[document] != before
    assert run.tables.items(PERSON)[document]["data"] == {"M": {"photo": {"B": b"\x01"}}}


def test_results_of_other_batches_are_not_missed(tmp_path: Path, ledger: Ledger) -> None:
    # given an execution whose scan of one batch was lost
    busy(ledger)
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    with pytest.raises(NotWrittenError):
        run.execute(fails=fail_at(3))
    [lost, *_] = run.keys("/scanned/")
    run.buckets.delete("replays", lost)
    # when / then it is scanned again
    assert run.execute().is_complete
    assert lost in run.keys("/scanned/")


def test_the_settings_of_the_stack_decide_on_tables(tmp_path: Path, ledger: Ledger) -> None:
    ledger.commit([CreateTable(table="Car")])
    ledger.commit([Insert(table="Car", document={"n": 1})])
    expected = busy(ledger)
    run = DistributedRun(
        export_of(ledger.blocks).write_to(tmp_path), settings=replace(WITH_HISTORY)
    )

    result = run.execute()

    assert versions(run) == expected
    assert result.tally.ignored == {"Car": 1}
