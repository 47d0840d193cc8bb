"""A ledger's journal: transactions in, hash-chained blocks of document revisions out. No I/O.

What QLDB does not document and no genuine sample shows is a choice of this simulator: two of the
four entry hashes of a block (they cover its address, time and redaction here), an empty
``previousBlockHash`` in the first block, the hash of a delete (see `hash_chain`), and that a
redaction takes effect with its transaction (QLDB processes it later).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion
from amazon.ion.core import Timestamp, TimestampPrecision
from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyDict

from qldb_simulator.hash_chain import block_faults, block_hash, revision_hash, statement_digest
from qldb_simulator.ion_hash import ion_hash, merkle_root, sha256
from qldb_simulator.ion_reading import read_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_DOCUMENTS_PER_TRANSACTION: Final = 40
MAX_DOCUMENT_BYTES: Final = 128 * 1024
MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
MAX_ACTIVE_TABLES: Final = 20
MAX_TABLES: Final = 40
ID_LENGTH: Final = 22
"""Length of every id that QLDB makes (base62 of 128 bits)."""

_SELECT: Final = "SELECT * FROM {}"
_UPDATE: Final = "UPDATE {} AS d BY id SET d = ? WHERE id = ?"
_DELETE: Final = "DELETE FROM {} BY id WHERE id = ?"

_BASE62: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_DOCUMENT_ID: Final = re.compile(r"[0-9A-Za-z]{22}")


class TransactionError(Exception):
    """A transaction breaks a rule of QLDB; nothing of it was committed."""


@dataclass(frozen=True, kw_only=True)
class CreateTable:
    """``CREATE TABLE``."""

    table: str


@dataclass(frozen=True, kw_only=True)
class DropTable:
    """``DROP TABLE``: the table becomes inactive, its documents stay in the journal."""

    table: str


@dataclass(frozen=True, kw_only=True)
class Insert:
    """``INSERT`` of a document (an Ion struct); its id is generated unless given."""

    table: str
    document: Any
    document_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Update:
    """``UPDATE`` that replaces a whole document."""

    table: str
    document_id: str
    document: Any


@dataclass(frozen=True, kw_only=True)
class Delete:
    """``DELETE`` of a document."""

    table: str
    document_id: str


@dataclass(frozen=True, kw_only=True)
class Redact:
    """``REDACT_REVISION`` of one inactive revision."""

    table: str
    document_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class Select:
    """``SELECT``: a transaction of nothing else is still a block."""

    table: str


Operation = CreateTable | DropTable | Insert | Update | Delete | Redact | Select


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One version of one document.

    Attributes
    ----------
    data
        The document as an Ion struct; None when deleted or redacted.
    data_hash
        Ion hash of the removed document of a redacted revision, else None.
    """

    strand_id: str
    sequence_no: int
    table_name: str
    table_id: str
    document_id: str
    version: int
    tx_time: Timestamp
    tx_id: str
    hash: bytes
    data: Any = field(repr=False)
    data_hash: bytes | None = None

    @property
    def is_redacted(self) -> bool:
        """Whether the document was removed and its hash stayed."""
        return self.data_hash is not None

    @property
    def is_deleted(self) -> bool:
        """Whether this is the final revision of a deleted document."""
        return self.data is None and self.data_hash is None

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata struct, as it is hashed."""
        return _metadata(self.document_id, self.version, self.tx_time, self.tx_id)

    def to_ion(self) -> dict[str, Any]:
        """Give the revision's struct, as in streams, exports and GetRevision."""
        struct: dict[str, Any] = {
            "blockAddress": _block_address(self.strand_id, self.sequence_no),
            "hash": self.hash,
        }
        if self.data is not None:
            struct["data"] = self.data
        if self.data_hash is not None:
            struct["dataHash"] = self.data_hash
        struct["metadata"] = self.metadata
        return struct


@dataclass(frozen=True, kw_only=True)
class SystemRevision:
    """A change of the ledger's own catalog, of which the journal shows nothing but the hash."""

    hash: bytes

    def to_ion(self) -> dict[str, Any]:
        """Give the revision's struct: the hash alone."""
        return {"hash": self.hash}


