"""Writes the exports with which `replay` and `convert` are measured: flat documents of one table.

Blocks have the form of `bench.export`, but random hashes: neither command computes any, and a
million documents take a minute instead of an hour. `verify` refuses these exports.
"""

from __future__ import annotations

import random
from array import array
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from qldb_simulator.blocks import Block, Revision
from qldb_simulator.ids import new_ids

from bench.export.blocks import START
from bench.export.documents import account, timestamp
from bench.export.formats import Format, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TABLE: Final = "Accounts"
DOCUMENTS_PER_BLOCK: Final = 3
"""About as many as transactions of `bench.export` have on average."""

BLOCKS_PER_OBJECT: Final = 1_500
"""About 4 MB, as in the other exports."""

_HASH_BYTES: Final = 32
_HASHES_PER_BLOCK: Final = 4
_BLOCK_MILLISECONDS: Final = 100


@dataclass(frozen=True, kw_only=True)
class FlatJournal:
    """A journal that is to be written. The same one results in the same bytes.

    Attributes
    ----------
    documents
        Number of documents.
    versions
        Revisions of each document, anywhere in the journal.
    first_version
        The lowest version of each: more than 0 in an export that lacks a ledger's first blocks.
    seed
        Another seed gives other ids and documents.
    """

    documents: int
    versions: int = 1
    first_version: int = 0
    seed: int = 1

    @property
    def revisions(self) -> int:
        """Number of revisions."""
        return self.documents * self.versions

    def id_of(self, purpose: str) -> str:
        """Return the id for a purpose, the same one at each call."""
        return new_ids(random.Random(f"{self.seed}/{purpose}"))()

    def order(self) -> Iterator[DocumentVersion]:
        """Yield all revisions in the order of the journal."""
        numbers = array("L", range(self.documents)) * self.versions
        random.Random(f"{self.seed}/order").shuffle(numbers)
        written = bytearray(self.documents)
        for number in numbers:
            yield DocumentVersion(number, self.first_version + written[number])
            written[number] += 1


class DocumentVersion(NamedTuple):
    """Which document and version a revision is."""

    number: int
    version: int


def write_flat_export(journal: FlatJournal, folder: Path, *, processes: int | None = None) -> int:
    """Write an export into a new folder, and return the bytes of its objects.

    Parameters
    ----------
    processes
        Number of processes; None for one per core; 1 for none besides this one.
    """
    folder.mkdir(parents=True)
    work = partial(_write_object, journal, folder)
    if processes == 1:
        return sum(map(work, *_objects(journal)))
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(work, *_objects(journal)))


def _objects(journal: FlatJournal) -> tuple[Sequence[int], Sequence[Sequence[DocumentVersion]]]:
    """Return the number of the first block of each object, and the revisions of each."""
    order = list(journal.order())
    size = BLOCKS_PER_OBJECT * DOCUMENTS_PER_BLOCK
    revisions = [order[start : start + size] for start in range(0, len(order), size)]
    return range(0, len(revisions) * BLOCKS_PER_OBJECT, BLOCKS_PER_OBJECT), revisions


def _write_object(
    journal: FlatJournal, folder: Path, first: int, revisions: Sequence[DocumentVersion]
) -> int:
    maker = _BlockMaker(journal)
    blocks = [
        maker.block(first + number, revisions[start : start + DOCUMENTS_PER_BLOCK])
        for number, start in enumerate(range(0, len(revisions), DOCUMENTS_PER_BLOCK))
    ]
    content = encode(Format.ION_BINARY, (block.to_ion() for block in blocks))
    name = f"{maker.strand_id}.{first}-{first + len(blocks) - 1}.ion"
    (folder / name).write_bytes(content)
    return len(content)


class _BlockMaker:
    """Makes the blocks of one object."""

    def __init__(self, journal: FlatJournal) -> None:
        self._journal = journal
        self.strand_id = journal.id_of("strand")
        self._table_id = journal.id_of("table")

    def block(self, sequence_no: int, versions: Sequence[DocumentVersion]) -> Block:
        source = random.Random(f"{self._journal.seed}/block/{sequence_no}")
        transaction_id = new_ids(source)()
        milliseconds = START + sequence_no * _BLOCK_MILLISECONDS
        time = timestamp(milliseconds)
        revisions = tuple(
            Revision(
                strand_id=self.strand_id,
                sequence_no=sequence_no,
                table_name=TABLE,
                table_id=self._table_id,
                document_id=self._journal.id_of(f"document/{number}"),
                version=version,
                tx_time=time,
                tx_id=transaction_id,
                hash=source.randbytes(_HASH_BYTES),
                data=account(source, number, milliseconds),
            )
            for number, version in versions
        )
        hashes = [source.randbytes(_HASH_BYTES) for _ in range(_HASHES_PER_BLOCK)]
        return Block(
            strand_id=self.strand_id,
            sequence_no=sequence_no,
            transaction_id=transaction_id,
            block_timestamp=time,
            block_hash=source.randbytes(_HASH_BYTES),
            entries_hash=source.randbytes(_HASH_BYTES),
            previous_block_hash=source.randbytes(_HASH_BYTES) if sequence_no else b"",
            entries_hash_list=tuple(hashes),
            transaction_info=_transaction(revisions, source.randbytes(_HASH_BYTES)),
            redaction_info=None,
            revisions=revisions,
        )


def _transaction(revisions: Sequence[Revision], digest: bytes) -> dict[str, Any]:
    """Return what a block tells of the transaction that wrote all revisions with one statement."""
    statement = {
        "statement": f"INSERT INTO {TABLE} ?",
        "startTime": revisions[0].tx_time,
        "statementDigest": digest,
    }
    return {
        "statements": [statement],
        "documents": {
            each.document_id: {
                "tableName": each.table_name,
                "tableId": each.table_id,
                "statements": [0],
            }
            for each in revisions
        },
    }
