"""The simulated journal: versions, redaction, times, and blocks that verify like genuine ones.

The blocks are checked with the function that verifies the genuine block. Behaviour
without a genuine sample (see the module's docstring) is the simulator's choice, not proven here.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from amazon.ion import simpleion
from qldb_simulator.blocks import SystemRevision
from qldb_simulator.errors import TransactionError
from qldb_simulator.hash_chain import block_faults, chain_faults, revision_hash
from qldb_simulator.ids import new_ids
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, DropTable, Insert, Select

from tests.support.ledgers import START, busy_ledger, delete, insert, new_ledger, redact, update

UNKNOWN_ID = "0" * 22


def test_versions_count_from_zero_and_a_delete_is_the_final_one() -> None:
    ledger = new_ledger()
    document_id = insert(ledger, name="one")
    ledger.commit([update(document_id, name="two")])
    ledger.commit([delete(document_id)])

    history = ledger.history("Person", document_id)

    assert [revision.version for revision in history] == [0, 1, 2]
    assert [revision.is_deleted for revision in history] == [False, False, True]
    assert "data" not in history[-1].to_ion()
    assert ledger.state("Person")[document_id] is history[-1]


def test_several_changes_in_one_transaction_are_one_revision() -> None:
    ledger = new_ledger()
    document_id = new_ids(random.Random(9))()

    block = ledger.commit(
        [
            Insert(table="Person", document={"name": "one"}, document_id=document_id),
            update(document_id, name="two"),
            update(document_id, name="three"),
        ]
    )

    assert [(r.version, r.data["name"]) for r in block.documents] == [(0, "three")]
    assert block.transaction_info["documents"][document_id]["statements"] == [0, 1, 2]


def test_an_update_and_a_delete_in_one_transaction_are_one_deleted_version() -> None:
    ledger = new_ledger()
    document_id = insert(ledger, name="one")

    block = ledger.commit([update(document_id, name="two"), delete(document_id)])

    assert [(r.version, r.is_deleted) for r in block.documents] == [(1, True)]


def test_statements_show_question_marks_never_values() -> None:
    ledger = new_ledger()
    document_id = insert(ledger, name="secret-value")
    ledger.commit([update(document_id, name="secret-value")])

    for block in ledger.blocks[1:]:
        text = block.transaction_info["statements"][0]["statement"]
        assert "?" in text
        assert "secret-value" not in simpleion.dumps(block.transaction_info, binary=False)


def test_times_are_milliseconds_in_the_order_that_genuine_blocks_show() -> None:
    ledger = new_ledger()
    insert(ledger, name="one")

    block = ledger.blocks[1]
    started = block.transaction_info["statements"][0]["startTime"]
    committed = block.documents[0].tx_time

    assert started < committed < block.block_timestamp
    assert block.block_timestamp.fractional_precision == 3
    assert simpleion.dumps(started, binary=False).endswith("Z")


def test_time_never_runs_backwards() -> None:
    moments = iter([START, START, START] + [START - timedelta(days=1)] * 3)
    ledger = Ledger(clock=lambda: next(moments))
    ledger.commit([CreateTable(table="Person")])
    block = ledger.commit([Select(table="Person")])

    assert block.block_timestamp == ledger.blocks[0].block_timestamp


def test_catalog_changes_are_hash_only_revisions() -> None:
    ledger = new_ledger()

    block = ledger.blocks[0]

    assert [type(revision) for revision in block.revisions] == [SystemRevision]
    assert block.documents == []
    assert block.to_ion()["revisions"] == [{"hash": block.revisions[0].hash}]
    assert "documents" not in block.transaction_info


def test_a_read_only_transaction_is_a_block_without_documents() -> None:
    ledger = new_ledger()

    block = ledger.commit([Select(table="Person")])

    assert block.revisions == ()
    assert "documents" not in block.transaction_info
    assert "revisions" not in block.to_ion()


def test_a_table_made_again_under_its_name_has_another_id() -> None:
    ledger = new_ledger()
    insert(ledger, name="one")
    before = ledger.tables["Person"]

    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])

    assert ledger.tables["Person"] != before
    assert ledger.state("Person") == {}


def test_a_dropped_table_keeps_its_generation_with_all_revisions() -> None:
    # given a table with a document that was changed once
    ledger = new_ledger()
    document_id = insert(ledger, name="one")
    ledger.commit([update(document_id, name="two")])
    first = ledger.tables["Person"]
    # when it is dropped and created again
    ledger.commit([DropTable(table="Person"), CreateTable(table="Person")])
    # then both generations are known, and the former one has its revisions
    second = ledger.tables["Person"]
    assert [(each.name, each.table_id) for each in ledger.generations] == [
        ("Person", first),
        ("Person", second),
    ]
    assert [r.data["name"] for r in ledger.revisions(first)[document_id]] == ["one", "two"]
    assert ledger.revisions(second) == {}


def test_a_table_created_and_dropped_in_one_transaction_was_a_table() -> None:
    ledger = new_ledger()

    ledger.commit([CreateTable(table="Other"), DropTable(table="Other")])

    person, other = ledger.generations
    assert (person.name, other.name) == ("Person", "Other")
    assert ledger.revisions(other.table_id) == {}


def test_the_revisions_of_an_unknown_table_are_refused() -> None:
    with pytest.raises(TransactionError, match="never had a table"):
        new_ledger().revisions(UNKNOWN_ID)


def test_redaction_takes_the_data_and_leaves_the_hash() -> None:
    ledger = new_ledger()
    document_id = insert(ledger, name="one")
    ledger.commit([update(document_id, name="two")])
    before = ledger.history("Person", document_id)[0]

    block = ledger.commit([redact(document_id, 0)])

    after = ledger.history("Person", document_id)[0]
    assert after.is_redacted
    assert not after.is_deleted
    assert after.data is None
    assert after.hash == before.hash
    assert after.data_hash == ion_hash({"name": "one"})
    assert ledger.blocks[1].documents == [after]
    assert block.redaction_info == {
        "revisions": [
            {
                "blockAddress": {"strandId": ledger.strand_id, "sequenceNo": 1},
                "tableId": ledger.tables["Person"],
                "documentId": document_id,
                "version": 0,
            }
        ]
    }
    assert block.documents == []
    assert ledger.verify() == []


def test_a_document_is_detached_from_the_callers_object() -> None:
    ledger = new_ledger()
    document = {"list": [1]}
    block = ledger.commit([Insert(table="Person", document=document)])

    document["list"].append(2)

    assert block.documents[0].data["list"] == [1]


def test_values_keep_their_ion_types() -> None:
    ledger = new_ledger()
    text = "{a:sym,b:1.0,c:1e0,d:2020-01T,e:true,f:null.int,g:{{aGk=}},h:note::(1 2),i:1,i:2}"
    document = simpleion.loads(text)

    block = ledger.commit([Insert(table="Person", document=document)])

    assert ion_hash(block.documents[0].data) == ion_hash(document)
    assert simpleion.dumps(block.documents[0].data) == simpleion.dumps(document)


def test_blocks_and_their_chain_verify_like_genuine_ones() -> None:
    ledger = busy_ledger()
    blocks = [simpleion.loads(simpleion.dumps(block.to_ion())) for block in ledger.blocks]

    assert [fault for block in blocks for fault in block_faults(block)] == []
    assert chain_faults(blocks) == []
    assert ledger.verify() == []
    assert all(len(block["entriesHashList"]) == 4 for block in blocks)


def test_the_same_seed_gives_the_same_journal() -> None:
    first, second = busy_ledger(), busy_ledger()

    assert [block.block_hash for block in first.blocks] == [b.block_hash for b in second.blocks]


def test_the_history_of_an_unknown_document_is_refused() -> None:
    with pytest.raises(TransactionError, match=f"has no document {UNKNOWN_ID}"):
        new_ledger().history("Person", UNKNOWN_ID)


def test_the_state_of_an_unknown_table_is_refused() -> None:
    with pytest.raises(TransactionError, match="no active table 'Nobody'"):
        new_ledger().state("Nobody")


def test_each_of_forty_documents_has_the_hash_of_its_metadata_and_data() -> None:
    ledger = new_ledger()

    block = ledger.commit([Insert(table="Person", document={"n": n}) for n in range(40)])

    assert len(block.documents) == 40
    assert block_faults(block.to_ion()) == []
    for revision in block.documents:
        assert revision.hash == revision_hash(revision.metadata, data=revision.data)


def test_ids_are_twenty_two_letters_and_digits() -> None:
    new_id = new_ids()

    ids = {new_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(len(item) == 22 and item.isalnum() for item in ids)