@dataclass(frozen=True, kw_only=True)
class Block:
    """One committed transaction, linked to the block before.

    Attributes
    ----------
    transaction_info
        Ion struct of the statements (``?`` for parameters, never their values) and, when documents
        changed, of what they touched.
    redaction_info
        Ion struct that names the redacted revision; None unless the transaction redacts.
    """

    strand_id: str
    sequence_no: int
    transaction_id: str
    block_timestamp: Timestamp
    block_hash: bytes
    entries_hash: bytes
    previous_block_hash: bytes
    entries_hash_list: tuple[bytes, ...]
    transaction_info: Mapping[str, Any]
    redaction_info: Mapping[str, Any] | None
    revisions: tuple[Revision | SystemRevision, ...]

    @property
    def block_address(self) -> dict[str, Any]:
        """The block's place in the journal."""
        return _block_address(self.strand_id, self.sequence_no)

    @property
    def documents(self) -> list[Revision]:
        """The revisions of documents, in the order in which the transaction touched them."""
        return [revision for revision in self.revisions if isinstance(revision, Revision)]

    def header(self) -> dict[str, Any]:
        """Give the fields that a stream's BLOCK_SUMMARY and an exported block share."""
        struct = {
            "blockAddress": self.block_address,
            "transactionId": self.transaction_id,
            "blockTimestamp": self.block_timestamp,
            "blockHash": self.block_hash,
            "entriesHash": self.entries_hash,
            "previousBlockHash": self.previous_block_hash,
            "entriesHashList": list(self.entries_hash_list),
            "transactionInfo": self.transaction_info,
        }
        if self.redaction_info is not None:
            struct["redactionInfo"] = self.redaction_info
        return struct

    def to_ion(self) -> dict[str, Any]:
        """Give the whole block as GetBlock and S3 exports show it."""
        struct = self.header()
        if self.revisions:
            struct["revisions"] = [revision.to_ion() for revision in self.revisions]
        return struct


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; a name that is used again gets another id."""

    name: str
    table_id: str


def new_ids(source: random.Random | None = None) -> Callable[[], str]:
    """Make a source of ids as QLDB's: 22 characters of base62.

    Parameters
    ----------
    source
        Seeded for ids that repeat from run to run; absent for ids of the operating system's.
    """
    generator = source or random.SystemRandom()

    def next_id() -> str:
        number = generator.getrandbits(128)
        digits = []
        for _ in range(ID_LENGTH):
            number, digit = divmod(number, 62)
            digits.append(_BASE62[digit])
        return "".join(reversed(digits))

    return next_id


def utc_now() -> datetime:
    """Tell the time; a ledger's clock unless another one is given."""
    return datetime.now(UTC)


