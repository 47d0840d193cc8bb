"""The simulated journal: QLDB's rules for transactions, versions and redaction, and its hashes.

The blocks are checked with the function that verifies the genuine block. What QLDB does in cases
without a genuine sample (see the module's docstring) is the simulator's choice, not proven here.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.hash_chain import block_faults, chain_faults, revision_hash
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.journal import (
    MAX_DOCUMENT_BYTES,
    Block,
    CreateTable,
    Delete,
    DropTable,
    Insert,
    Ledger,
    Operation,
    Redact,
    Select,
    SystemRevision,
    TransactionError,
    Update,
    new_ids,
)

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2021, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC)
UNKNOWN_ID = "0" * 22


class Clock:
    """Advances by one millisecond at each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def _ledger(seed: int = 1) -> Ledger:
    ledger = Ledger(clock=Clock(), new_id=new_ids(random.Random(seed)))
    ledger.commit([CreateTable(table="Person")])
    return ledger


def _insert(ledger: Ledger, **fields: object) -> str:
    return ledger.commit([Insert(table="Person", document=fields)]).documents[0].document_id


def _update(document_id: str, **fields: object) -> Update:
    return Update(table="Person", document_id=document_id, document=fields)


def _delete(document_id: str) -> Delete:
    return Delete(table="Person", document_id=document_id)


def _redact(document_id: str, version: int) -> Redact:
    return Redact(table="Person", document_id=document_id, version=version)


def _busy_ledger() -> Ledger:
    """Every kind of transaction once."""
    ledger = _ledger()
    first = _insert(ledger, name="one", amount=Decimal("90.25"))
    second = ledger.commit(
        [Insert(table="Person", document={"name": "two"}), _update(first, name="uno")]
    )
    ledger.commit([_update(second.documents[0].document_id, name="due", born=START)])
    ledger.commit([_delete(first)])
    ledger.commit([_redact(first, 0)])
    ledger.commit([Select(table="Person")])
    ledger.commit([CreateTable(table="Other"), DropTable(table="Other")])
    return ledger


def test_versions_count_from_zero_and_a_delete_is_the_final_one() -> None:
    ledger = _ledger()
    document_id = _insert(ledger, name="one")
    ledger.commit([_update(document_id, name="two")])
    ledger.commit([_delete(document_id)])

    history = ledger.history("Person", document_id)

    assert [revision.version for revision in history] == [0, 1, 2]
    assert [revision.is_deleted for revision in history] == [False, False, True]
    assert "data" not in history[-1].to_ion()
    assert ledger.state("Person")[document_id] is history[-1]


def test_several_changes_in_one_transaction_are_one_revision() -> None:
    ledger = _ledger()
    document_id = new_ids(random.Random(9))()

    block = ledger.commit(
        [
            Insert(table="Person", document={"name": "one"}, document_id=document_id),
            _update(document_id, name="two"),
            _update(document_id, name="three"),
        ]
    )

    assert [(r.version, r.data["name"]) for r in block.documents] == [(0, "three")]
    assert block.transaction_info["documents"][document_id]["statements"] == [0, 1, 2]


def test_an_update_and_a_delete_in_one_transaction_are_one_deleted_version() -> None:
    ledger = _ledger()
    document_id = _insert(ledger, name="one")

    block = ledger.commit([_update(document_id, name="two"), _delete(document_id)])

    assert [(r.version, r.is_deleted) for r in block.documents] == [(1, True)]


def test_statements_show_question_marks_never_values() -> None:
    ledger = _ledger()
    document_id = _insert(ledger, name="secret-value")
    ledger.commit([_update(document_id, name="secret-value")])

    for block in ledger.blocks[1:]:
        text = block.transaction_info["statements"][0]["statement"]
        assert "?" in text
        assert "secret-value" not in simpleion.dumps(block.transaction_info, binary=False)


def test_times_are_milliseconds_in_the_order_that_genuine_blocks_show() -> None:
    ledger = _ledger()
    _insert(ledger, name="one")

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
    ledger = _ledger()

    block = ledger.blocks[0]

    assert [type(revision) for revision in block.revisions] == [SystemRevision]
    assert block.documents == []
    assert block.to_ion()["revisions"] == [{"hash": block.revisions[0].hash}]
    assert "documents" not in block.transaction_info


def test_a_read_only_transaction_is_a_block_without_documents() -> None:
    ledger = _ledger()

    block = ledger.commit([Select(table="Person")])

    assert block.revisions == ()
    assert "documents" not in block.transaction_info
    assert "revisions" not in block.to_ion()


def test_a_table_made_again_under_its_name_has_another_id() -> None:
    ledger = _ledger()
    _insert(ledger, name="one")
    before = ledger.tables["Person"]

    ledger.commit([DropTable(table="Person")])
    ledger.commit([CreateTable(table="Person")])

    assert ledger.tables["Person"] != before
    assert ledger.state("Person") == {}


