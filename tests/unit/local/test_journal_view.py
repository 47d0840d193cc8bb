"""A ledger in this process reads as one behind its service; integration tests read that one."""

from __future__ import annotations

from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Update

from local.journal_view import OwnJournal


def test_every_generation_and_revision_of_a_ledger_is_seen() -> None:
    # given a document with a redacted, a live and a deleted revision, in a table that was dropped
    ledger = Ledger()
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Insert(table="Person", document={"n": 1})])
    document_id = block.documents[0].document_id
    ledger.commit([Update(table="Person", document_id=document_id, document={"n": 2})])
    ledger.commit([Delete(table="Person", document_id=document_id)])
    ledger.commit([Redact(table="Person", document_id=document_id, version=0)])
    ledger.commit([DropTable(table="Person"), CreateTable(table="Person")])
    # when its journal is read
    journal = OwnJournal(ledger)
    dropped, active = journal.generations()
    (revisions,) = journal.revisions(dropped.table_id).values()
    # then both tables are there, and each revision has its state and address
    assert (dropped.name, dropped.is_active) == ("Person", False)
    assert (active.name, active.is_active) == ("Person", True)
    assert [(r.version, r.is_deleted, r.data_hash is not None) for r in revisions] == [
        (0, False, True),
        (1, False, False),
        (2, True, False),
    ]
    assert [(r.strand_id, r.sequence_no) for r in revisions] == [
        (ledger.strand_id, 1),
        (ledger.strand_id, 2),
        (ledger.strand_id, 3),
    ]
    assert [r.hash for r in revisions] == [
        revision.hash for revision in ledger.revisions(dropped.table_id)[document_id]
    ]
    assert journal.revisions(active.table_id) == {}
