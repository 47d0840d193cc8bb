"""The verification of a journal detects a change of any field of a block."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from qldb_simulator.blocks import Block, SystemRevision
from qldb_simulator.journal_verification import journal_faults

from tests.support.ledgers import busy_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.journal import Ledger


def _faults(ledger: Ledger, blocks: Sequence[Block]) -> list[str]:
    return journal_faults(blocks, strand_id=ledger.strand_id)


def test_a_sound_journal_has_no_faults() -> None:
    ledger = busy_ledger()

    assert _faults(ledger, ledger.blocks) == []


def test_changed_data_is_found_where_it_lies() -> None:
    ledger = busy_ledger()
    revision = ledger.history("Person", next(iter(ledger.state("Person"))))[1]

    revision.data["name"] = "other"

    assert _faults(ledger, ledger.blocks) == [f"block {revision.sequence_no}: revision 1: hash"]


def test_a_lost_block_is_found() -> None:
    ledger = busy_ledger()

    without = (*ledger.blocks[:3], *ledger.blocks[4:])

    assert "block 3: previousBlockHash" in _faults(ledger, without)


def _flip(value: object) -> Any:  # noqa: ANN401 (of the value's own type)
    """Return a slightly different value of the same type."""
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


def _changed(value: Any, path: tuple[Any, ...], new: object) -> Any:  # noqa: ANN401 (any node)
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy if not isinstance(value, tuple) else tuple(copy)


def _replaced(instance: Any, **changes: object) -> Any:  # noqa: ANN401 (any dataclass)
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
    """Return all variants of a block with one leaf changed."""
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


def test_a_change_of_any_field_is_found() -> None:
    ledger = busy_ledger()
    sound = ledger.blocks
    tried = 0
    for position, block in enumerate(sound):
        for what, tampered in _tampered(block):
            journal = (*sound[:position], tampered, *sound[position + 1 :])
            assert _faults(ledger, journal), f"block {position}: {what}"
            tried += 1
    assert tried > 150