def test_redaction_takes_the_data_and_leaves_the_hash() -> None:
    ledger = _ledger()
    document_id = _insert(ledger, name="one")
    ledger.commit([_update(document_id, name="two")])
    before = ledger.history("Person", document_id)[0]

    block = ledger.commit([_redact(document_id, 0)])

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
    ledger = _ledger()
    document = {"list": [1]}
    block = ledger.commit([Insert(table="Person", document=document)])

    document["list"].append(2)

    assert block.documents[0].data["list"] == [1]


def test_values_keep_their_ion_types() -> None:
    ledger = _ledger()
    text = "{a:sym,b:1.0,c:1e0,d:2020-01T,e:true,f:null.int,g:{{aGk=}},h:note::(1 2),i:1,i:2}"
    document = simpleion.loads(text)

    block = ledger.commit([Insert(table="Person", document=document)])

    assert ion_hash(block.documents[0].data) == ion_hash(document)
    assert simpleion.dumps(block.documents[0].data) == simpleion.dumps(document)


def test_blocks_and_their_chain_verify_like_genuine_ones() -> None:
    ledger = _busy_ledger()
    blocks = [simpleion.loads(simpleion.dumps(block.to_ion())) for block in ledger.blocks]

    assert [fault for block in blocks for fault in block_faults(block)] == []
    assert chain_faults(blocks) == []
    assert ledger.verify() == []
    assert all(len(block["entriesHashList"]) == 4 for block in blocks)


def test_the_same_seed_gives_the_same_journal() -> None:
    first, second = _busy_ledger(), _busy_ledger()

    assert [block.block_hash for block in first.blocks] == [b.block_hash for b in second.blocks]
    assert all(len(i) == 22 and i.isalnum() for block in first.blocks for i in [block.strand_id])


def _flip(value: object) -> Any:  # noqa: ANN401 - of the value's own type
    """Change any value a little, keeping its type."""
    match value:
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:] if value else bytes(32)
        case str():
            return value[:-1] + ("a" if value[-1] != "a" else "b")
        case bool() | None:
            raise AssertionError("no such value in a block")
        case int():
            return value + 1
        case datetime():
            return simpleion.loads("2001-01-01T00:00:00.000Z")
        case _:
            raise AssertionError(type(value))


def _leaves(value: object, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], object]]:
    items: list[tuple[Any, Any]]
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return [(path, value)]
    return [leaf for key, item in items for leaf in _leaves(item, (*path, key))]


def _changed(value: Any, path: tuple[Any, ...], new: object) -> Any:  # noqa: ANN401 - any node
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy if not isinstance(value, tuple) else tuple(copy)


def _replaced(instance: Any, **changes: object) -> Any:  # noqa: ANN401 - any dataclass
    return replace(instance, **changes)


PLAIN_FIELDS = [
    "strand_id",
    "sequence_no",
    "transaction_id",
    "block_timestamp",
    "block_hash",
    "entries_hash",
    "previous_block_hash",
]
NESTED_FIELDS = ["entries_hash_list", "transaction_info", "redaction_info"]
REVISION_FIELDS = [
    "strand_id",
    "sequence_no",
    "table_name",
    "table_id",
    "document_id",
    "version",
    "tx_time",
    "tx_id",
    "hash",
    "data_hash",
]


def _tampered(block: Block) -> list[tuple[str, Block]]:
    """Every way of changing one leaf of a block."""
    found = [
        (name, _replaced(block, **{name: _flip(getattr(block, name))})) for name in PLAIN_FIELDS
    ]
    for name in NESTED_FIELDS:
        tree = getattr(block, name)
        for path, leaf in [] if tree is None else _leaves(tree):
            found.append(
                (f"{name}{path}", _replaced(block, **{name: _changed(tree, path, _flip(leaf))}))
            )
    for number, revision in enumerate(block.revisions):
        names = ["hash"] if isinstance(revision, SystemRevision) else REVISION_FIELDS
        for name in names:
            if getattr(revision, name) is None:
                continue
            other = _replaced(revision, **{name: _flip(getattr(revision, name))})
            revisions = (*block.revisions[:number], other, *block.revisions[number + 1 :])
            found.append((f"revision {name}", replace(block, revisions=revisions)))
    for number in range(len(block.revisions)):
        without = block.revisions[:number] + block.revisions[number + 1 :]
        found.append(("revision removed", replace(block, revisions=without)))
    return found


def test_verify_finds_a_change_of_anything() -> None:
    ledger = _busy_ledger()
    sound = list(ledger.blocks)
    tried = 0
    for position, block in enumerate(sound):
        for what, tampered in _tampered(block):
            ledger._blocks[position] = tampered
            assert ledger.verify(), f"block {position}: {what}"
            tried += 1
        ledger._blocks[position] = block
    assert tried > 150
    assert ledger.verify() == []


