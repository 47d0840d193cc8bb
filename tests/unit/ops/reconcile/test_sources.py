"""What an export is, or has, decides what counts as wrong: copies, parts, formats, generations."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from handler.settings import HandlerSettings, ReplicaTable
from ops.errors import OpsError
from ops.reconcile.kinds import Kind
from ops.reconcile.reconciliation import Outcome
from ops.reconcile.repair import remove_extra
from tests.support import planted_differences as planted
from tests.support.exports import ExportFormat, export_of, new_ledger
from tests.support.journals import structs
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.reconcile_run import ReconcileRun
from tests.support.replay_run import HISTORY, PERSON, WITH_HISTORY

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger


@pytest.fixture
def ledger() -> Ledger:
    ledger = new_ledger(random.Random(5))
    ledger.commit([CreateTable(table="Person")])
    return ledger


@pytest.fixture
def client() -> MemoryDynamoDB:
    return MemoryDynamoDB(Tables([PERSON], history=[HISTORY]))


def insert(ledger: Ledger, **fields: object) -> str:
    return str(ledger.commit([Insert(table="Person", document=fields)]).documents[0].document_id)


def update(ledger: Ledger, document_id: str, **fields: object) -> None:
    ledger.commit([Update(table="Person", document_id=document_id, document=fields)])


def replica(**options: Any) -> HandlerSettings:  # noqa: ANN401 (those of a table)
    table = ReplicaTable(ledger_table="Person", table_name=PERSON, **options)
    return HandlerSettings(replica_tables={"Person": table}, failure_bucket="failures")


def value(text: str) -> object:
    return simpleion.loads(text)


TYPED = {
    "blob": value("{{aGVsbG8=}}"),
    "clob": value('{{"text"}}'),
    "timestamp": value("2021-02-03T04:05:06.789Z"),
    "symbol": value("green"),
    "nan": value("nan"),
    "float": value("1.5e0"),
    "large": value("1e300"),
    "decimal": Decimal("1.50"),
    "digits": Decimal("1" * 45),
    "list": value("[{{aGVsbG8=}}, null.int, (a b)]"),
}


def test_items_with_their_types_are_equal_to_a_json_export(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given items from an Ion export
    for number in range(3):
        insert(ledger, number=number, **TYPED)
    ion = export_of(ledger.blocks, ExportFormat.ION_BINARY).write_to(tmp_path / "ion")
    json = export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path / "json")
    ReconcileRun(ion, WITH_HISTORY, client).load()
    run = ReconcileRun(json, WITH_HISTORY, client)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.RETYPED: 6}
    assert found.outcome is Outcome.EQUAL
    assert found.formats == {"JSON": len(ledger.blocks) // 2}


def test_another_value_differs_from_a_json_export_too(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    document_id = insert(ledger, **TYPED)
    run = ReconcileRun(
        export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path), WITH_HISTORY, client
    )
    run.load()
    planted.other_value(run, document_id)

    assert run.reconcile(is_deep=True).counts == {Kind.OTHER_VALUE: 1}


def test_a_repair_from_json_takes_no_types_away(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given items from an Ion export, one of which was changed
    document_id = insert(ledger, **TYPED)
    update(ledger, document_id, **TYPED)
    ion = export_of(ledger.blocks, ExportFormat.ION_BINARY).write_to(tmp_path / "ion")
    json = export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path / "json")
    ReconcileRun(ion, WITH_HISTORY, client).load()
    run = ReconcileRun(json, WITH_HISTORY, client)
    kept = run.item(HISTORY, document_id, 0), run.item(HISTORY, document_id, 1)
    planted.other_value(run, document_id)
    assert run.reconcile(is_deep=True).counts == {Kind.OTHER_VALUE: 1, Kind.RETYPED: 2}
    # when its document is repaired
    run.repair()
    # then the others have their types
    assert not run.reconcile(is_deep=True).wrong
    assert (run.item(HISTORY, document_id, 0), run.item(HISTORY, document_id, 1)) == kept


def test_items_that_lost_their_types_differ_from_an_ion_export_until_they_are_repaired(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    insert(ledger, **TYPED)
    json = export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path / "json")
    ion = export_of(ledger.blocks, ExportFormat.ION_TEXT).write_to(tmp_path / "ion")
    ReconcileRun(json, WITH_HISTORY, client).load()
    run = ReconcileRun(ion, WITH_HISTORY, client)

    assert run.reconcile(is_deep=True).counts == {Kind.OTHER_VALUE: 2}
    run.repair()

    assert not run.reconcile(is_deep=True).counts


def test_a_redaction_in_a_newer_export_counts(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given tables from an older export
    document_id = insert(ledger, name="one")
    update(ledger, document_id, name="two")
    older = export_of(ledger.blocks, export_id="older0").write_to(tmp_path / "older")
    ReconcileRun(older, WITH_HISTORY, client).load()
    # when a revision is redacted, and both exports are compared
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    export_of(ledger.blocks, export_id="newer0").write_to(tmp_path / "newer")
    run = ReconcileRun(tmp_path, WITH_HISTORY, client)
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.MISSED_REDACTION: 1}
    run.repair()
    assert not run.reconcile(is_deep=True).counts
    assert "data" not in run.item(HISTORY, document_id, 0)


def test_a_redaction_that_only_a_superseded_copy_shows_counts(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given an export with the redacted revision that seems older than one with its data
    document_id = insert(ledger, name="one")
    update(ledger, document_id, name="two")
    whole = export_of(ledger.blocks, export_id="whole0", end_time="2031-01-01T00:00:00Z")
    blocks = len(ledger.blocks)
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    redacted = export_of(ledger.blocks[:blocks], export_id="redacted0")
    redacted.write_to(tmp_path / "redacted")
    folder = whole.write_to(tmp_path / "whole")
    ReconcileRun(folder, WITH_HISTORY, client).load()

    found = ReconcileRun(tmp_path, WITH_HISTORY, client).reconcile()

    assert found.counts == {Kind.MISSED_REDACTION: 1}


def test_what_is_older_than_a_part_of_the_journal_is_not_wrong(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    insert(ledger, name="one")
    whole = export_of(ledger.blocks).write_to(tmp_path / "whole")
    ReconcileRun(whole, WITH_HISTORY, client).load()
    first = len(ledger.blocks)
    insert(ledger, name="two")
    part = export_of(ledger.blocks[first:]).write_to(tmp_path / "part")

    found = ReconcileRun(part, WITH_HISTORY, client).reconcile()

    assert found.counts == {Kind.MISSING: 2, Kind.OLDER: 2}


def test_missing_blocks_are_told_and_end_with_exit_status_2(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    for number in range(4):
        insert(ledger, number=number)
    written = export_of(ledger.blocks, blocks_per_object=1)
    folder = written.write_to(tmp_path)
    (folder / written.data_keys[2]).unlink()
    run = ReconcileRun(folder, WITH_HISTORY, client)
    run.load()

    found = run.reconcile()

    assert found.outcome is Outcome.NOT_READ
    assert any("blocks 2 to 2 are in no object" in each.problem for each in found.problems)


def test_a_tombstone_that_may_have_expired_is_not_missing(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    document_id = insert(ledger, name="one")
    ledger.commit([Delete(table="Person", document_id=document_id)])
    folder = export_of(ledger.blocks).write_to(tmp_path)

    found = ReconcileRun(folder, replica(tombstone_lifetime_days=30), client).reconcile()
    forever = ReconcileRun(folder, replica(), client).reconcile()

    assert found.counts == {Kind.EXPIRED: 1}
    assert forever.counts == {Kind.MISSING: 1}


def test_a_tombstone_without_the_lifetime_of_its_table_is_of_another_configuration(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    document_id = insert(ledger, name="one")
    ledger.commit([Delete(table="Person", document_id=document_id)])
    folder = export_of(ledger.blocks).write_to(tmp_path)
    ReconcileRun(folder, replica(), client).load()
    run = ReconcileRun(folder, replica(tombstone_lifetime_days=36_500), client)

    assert run.reconcile().counts == {Kind.OTHER_CONFIGURATION: 1}
    run.repair()

    assert not run.reconcile(is_deep=True).counts
    assert "expiresAt" in run.item(PERSON, document_id)


def test_another_projection_is_another_configuration_until_it_is_repaired(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    document_id = insert(ledger, name="one", city="Cardiff")
    folder = export_of(ledger.blocks).write_to(tmp_path)
    ReconcileRun(folder, replica(), client).load()
    run = ReconcileRun(folder, replica(attributes={"city": ("city",)}), client)

    assert run.reconcile().counts == {Kind.OTHER_CONFIGURATION: 1}
    run.repair()

    assert not run.reconcile(is_deep=True).counts
    assert "data" not in run.item(PERSON, document_id)


def test_a_removed_generation_is_told_and_never_brought_back(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a document of a table that was dropped, whose item was turned into a tombstone
    document_id = insert(ledger, name="one")
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])
    insert(ledger, name="two")
    folder = export_of(ledger.blocks).write_to(tmp_path)
    run = ReconcileRun(folder, replica(merge_generations=True), client)
    run.load()
    planted.tombstone(run, document_id)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.REMOVED: 1}
    assert found.outcome is Outcome.EQUAL
    assert not run.to_repair.wanted


def test_a_removed_table_without_a_successor_is_told_and_never_brought_back(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a document of a table that was dropped for good, whose item was turned into a tombstone
    document_id = insert(ledger, name="one")
    insert(ledger, name="two")
    ledger.commit([DropTable(table="Person")])
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), replica(), client)
    run.load()
    planted.tombstone(run, document_id)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.REMOVED: 1}
    assert found.outcome is Outcome.EQUAL
    assert not run.to_repair.wanted


def restore_table_of(document_id: str, run: ReconcileRun, folder: Path) -> None:
    """Write into an export in place of the table Zoo that another was restored."""
    table_id = run.item(PERSON, document_id)["tableId"]["S"]
    for path in folder.rglob("*.ion"):
        text = path.read_text()
        path.write_text(text.replace("CREATE TABLE Zoo", f"UNDROP TABLE {table_id}"))


def test_a_tombstone_of_a_table_that_was_restored_is_wrong(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a document of a table that was dropped and restored, which the simulator cannot do
    document_id = insert(ledger, name="one")
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Zoo")])
    folder = export_of(ledger.blocks, output_format=ExportFormat.ION_TEXT).write_to(tmp_path)
    run = ReconcileRun(folder, replica(), client)
    run.load()
    planted.tombstone(run, document_id)
    restore_table_of(document_id, run, folder)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.WRONG_TOMBSTONE: 1}


def test_a_tombstone_of_a_table_that_was_restored_after_its_successor_is_wrong(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a document of a table that was dropped, and restored when its successor was dropped
    document_id = insert(ledger, name="one")
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])
    insert(ledger, name="two")
    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Zoo")])
    folder = export_of(ledger.blocks, output_format=ExportFormat.ION_TEXT).write_to(tmp_path)
    run = ReconcileRun(folder, replica(merge_generations=True), client)
    run.load()
    planted.tombstone(run, document_id)
    restore_table_of(document_id, run, folder)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.WRONG_TOMBSTONE: 1}


def test_a_tombstone_of_a_table_that_replaced_another_in_one_transaction_is_wrong(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a table that was dropped, created again and written in the same transaction
    former = insert(ledger, name="one")
    result = ledger.commit(
        [
            DropTable(table="Person"),
            CreateTable(table="Person"),
            Insert(table="Person", document={"name": "two"}),
        ]
    )
    document_id = str(result.documents[0].document_id)
    folder = export_of(ledger.blocks).write_to(tmp_path)
    run = ReconcileRun(folder, replica(merge_generations=True), client)
    run.load()
    planted.tombstone(run, document_id)
    planted.tombstone(run, former)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert found.counts == {Kind.WRONG_TOMBSTONE: 1, Kind.REMOVED: 1}


@pytest.mark.parametrize("output_format", ExportFormat)
def test_the_tombstone_of_a_dropped_table_is_told_from_each_format(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB, output_format: ExportFormat
) -> None:
    document_id = insert(ledger, name="one")
    ledger.commit([DropTable(table="Person")])
    folder = export_of(ledger.blocks, output_format=output_format).write_to(tmp_path)
    run = ReconcileRun(folder, replica(), client)
    run.load()
    planted.tombstone(run, document_id)

    assert run.reconcile(is_deep=True).counts == {Kind.REMOVED: 1}


def test_what_no_item_can_hold_is_told_and_the_item_has_the_version_before(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    document_id = insert(ledger, name="one")
    update(ledger, document_id, name=deep)
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), replica(), client)
    run.load()

    found = run.reconcile(is_deep=True)

    assert found.counts == {Kind.UNSTORABLE: 1}
    assert found.outcome is Outcome.EQUAL
    (table,) = found.tables
    assert (table.items, table.expected) == (1, 1)


def test_an_export_without_blocks_could_not_be_read(tmp_path: Path, client: MemoryDynamoDB) -> None:
    folder = export_of([], strand_id="JdxjkR9bSYB5jMHWcI464T").write_to(tmp_path)

    assert ReconcileRun(folder, WITH_HISTORY, client).reconcile().outcome is Outcome.NOT_READ


def test_an_object_whose_compression_is_damaged_is_told(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    insert(ledger, name="one")
    written = export_of(ledger.blocks)
    folder = written.write_to(tmp_path)
    (folder / written.data_keys[0]).write_bytes(b"\x1f\x8b damaged")

    found = ReconcileRun(folder, WITH_HISTORY, client).reconcile()

    assert found.outcome is Outcome.NOT_READ
    assert [each.key for each in found.problems] == [written.data_keys[0]]


def test_a_revision_that_cannot_be_read_is_told(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a version that is no number, one that no item can hold, and a block without tables
    for number in range(3):
        insert(ledger, number=number)
    blocks: list[Any] = structs(ledger)
    for place, version in ((1, "none"), (2, 10**39)):
        (bad,) = (each for each in blocks[place]["revisions"] if "metadata" in each)
        bad["metadata"]["version"] = version
    blocks[3]["transactionInfo"]["documents"] = {}
    written = export_of(ledger.blocks, blocks_per_object=len(blocks))
    folder = written.write_to(tmp_path)
    (key,) = written.data_keys
    (folder / key).write_bytes(simpleion.dumps(blocks, binary=True, sequence_as_stream=True))
    # when
    found = ReconcileRun(folder, WITH_HISTORY, client).reconcile()
    # then
    assert found.outcome is Outcome.NOT_READ
    assert found.unread == 3
    assert {each.key for each in found.problems} == {"block 1", "block 2", "block 3"}
    assert found.revisions == 3


def test_an_extra_item_that_was_changed_meanwhile_stays(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    document_id = insert(ledger, name="one")
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), replica(), client)
    run.load()
    planted.unknown_document(run, document_id)
    run.reconcile()
    (difference,) = run.to_repair.extra
    run.change(PERSON, difference.document_id, version={"N": "5"})

    assert not remove_extra(client, PERSON, difference, has_versions=False)

    assert run.item(PERSON, difference.document_id)


def test_a_document_that_is_removed_before_the_repair_stays_removed(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given an item that differs, and a tombstone where a document lives
    other, wrong = insert(ledger, name="one"), insert(ledger, name="two")
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), replica(), client)
    run.load()
    planted.other_value(run, other)
    planted.tombstone(run, wrong)
    assert run.reconcile(is_deep=True).counts == {Kind.OTHER_VALUE: 1, Kind.WRONG_TOMBSTONE: 1}
    # when `ops generations --remove` makes a tombstone of the first one before both are repaired
    planted.tombstone(run, other)
    run.repair()
    # then it stays, and the other one is repaired
    assert "isDeleted" in run.item(PERSON, other)
    assert "isDeleted" not in run.item(PERSON, wrong)


def test_an_extra_item_that_is_removed_meanwhile_stays_removed(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given an item that the export does not have
    document_id = insert(ledger, name="one")
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), replica(), client)
    run.load()
    planted.unknown_document(run, document_id)
    run.reconcile()
    (difference,) = run.to_repair.extra
    # when it becomes a tombstone of its version, as `ops generations --remove` makes it
    planted.tombstone(run, difference.document_id)
    # then the tombstone stays, without which a late record would bring the document back
    assert not remove_extra(client, PERSON, difference, has_versions=False)
    assert "isDeleted" in run.item(PERSON, difference.document_id)
    # and a tombstone that is extra itself is deleted
    run.reconcile()
    (found,) = run.to_repair.extra
    assert remove_extra(client, PERSON, found, has_versions=False)


def test_an_extra_revision_that_is_redacted_meanwhile_stays_redacted(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    # given a revision that the export does not have
    document_id = insert(ledger, name="one")
    update(ledger, document_id, name="two")
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), WITH_HISTORY, client)
    run.load()
    planted.unknown_revision(run, document_id)
    run.reconcile()
    (difference,) = run.to_repair.extra
    # when the stream redacts it
    redacted = {name: run.item(HISTORY, document_id, 9)[name] for name in ("pk", "version", "hash")}
    run.put(HISTORY, {**redacted, "revisionState": {"S": "redacted"}})
    # then what is left stays, without which a late record would bring the data back
    assert not remove_extra(client, HISTORY, difference, has_versions=True)
    assert run.item(HISTORY, document_id, 9)["revisionState"] == {"S": "redacted"}


def test_a_repair_of_too_much_is_refused(
    tmp_path: Path, ledger: Ledger, client: MemoryDynamoDB
) -> None:
    for number in range(3):
        insert(ledger, number=number)
    run = ReconcileRun(export_of(ledger.blocks).write_to(tmp_path), WITH_HISTORY, client)
    run.max_documents = 2
    assert run.reconcile().counts == {Kind.MISSING: 6}

    with pytest.raises(OpsError, match="bring the tables up to date with `python -m ops replay`"):
        run.to_repair.refuse_too_much()