class Ledger:
    """A journal with one strand, and the documents that it describes. Not safe for threads.

    Parameters
    ----------
    clock
        Gives the present with a time zone. Time never runs backwards in the journal.
    new_id
        Gives the ids of the strand, tables, documents and transactions.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], str] | None = None
    ) -> None:
        self._clock = clock
        self._new_id = new_id or new_ids()
        self.strand_id = self._new_id()
        self._blocks: list[Block] = []
        self._tables: dict[str, Table] = {}
        self._tables_ever = 0
        self._history: dict[str, dict[str, list[Revision]]] = {}
        self._document_ids: set[str] = set()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks so far, redactions applied."""
        return tuple(self._blocks)

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return len(self._blocks)

    def blocks_from(self, sequence_no: int) -> list[Block]:
        """Blocks at and after a sequence number."""
        return self._blocks[sequence_no:]

    @property
    def tables(self) -> dict[str, str]:
        """Ids of the active tables by name."""
        return {table.name: table.table_id for table in self._tables.values()}

    def state(self, table: str) -> dict[str, Revision]:
        """Latest revision of every document of an active table, deleted ones included.

        Raises
        ------
        TransactionError
            If there is no such active table.
        """
        documents = self._history[_known_table(self._tables, table).table_id]
        return {document_id: history[-1] for document_id, history in documents.items()}

    def history(self, table: str, document_id: str) -> list[Revision]:
        """All revisions of a document, oldest first.

        Raises
        ------
        TransactionError
            If there is no such table or document.
        """
        table_id = _known_table(self._tables, table).table_id
        revisions = self._history[table_id].get(document_id)
        if revisions is None:
            raise TransactionError(f"table {table} has no document {document_id}")
        return list(revisions)

    def commit(self, operations: Iterable[Operation]) -> Block:
        """Commit one transaction as one block.

        Several changes to a document give one revision. An insert and a delete of a document in one
        transaction give a deleted version 0 (a choice of this simulator).

        Raises
        ------
        TransactionError
            If the transaction breaks one of QLDB's rules ("Quotas and limits in Amazon QLDB",
            "Redacting document revisions"); the ledger is then as it was before.
        """
        transaction = _Transaction(
            tables=dict(self._tables), history=self._history, known_ids=self._document_ids
        )
        transaction.tables_ever = self._tables_ever
        for operation in operations:
            transaction.add(operation, start_time=self._now(), new_id=self._new_id)
        transaction.check()
        block = self._seal(transaction)
        self._apply(transaction, block)
        return block

    def verify(self) -> list[str]:
        """Recompute every hash and check the chain and all that the hashes do not cover.

        Returns
        -------
        list of str
            What does not verify, by block and field; empty for a sound journal.
        """
        faults = []
        previous = b""
        for position, block in enumerate(self._blocks):
            found = block_faults(block.to_ion())
            found += _simulator_faults(block, strand_id=self.strand_id, position=position)
            if block.previous_block_hash != previous:
                found.append("previousBlockHash")
            previous = block.block_hash
            faults += [f"block {position}: {fault}" for fault in found]
        return faults

    def _now(self) -> Timestamp:
        now = _milliseconds(self._clock())
        last = self._blocks[-1].block_timestamp if self._blocks else now
        return max(now, last)

    def _seal(self, transaction: _Transaction) -> Block:
        sequence_no = len(self._blocks)
        tx_id, tx_time = self._new_id(), self._now()
        revisions: list[Revision | SystemRevision] = [
            SystemRevision(hash=value) for value in transaction.system_hashes
        ]
        for document_id, change in transaction.changes.items():
            metadata = _metadata(document_id, change.version, tx_time, tx_id)
            revisions.append(
                Revision(
                    strand_id=self.strand_id,
                    sequence_no=sequence_no,
                    table_name=change.table.name,
                    table_id=change.table.table_id,
                    document_id=document_id,
                    version=change.version,
                    tx_time=tx_time,
                    tx_id=tx_id,
                    data=change.data,
                    hash=revision_hash(metadata, data=change.data),
                )
            )
        block_timestamp = self._now()
        transaction_info = transaction.info()
        redaction_info = transaction.redaction_info()
        entries = (
            _address_entry(self.strand_id, sequence_no, tx_id, block_timestamp),
            merkle_root(revision.hash for revision in revisions),
            _redaction_entry(redaction_info, tx_id),
            ion_hash(transaction_info),
        )
        previous = self._blocks[-1].block_hash if self._blocks else b""
        return Block(
            strand_id=self.strand_id,
            sequence_no=sequence_no,
            transaction_id=tx_id,
            block_timestamp=block_timestamp,
            block_hash=block_hash(entries, previous),
            entries_hash=merkle_root(entries),
            previous_block_hash=previous,
            entries_hash_list=entries,
            transaction_info=transaction_info,
            redaction_info=redaction_info,
            revisions=tuple(revisions),
        )

    def _apply(self, transaction: _Transaction, block: Block) -> None:
        self._tables = transaction.tables
        self._tables_ever = transaction.tables_ever
        for table in self._tables.values():
            self._history.setdefault(table.table_id, {})
        self._blocks.append(block)
        for revision in block.documents:
            documents = self._history.setdefault(revision.table_id, {})
            documents.setdefault(revision.document_id, []).append(revision)
            self._document_ids.add(revision.document_id)
        if transaction.redaction is not None:
            self._redact(transaction.redaction)

    def _redact(self, target: Revision) -> None:
        redacted = replace(target, data=None, data_hash=ion_hash(target.data))
        versions = self._history[target.table_id][target.document_id]
        versions[versions.index(target)] = redacted
        block = self._blocks[target.sequence_no]
        revisions = tuple(redacted if item is target else item for item in block.revisions)
        self._blocks[target.sequence_no] = replace(block, revisions=revisions)


@dataclass(kw_only=True)
class _Change:
    """What a transaction does to one document."""

    table: Table
    version: int
    data: Any
    statements: list[int]
    size: int = 0


