"""What each transaction of a generated journal does, without any document.

The journal is made of sections of a fixed number of blocks and revisions, so that a section can be
made without those before it: its sequence numbers, times and documents follow from its number and
the seed. A few changes in a section are of documents of the section before; only the plan of that
one is repeated for them.
"""

from __future__ import annotations

import enum
import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from qldb_simulator.ids import new_ids

from bench.export.documents import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

_TRANSACTIONS_BY_SIZE: Final = {1: 40, 2: 20, 3: 12, 4: 8, 5: 6, 6: 5, 7: 3, 8: 2, 9: 2, 10: 2}
REVISIONS_PER_SECTION: Final = sum(size * count for size, count in _TRANSACTIONS_BY_SIZE.items())
"""283 in 100 transactions: 2.83 each on average."""
_READS_PER_SECTION: Final = 2
_REDACTION_PLACE: Final = 20
"""Transaction of each section that redacts a revision: by then some document has two."""
_BLOCKS_PER_SECTION: Final = sum(_TRANSACTIONS_BY_SIZE.values()) + _READS_PER_SECTION + 1

TABLES: Final = tuple(DOCUMENTS)
RECREATED: Final = "Drafts"
_RECREATION_PLACE: Final = 15
_CREATION_BLOCKS: Final = len(TABLES) + 1
_CATALOG_BLOCKS: Final = _CREATION_BLOCKS + 2
"""CREATE TABLE for each table and CREATE INDEX at the start, DROP and CREATE TABLE later."""

_INSERT_SHARE: Final = 0.42
_DELETE_SHARE: Final = 0.06
_EARLIER_SHARE: Final = 0.08
"""Share of changes that are of a document of the section before."""
_TWO_STATEMENTS_SHARE: Final = 0.04
"""Share of inserts that the same transaction updates again, which is one revision."""


class Kind(enum.Enum):
    """What a transaction does to a document."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(kw_only=True)
class Document:
    """A document and what has become of it so far.

    Attributes
    ----------
    number
        Unique in the journal.
    history
        The sequence number of the block of each version.
    """

    document_id: str
    number: int
    table: str
    table_id: str
    is_live: bool = True
    history: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One revision to write."""

    document: Document
    kind: Kind
    version: int
    has_two_statements: bool = False


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """A revision that a transaction redacts."""

    document: Document
    version: int


@dataclass(frozen=True, kw_only=True)
class PlannedBlock:
    """A transaction.

    Attributes
    ----------
    statement
        Text of the only statement, where no document is changed and nothing is redacted.
    changes_catalog
        Whether the block has the hash of a revision of the ledger's own catalog.
    """

    sequence_no: int
    changes: Sequence[Change] = ()
    redaction: Redaction | None = None
    statement: str | None = None
    changes_catalog: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """The plan of a section.

    Attributes
    ----------
    blocks
        In the order of the journal.
    documents
        Those that the section inserts.
    """

    blocks: Sequence[PlannedBlock]
    documents: Sequence[Document]

    @property
    def redacted(self) -> frozenset[tuple[str, int]]:
        """Document id and version of the revisions that are redacted."""
        found = (block.redaction for block in self.blocks)
        return frozenset((it.document.document_id, it.version) for it in found if it is not None)


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The whole of a journal that is to be generated.

    Attributes
    ----------
    seed
        Another seed gives another journal.
    revisions
        Number of revisions of documents.
    """

    seed: int
    revisions: int

    @property
    def sections(self) -> int:
        """Number of sections; the last one may be shorter than the others."""
        return max(1, -(-self.revisions // REVISIONS_PER_SECTION))

    @property
    def strand_id(self) -> str:
        """Id of the only strand."""
        return self.ids("strand")()

    def source(self, purpose: str) -> random.Random:
        """Return the random source for a purpose, the same one at each call."""
        return random.Random(f"{self.seed}/{purpose}")

    def ids(self, purpose: str) -> Callable[[], str]:
        """Return the generator of ids for a purpose."""
        return new_ids(self.source(f"ids/{purpose}"))

    def table_id(self, table: str, *, is_second: bool = False) -> str:
        """Return a table's id; of a table that was created twice, the first or the second."""
        return self.ids(f"table/{table}/{is_second}")()


_STAND_INS: Final = tuple(
    Document(document_id=f"stand-in {number}", number=number, table="", table_id="")
    for number in range(max(_TRANSACTIONS_BY_SIZE))
)
"""For the documents of the section before, where only a section's own documents are of interest."""


def first_sequence_no(section: int) -> int:
    """Return the sequence number of a section's first block."""
    return section * _BLOCKS_PER_SECTION + (_CATALOG_BLOCKS if section else 0)


def plan_section(journal: Journal, section: int) -> Section:
    """Plan a section, the last one of a journal up to its last revision."""
    earlier: Sequence[Document] = _STAND_INS
    if section:
        before = _Planner(journal, section - 1, _STAND_INS).plan().documents
        earlier = _still_changing(journal, section, before)
    plan = _Planner(journal, section, earlier).plan()
    left = journal.revisions - section * REVISIONS_PER_SECTION
    return plan if left >= REVISIONS_PER_SECTION else _cut(plan, left)


