"""A conversion has exactly the items that a replay would write, one for each key."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from handler.corrections import canonical_item
from infra.import_manifest import ImportedTable, ImportManifest
from ops import connections
from ops.command_line import main
from ops.convert import conversion
from ops.convert.conversion import Converted, convert, folder_name
from ops.convert.summary import converted_lines
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.replay.job import Job
from ops.replay.plan import Plan, plan_of
from ops.stack_outputs import StackOutputs
from tests.support.exports import export_of, new_ledger
from tests.support.replay_run import (
    HISTORY,
    PERSON,
    SETTINGS,
    WITH_HISTORY,
    Bucket,
    NoProgress,
    ReplayRun,
)
from tests.support.sentinel import SECRET
from tests.support.varied_ledger import varied_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from handler.settings import HandlerSettings


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    monkeypatch.setattr(connections, "failure_store", lambda _: bucket)
    return bucket


def planned(source: Path) -> tuple[str, Plan]:
    sequence = chosen_sequence(catalogue(open_source(str(source)), block_range), None)
    return sequence.strand_id, plan_of(sequence)


def converted(
    source: Path,
    to: Path,
    settings: HandlerSettings = SETTINGS,
    *,
    is_whole: bool = True,
    processes: int = 1,
    stop: Callable[[], bool] = lambda: False,
) -> Converted:
    strand_id, plan = planned(source)
    work = to.parent / "work"
    work.mkdir(parents=True)
    return convert(
        Job(location=str(source), strand_id=strand_id, settings=settings),
        plan,
        StackOutputs(version="1", region="us-east-1", failure_queue_url="", settings=settings),
        folder=work,
        to=str(to),
        is_whole=is_whole,
        processes=processes,
        stop=stop,
        progress=NoProgress(),
    )


def items(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)["Item"]
        for path in sorted(folder.glob("items/*.json.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def manifest_of(folder: Path) -> ImportManifest:
    return ImportManifest.from_json((folder / "manifest.json").read_text(encoding="utf-8"))


def canonical(found: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    """Return items in a form that is equal for equal items, by document and version."""
    listed = list(found)
    by_key = {(item["pk"]["S"], item["version"]["N"]): canonical_item(item) for item in listed}
    assert len(by_key) == len(listed)
    return by_key


def test_the_items_are_those_of_a_replay(tmp_path: Path) -> None:
    # given
    source = export_of(varied_ledger(60, 400, tables=["Person"]).blocks).write_to(tmp_path / "e")
    run = ReplayRun(source, settings=WITH_HISTORY)
    run.run()
    # when
    result = converted(source, tmp_path / "to", WITH_HISTORY)
    # then
    for folder, table in (("Person", PERSON), ("history", HISTORY)):
        found = items(tmp_path / "to" / folder)
        assert canonical(found) == canonical(run.tables.items(table).values())
    assert [(table.name, table.items) for table in result.tables] == [
        ("Person", 60),
        ("history", len(run.tables.items(HISTORY))),
    ]


def test_several_processes_make_the_same_items(tmp_path: Path) -> None:
    source = export_of(varied_ledger(30, 200, tables=["Person"]).blocks).write_to(tmp_path / "e")

    one = converted(source, tmp_path / "one" / "to")
    two = converted(source, tmp_path / "two" / "to", processes=2)

    assert [(table.name, table.items, table.bytes) for table in two.tables] == [
        (table.name, table.items, table.bytes) for table in one.tables
    ]
    found = [items(tmp_path / name / "to" / "Person") for name in ("one", "two")]
    assert canonical(found[0]) == canonical(found[1])


def test_an_object_that_cannot_be_written_ends_the_conversion(tmp_path: Path) -> None:
    # given a destination in which a file is where a folder has to be
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "Person").write_text("")
    # when and then
    with pytest.raises(OpsError, match="cannot be written"):
        converted(source, tmp_path / "to")


def test_a_stop_while_objects_are_written_leaves_no_manifest(tmp_path: Path) -> None:
    # given items that are all sorted
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    # when a stop is requested at the first object
    result = converted(source, tmp_path / "to", stop=(tmp_path / "to" / "Person" / "items").exists)
    # then nothing can be imported
    assert result.ending.is_interrupted
    assert result.tables == ()
    assert list(tmp_path.rglob("manifest.json")) == []


def test_items_are_in_no_order_of_their_keys(tmp_path: Path) -> None:
    source = export_of(varied_ledger(60, 100, tables=["Person"]).blocks).write_to(tmp_path / "e")

    converted(source, tmp_path / "to")

    keys = [item["pk"]["S"] for item in items(tmp_path / "to" / "Person")]
    assert keys not in (sorted(keys), sorted(keys, reverse=True))


def test_a_redaction_of_a_revision_that_is_not_there_is_an_item_of_its_own(tmp_path: Path) -> None:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"name": SECRET})])
    document_id = block.documents[0].document_id
    ledger.commit([Update(table="Person", document_id=document_id, document={"name": "new"})])
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    source = export_of(ledger.blocks[2:]).write_to(tmp_path / "e")

    converted(source, tmp_path / "to", WITH_HISTORY)

    states = {
        item["version"]["N"]: item["revisionState"]["S"]
        for item in items(tmp_path / "to" / "history")
    }
    assert states == {"0": "redacted", "1": "live"}


def test_the_manifest_tells_what_is_to_be_imported(tmp_path: Path) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")

    result = converted(source, tmp_path / "to", WITH_HISTORY)

    person, history = (manifest_of(tmp_path / "to" / name) for name in ("Person", "history"))
    assert person.key == ("pk",)
    assert history.key == ("pk", "version")
    projection_id = WITH_HISTORY.replica_tables["Person"].projection_id
    for manifest, table in zip((person, history), result.tables, strict=True):
        assert manifest.is_complete
        assert manifest.tables == {
            "Person": ImportedTable(projection_id=projection_id, index_keys={})
        }
        assert len(manifest.table_ids["Person"]) == 1
        assert (manifest.items, manifest.bytes, manifest.objects) == table[1:]


def test_what_is_converted_of_a_part_of_a_journal_is_not_complete(tmp_path: Path) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")

    result = converted(source, tmp_path / "to", is_whole=False)

    assert not result.is_complete
    assert not manifest_of(tmp_path / "to" / "Person").is_complete
    assert "not complete" in "\n".join(converted_lines(result, "to/"))


def test_what_is_converted_of_a_damaged_object_is_not_complete(tmp_path: Path) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    damaged = next(path for path in sorted(source.rglob("*.ion")) if path.stat().st_size > 2_000)
    damaged.write_bytes(damaged.read_bytes()[:-10])

    result = converted(source, tmp_path / "to")

    assert result.ending.unread
    assert not manifest_of(tmp_path / "to" / "Person").is_complete


def test_what_dynamodb_would_refuse_is_in_the_failure_bucket(
    tmp_path: Path, bucket: Bucket
) -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"n": 1})])
    document_id = block.documents[0].document_id
    ledger.commit([Update(table="Person", document_id=document_id, document={"n": deep})])

    result = converted(export_of(ledger.blocks).write_to(tmp_path / "e"), tmp_path / "to")

    (item,) = items(tmp_path / "to" / "Person")
    assert item["version"] == {"N": "0"}
    assert len(bucket.records) == 1
    assert result.tally.quarantined.total() == 1


def test_a_table_without_items_has_a_manifest_and_no_object(tmp_path: Path) -> None:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])

    result = converted(export_of(ledger.blocks).write_to(tmp_path / "e"), tmp_path / "to")

    assert result.tables[0].objects == 0
    assert (tmp_path / "to" / "Person" / "manifest.json").exists()


def test_an_import_has_no_more_objects_than_dynamodb_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    monkeypatch.setattr(conversion, "OBJECT_BYTES", 1)
    monkeypatch.setattr(conversion, "MAX_OBJECTS", 3)
    monkeypatch.setattr(conversion, "MAX_PARTITIONS", 1)

    [table] = converted(source, tmp_path / "to").tables

    assert (table.items, table.objects) == (5, 3)


def test_small_files_become_one_object_and_large_ones_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given more partitions than documents, and one for all of them
    source = export_of(varied_ledger(60, 300, tables=["Person"]).blocks).write_to(tmp_path / "e")
    monkeypatch.setattr(conversion, "_GROWTH", 10_000)
    small = converted(source, tmp_path / "small" / "to", WITH_HISTORY)
    monkeypatch.setattr(conversion, "OBJECT_BYTES", 1_000)
    monkeypatch.setattr(conversion, "MAX_PARTITIONS", 2)
    large = converted(source, tmp_path / "large" / "to", WITH_HISTORY)
    # then both have the same items
    assert [table.objects for table in small.tables] == [1, 1]
    assert min(table.objects for table in large.tables) > 10
    for name in ("Person", "history"):
        found = [items(tmp_path / size / "to" / name) for size in ("small", "large")]
        assert canonical(found[0]) == canonical(found[1])


def test_a_ledger_table_called_history_has_a_folder_of_its_own() -> None:
    assert folder_name("history") != folder_name(None)


def test_the_command_tells_what_is_next(
    tmp_path: Path, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    command = ["convert", str(source), *outputs, "--to", str(tmp_path / "to")]

    assert main(command) == 0

    out = capsys.readouterr().out
    assert "table         Person: 5 items" in out
    assert f"importFrom: {tmp_path / 'to'}/Person/" in out


def test_a_destination_with_anything_in_it_is_refused(
    tmp_path: Path, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    source = export_of(varied_ledger(5, 10, tables=["Person"]).blocks).write_to(tmp_path / "e")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "old").touch()

    assert main(["convert", str(source), *outputs, "--to", str(tmp_path / "to")]) == 1

    assert "is not empty, and DynamoDB imports everything" in capsys.readouterr().err


def test_two_tables_of_one_name_are_refused_with_their_ids(tmp_path: Path) -> None:
    # given a table that was dropped and created again
    ledger = new_ledger(random.Random(1))
    ids = set()
    for _ in range(2):
        ledger.commit([CreateTable(table="Person")])
        block = ledger.commit([Insert(table="Person", document={"n": 1})])
        ids.add(block.documents[0].table_id)
        ledger.commit([DropTable(table="Person")])
    source = export_of(ledger.blocks).write_to(tmp_path / "e")
    # when / then
    with pytest.raises(OpsError, match="2 ledger tables with the name Person") as raised:
        converted(source, tmp_path / "to")
    assert all(each in str(raised.value) for each in ids)


def test_a_redaction_in_a_newer_export_wins_over_an_older_one(tmp_path: Path) -> None:
    # given an older export with data that the ledger has redacted since, and a newer one
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"name": SECRET})])
    document_id = block.documents[0].document_id
    ledger.commit([Update(table="Person", document_id=document_id, document={"name": "new"})])
    source = export_of(ledger.blocks).write_to(tmp_path / "e")
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    export_of(ledger.blocks[3:]).write_to(tmp_path / "e" / "newer")
    # when
    converted(source, tmp_path / "to", WITH_HISTORY)
    # then
    found = [each for name in ("Person", "history") for each in items(tmp_path / "to" / name)]
    assert len(found) == 3
    assert SECRET not in str(found)


def test_deletes_are_tombstones(tmp_path: Path) -> None:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"name": SECRET})])
    ledger.commit([Delete(table="Person", document_id=block.documents[0].document_id)])

    converted(export_of(ledger.blocks).write_to(tmp_path / "e"), tmp_path / "to")

    (item,) = items(tmp_path / "to" / "Person")
    assert item["isDeleted"] == {"BOOL": True}
    assert SECRET not in str(item)