class _Transaction:
    """Statements gathered against a view of the ledger that they change; nothing is committed."""

    def __init__(
        self,
        *,
        tables: dict[str, Table],
        history: Mapping[str, Mapping[str, list[Revision]]],
        known_ids: set[str],
    ) -> None:
        self.tables = tables
        self.tables_ever = 0
        self.changes: dict[str, _Change] = {}
        self.system_hashes: list[bytes] = []
        self.redaction: Revision | None = None
        self._history = history
        self._known_ids = known_ids
        self._statements: list[dict[str, Any]] = []

    def add(
        self, operation: Operation, *, start_time: Timestamp, new_id: Callable[[], str]
    ) -> None:
        match operation:
            case CreateTable():
                text, parameters = self._create_table(operation, new_id)
            case DropTable():
                text, parameters = self._drop_table(operation, new_id)
            case Insert():
                text, parameters = self._insert(operation, new_id)
            case Update():
                text, parameters = self._update(operation)
            case Delete():
                text, parameters = self._delete(operation)
            case Redact():
                text, parameters = self._redact(operation)
            case Select():
                _known_table(self.tables, operation.table)
                text, parameters = _SELECT.format(operation.table), []
        self._statements.append(
            {
                "statement": text,
                "startTime": start_time,
                "statementDigest": statement_digest(text, parameters),
            }
        )

    def check(self) -> None:
        if not self._statements:
            raise TransactionError("a transaction without statements is not committed")
        if len(self.changes) > MAX_DOCUMENTS_PER_TRANSACTION:
            raise TransactionError(
                f"a transaction changes at most {MAX_DOCUMENTS_PER_TRANSACTION} documents, "
                f"not {len(self.changes)}; split it"
            )
        size = sum(change.size for change in self.changes.values())
        if size > MAX_TRANSACTION_BYTES:
            raise TransactionError(
                f"a transaction holds at most {MAX_TRANSACTION_BYTES} bytes of documents, "
                f"not {size}; split it"
            )

    def info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"statements": self._statements}
        if self.changes:
            info["documents"] = {
                document_id: {
                    "tableName": change.table.name,
                    "tableId": change.table.table_id,
                    "statements": change.statements,
                }
                for document_id, change in self.changes.items()
            }
        return info

    def redaction_info(self) -> dict[str, Any] | None:
        target = self.redaction
        if target is None:
            return None
        revision = {
            "blockAddress": _block_address(target.strand_id, target.sequence_no),
            "tableId": target.table_id,
            "documentId": target.document_id,
            "version": target.version,
        }
        return {"revisions": [revision]}

    def _create_table(
        self, operation: CreateTable, new_id: Callable[[], str]
    ) -> tuple[str, list[Any]]:
        name = operation.table
        if not _TABLE_NAME.fullmatch(name):
            raise TransactionError(f"{name!r} is not a name for a table: letters, digits, _")
        if name in self.tables:
            raise TransactionError(f"table {name} exists")
        if len(self.tables) >= MAX_ACTIVE_TABLES or self.tables_ever >= MAX_TABLES:
            raise TransactionError(
                f"a ledger has at most {MAX_ACTIVE_TABLES} active tables, {MAX_TABLES} in all"
            )
        self.tables[name] = Table(name=name, table_id=new_id())
        self.tables_ever += 1
        self.system_hashes.append(sha256(new_id().encode()))
        return f"CREATE TABLE {name}", []

    def _drop_table(self, operation: DropTable, new_id: Callable[[], str]) -> tuple[str, list[Any]]:
        table = _known_table(self.tables, operation.table)
        del self.tables[table.name]
        self.system_hashes.append(sha256(new_id().encode()))
        return f"DROP TABLE {table.name}", []

    def _insert(self, operation: Insert, new_id: Callable[[], str]) -> tuple[str, list[Any]]:
        table = _known_table(self.tables, operation.table)
        document_id = operation.document_id or new_id()
        if not _DOCUMENT_ID.fullmatch(document_id):
            raise TransactionError(f"a document's id is 22 letters and digits, not {document_id!r}")
        if document_id in self._known_ids or document_id in self.changes:
            raise TransactionError(f"document {document_id} exists")
        data, size = _document(operation.document)
        self.changes[document_id] = _Change(
            table=table, version=0, data=data, statements=[len(self._statements)], size=size
        )
        return f"INSERT INTO {table.name} ?", [data]

    def _update(self, operation: Update) -> tuple[str, list[Any]]:
        change = self._change(operation.table, operation.document_id)
        change.data, change.size = _document(operation.document)
        return _UPDATE.format(operation.table), [change.data, operation.document_id]

    def _delete(self, operation: Delete) -> tuple[str, list[Any]]:
        change = self._change(operation.table, operation.document_id)
        change.data, change.size = None, 0
        return _DELETE.format(operation.table), [operation.document_id]

    def _redact(self, operation: Redact) -> tuple[str, list[Any]]:
        if self.redaction is not None:
            raise TransactionError("a transaction redacts at most one revision; split it")
        table = _known_table(self.tables, operation.table)
        target = self._redactable(table, operation.document_id, operation.version)
        self.redaction = target
        address = _block_address(target.strand_id, target.sequence_no)
        return (
            "EXEC REDACT_REVISION ?, ?, ?",
            [address, table.table_id, operation.document_id],
        )

    def _redactable(self, table: Table, document_id: str, version: int) -> Revision:
        versions = self._history.get(table.table_id, {}).get(document_id)
        if versions is None:
            raise TransactionError(f"table {table.name} has no document {document_id}")
        if not 0 <= version < len(versions):
            raise TransactionError(f"document {document_id} has no version {version}")
        target = versions[version]
        if version == len(versions) - 1:
            raise TransactionError(
                f"version {version} of document {document_id} is its latest; only an inactive "
                "revision can be redacted: update or delete the document first"
            )
        if target.is_redacted:
            raise TransactionError(f"version {version} of document {document_id} is redacted")
        return target

    def _change(self, table_name: str, document_id: str) -> _Change:
        """Find or begin this transaction's change of a document that is alive."""
        table = _known_table(self.tables, table_name)
        change = self.changes.get(document_id)
        if change is None or change.table != table:
            versions = self._history.get(table.table_id, {}).get(document_id)
            if versions is None:
                raise TransactionError(f"table {table.name} has no document {document_id}")
            latest = versions[-1]
            change = _Change(
                table=table, version=latest.version + 1, data=latest.data, statements=[]
            )
        if change.data is None:
            raise TransactionError(f"document {document_id} of table {table.name} is deleted")
        self.changes[document_id] = change
        change.statements.append(len(self._statements))
        return change