def test_verify_finds_changed_data_and_a_lost_block() -> None:
    ledger = _busy_ledger()
    revision = ledger.history("Person", next(iter(ledger.state("Person"))))[1]

    revision.data["name"] = "other"
    assert ledger.verify() == [f"block {revision.sequence_no}: revision 1: hash"]
    revision.data["name"] = "uno"
    assert ledger.verify() == []

    del ledger._blocks[3]
    assert "block 3: previousBlockHash" in ledger.verify()


def _too_many(ledger: Ledger) -> list[Operation]:
    del ledger
    return [Insert(table="Person", document={"n": n}) for n in range(41)]


def _large(ledger: Ledger) -> list[Operation]:
    del ledger
    return [Insert(table="Person", document={"text": "x" * MAX_DOCUMENT_BYTES})]


def _large_together(ledger: Ledger) -> list[Operation]:
    del ledger
    text = "x" * (MAX_DOCUMENT_BYTES - 100)
    return [Insert(table="Person", document={"text": text}) for _ in range(33)]


def _deleted(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    ledger.commit([_delete(document_id)])
    return [_update(document_id, name="two")]


def _deleted_before(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    return [_delete(document_id), _delete(document_id)]


def _active(ledger: Ledger) -> list[Operation]:
    return [_redact(_insert(ledger, name="one"), 0)]


def _final(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    ledger.commit([_delete(document_id)])
    return [_redact(document_id, 1)]


def _twice(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    ledger.commit([_delete(document_id)])
    ledger.commit([_redact(document_id, 0)])
    return [_redact(document_id, 0)]


def _two_redactions(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    ledger.commit([_update(document_id, name="two")])
    ledger.commit([_update(document_id, name="three")])
    return [_redact(document_id, 0), _redact(document_id, 1)]


def _used_id(ledger: Ledger) -> list[Operation]:
    return [Insert(table="Person", document={}, document_id=_insert(ledger, name="one"))]


def _dropped_in_between(ledger: Ledger) -> list[Operation]:
    document_id = _insert(ledger, name="one")
    return [DropTable(table="Person"), _update(document_id, name="two")]


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (lambda _: [], "without statements"),
        (_too_many, "at most 40 documents, not 41"),
        (_large, "at most 131072 bytes"),
        (_large_together, "at most 4194304 bytes"),
        (_deleted, "is deleted"),
        (_deleted_before, "is deleted"),
        (lambda _: [_update(UNKNOWN_ID, name="x")], "has no document"),
        (lambda _: [_delete(UNKNOWN_ID)], "has no document"),
        (lambda _: [Insert(table="Nobody", document={})], "no active table 'Nobody'"),
        (lambda _: [Select(table="Nobody")], "no active table"),
        (_dropped_in_between, "no active table"),
        (lambda _: [CreateTable(table="Person")], "exists"),
        (lambda _: [CreateTable(table="no name")], "not a name"),
        (lambda _: [CreateTable(table=f"T{n}") for n in range(20)], "20 active tables"),
        (lambda _: [Insert(table="Person", document=[1])], "is a struct"),
        (lambda _: [Insert(table="Person", document={"a": {1}})], "is not Ion"),
        (lambda _: [Insert(table="Person", document={}, document_id="short")], "22 letters"),
        (_used_id, "exists"),
        (_active, "only an inactive revision"),
        (_final, "only an inactive revision"),
        (_twice, "is redacted"),
        (_two_redactions, "at most one revision"),
        (lambda _: [_redact(UNKNOWN_ID, 0)], "has no document"),
    ],
)
def test_a_transaction_against_the_rules_is_refused_and_changes_nothing(
    operations: Callable[[Ledger], list[Operation]], message: str
) -> None:
    ledger = _ledger()
    attempt = operations(ledger)
    blocks, tables = ledger.blocks, ledger.tables
    state = ledger.state("Person")

    with pytest.raises(TransactionError, match=message):
        ledger.commit(attempt)

    assert (ledger.blocks, ledger.tables, ledger.state("Person")) == (blocks, tables, state)


def test_an_error_never_quotes_the_document() -> None:
    ledger = _ledger()

    with pytest.raises(TransactionError) as caught:
        ledger.commit([Insert(table="Person", document={"a": {"secret-value"}})])

    assert "secret-value" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_not_there_is_named() -> None:
    ledger = _ledger()

    with pytest.raises(TransactionError, match=f"has no document {UNKNOWN_ID}"):
        ledger.history("Person", UNKNOWN_ID)
    with pytest.raises(TransactionError, match="no active table 'Nobody'"):
        ledger.state("Nobody")


def test_forty_documents_are_allowed() -> None:
    ledger = _ledger()

    block = ledger.commit(_too_many(ledger)[:40])

    assert len(block.documents) == 40
    assert block_faults(block.to_ion()) == []
    for revision in block.documents:
        assert revision.hash == revision_hash(revision.metadata, data=revision.data)