def _cut(plan: Section, revisions: int) -> Section:
    """Return the start of a plan with a number of revisions."""
    blocks: list[PlannedBlock] = []
    for block in plan.blocks:
        if len(block.changes) > revisions:
            if revisions:
                shorter = block.changes[:revisions]
                blocks.append(PlannedBlock(sequence_no=block.sequence_no, changes=shorter))
            break
        revisions -= len(block.changes)
        blocks.append(block)
    return Section(blocks=blocks, documents=plan.documents)


def _still_changing(
    journal: Journal, section: int, documents: Sequence[Document]
) -> Sequence[Document]:
    """Return the documents that the section after theirs may change, in random order."""
    first_drafts = journal.table_id(RECREATED)
    found = [it for it in documents if it.is_live and it.table_id != first_drafts]
    journal.source(f"earlier/{section}").shuffle(found)
    return found


class _Planner:
    """Plans the blocks of one section.

    Parameters
    ----------
    journal, section
        The section and its number.
    earlier
        Documents of the section before, at least as many as a transaction changes. What becomes of
        the section's own documents does not depend on them.
    """

    def __init__(self, journal: Journal, section: int, earlier: Sequence[Document]) -> None:
        self._journal = journal
        self._section = section
        self._source = journal.source(f"plan/{section}")
        self._new_id = journal.ids(f"documents/{section}")
        self._table_ids = {
            table: journal.table_id(table, is_second=table == RECREATED and section > 0)
            for table in TABLES
        }
        self._documents: list[Document] = []
        self._earlier = itertools.cycle(earlier)
        self._blocks: list[PlannedBlock] = []

    def plan(self) -> Section:
        if not self._section:
            for table in TABLES:
                self._catalog(f"CREATE TABLE {table}")
            self._catalog("CREATE INDEX ON Customers (customerId)")
        sizes = [size for size, count in _TRANSACTIONS_BY_SIZE.items() for _ in range(count)]
        sizes += [0] * _READS_PER_SECTION
        self._source.shuffle(sizes)
        for place, size in enumerate(sizes):
            if place == _RECREATION_PLACE and not self._section:
                self._recreate_table()
            if place == _REDACTION_PLACE:
                self._redact()
            if size:
                self._change(size)
            else:
                self._read()
        return Section(blocks=self._blocks, documents=self._documents)

    @property
    def _sequence_no(self) -> int:
        return first_sequence_no(self._section) + len(self._blocks)

    def _catalog(self, statement: str) -> None:
        self._blocks.append(
            PlannedBlock(sequence_no=self._sequence_no, statement=statement, changes_catalog=True)
        )

    def _recreate_table(self) -> None:
        self._catalog(f"DROP TABLE {RECREATED}")
        self._catalog(f"CREATE TABLE {RECREATED}")
        self._table_ids[RECREATED] = self._journal.table_id(RECREATED, is_second=True)

    def _read(self) -> None:
        statement = f"SELECT * FROM {self._source.choice(TABLES)} AS d WHERE d.status = ?"  # noqa: S608 (PartiQL that nobody runs)
        self._blocks.append(PlannedBlock(sequence_no=self._sequence_no, statement=statement))

    def _redact(self) -> None:
        candidates = [
            document
            for document in self._documents
            if len(document.history) > 1 and document.table_id == self._table_ids[document.table]
        ]
        if not candidates:
            self._read()
            return
        document = self._source.choice(candidates)
        self._blocks.append(
            PlannedBlock(
                sequence_no=self._sequence_no, redaction=Redaction(document=document, version=0)
            )
        )

    def _change(self, size: int) -> None:
        touched: dict[str, Change] = {}
        while len(touched) < size:
            change = self._next_change(touched)
            touched[change.document.document_id] = change
            change.document.history.append(self._sequence_no)
            change.document.is_live = change.kind is not Kind.DELETE
        self._blocks.append(
            PlannedBlock(sequence_no=self._sequence_no, changes=tuple(touched.values()))
        )

    def _next_change(self, touched: Container[str]) -> Change:
        share = self._source.random()
        if self._section and self._source.random() < _EARLIER_SHARE:
            earlier = next(self._earlier)
            return Change(document=earlier, kind=Kind.UPDATE, version=len(earlier.history))
        document = None if share < _INSERT_SHARE else self._live_document(touched)
        if document is None:
            return self._insert()
        kind = Kind.DELETE if share > 1 - _DELETE_SHARE else Kind.UPDATE
        return Change(document=document, kind=kind, version=len(document.history))

    def _live_document(self, touched: Container[str]) -> Document | None:
        for _ in range(5):
            if not self._documents:
                break
            document = self._source.choice(self._documents)
            if (
                document.is_live
                and document.document_id not in touched
                and document.table_id == self._table_ids[document.table]
            ):
                return document
        return None

    def _insert(self) -> Change:
        table = self._source.choice(TABLES)
        document = Document(
            document_id=self._new_id(),
            number=self._section * REVISIONS_PER_SECTION + len(self._documents),
            table=table,
            table_id=self._table_ids[table],
        )
        self._documents.append(document)
        return Change(
            document=document,
            kind=Kind.INSERT,
            version=0,
            has_two_statements=self._source.random() < _TWO_STATEMENTS_SHARE,
        )