def _known_table(tables: Mapping[str, Table], name: str) -> Table:
    if name not in tables:
        raise TransactionError(f"the ledger has no active table {name!r}; create it first")
    return tables[name]


def _document(document: object) -> tuple[Any, int]:
    """Give a document as the journal keeps it, detached from the caller's, and its bytes."""
    try:
        data = simpleion.dumps(document)
    except (TypeError, ValueError, OverflowError, IonException) as error:
        # Without the cause: its text could quote the document.
        raise TransactionError(f"a document is not Ion ({type(error).__name__})") from None
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TransactionError(
            f"a document has at most {MAX_DOCUMENT_BYTES} bytes as binary Ion, not {len(data)}"
        )
    value = read_binary(data)
    if not isinstance(value, IonPyDict):
        raise TransactionError(f"a document is a struct, not {type(document).__name__}")
    return value, len(data)


def _milliseconds(moment: datetime) -> Timestamp:
    moment = moment.astimezone(UTC)
    return Timestamp(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond // 1000 * 1000,
        UTC,
        precision=TimestampPrecision.SECOND,
        fractional_precision=3,
    )


def _block_address(strand_id: str, sequence_no: int) -> dict[str, Any]:
    return {"strandId": strand_id, "sequenceNo": sequence_no}


def _metadata(document_id: str, version: int, tx_time: Timestamp, tx_id: str) -> dict[str, Any]:
    return {"id": document_id, "version": version, "txTime": tx_time, "txId": tx_id}


def _address_entry(
    strand_id: str, sequence_no: int, transaction_id: str, timestamp: Timestamp
) -> bytes:
    address = _block_address(strand_id, sequence_no)
    return ion_hash(
        {"blockAddress": address, "transactionId": transaction_id, "blockTimestamp": timestamp}
    )


def _redaction_entry(redaction_info: Mapping[str, Any] | None, transaction_id: str) -> bytes:
    return ion_hash(transaction_id if redaction_info is None else dict(redaction_info))


def _simulator_faults(block: Block, *, strand_id: str, position: int) -> list[str]:
    """Check what the genuine rules leave open, so that no field can change unnoticed."""
    faults = []
    expected = (
        _address_entry(strand_id, position, block.transaction_id, block.block_timestamp),
        merkle_root(revision.hash for revision in block.revisions),
        _redaction_entry(block.redaction_info, block.transaction_id),
        ion_hash(block.transaction_info),
    )
    if block.entries_hash_list != expected:
        faults.append("entriesHashList")
    if (block.strand_id, block.sequence_no) != (strand_id, position):
        faults.append("blockAddress")
    documents = block.transaction_info.get("documents", {})
    if set(documents) != {revision.document_id for revision in block.documents}:
        faults.append("transactionInfo: documents")
        return faults
    for number, revision in enumerate(block.documents):
        listed = documents[revision.document_id]
        if (revision.strand_id, revision.sequence_no) != (strand_id, position):
            faults.append(f"document {number}: blockAddress")
        if revision.tx_id != block.transaction_id:
            faults.append(f"document {number}: txId")
        if (revision.table_name, revision.table_id) != (listed["tableName"], listed["tableId"]):
            faults.append(f"document {number}: tableInfo")
    return faults
