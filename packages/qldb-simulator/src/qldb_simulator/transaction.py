"""A transaction in progress, checked against QLDB's rules ("Quotas and limits in Amazon QLDB")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyDict

from qldb_simulator.blocks import block_address
from qldb_simulator.errors import TransactionError
from qldb_simulator.hash_chain import statement_digest
from qldb_simulator.ids import ID_LENGTH
from qldb_simulator.ion_hash import sha256
from qldb_simulator.ion_reading import read_binary
from qldb_simulator.operations import (
    CreateTable,
    Delete,
    DropTable,
    Insert,
    Operation,
    Redact,
    Select,
    Update,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amazon.ion.core import Timestamp

    from qldb_simulator.blocks import Revision

MAX_DOCUMENTS_PER_TRANSACTION: Final = 40
MAX_DOCUMENT_BYTES: Final = 128 * 1024
MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
MAX_ACTIVE_TABLES: Final = 20
MAX_TABLES: Final = 40

_SELECT: Final = "SELECT * FROM {}"
_UPDATE: Final = "UPDATE {} AS d BY id SET d = ? WHERE id = ?"
_DELETE: Final = "DELETE FROM {} BY id WHERE id = ?"

_TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_DOCUMENT_ID: Final = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; a reused name gets another id."""

    name: str
    table_id: str


@dataclass(kw_only=True)
class DocumentChange:
    """The change of one document by a transaction.

    Attributes
    ----------
    data
        The new document, None for a delete.
    statements
        Positions of the statements that touch the document.
    size
        Size of the new document as binary Ion, in bytes.
    """

    table: Table
    version: int
    data: Any
    statements: list[int]
    size: int = 0


class Transaction:
    """Statements that are applied to a view of the ledger, without a commit.

    Parameters
    ----------
    tables
        Active tables by name; the transaction changes this dict.
    tables_ever
        Number of tables that the ledger has had so far, dropped ones included.
    history
        Revisions by table id and document id.
    known_ids
        Ids of all documents that the ledger has ever had.
    new_id
        Generates ids of tables and documents.
    """

    def __init__(
        self,
        *,
        tables: dict[str, Table],
        tables_ever: int,
        history: Mapping[str, Mapping[str, list[Revision]]],
        known_ids: set[str],
        new_id: Callable[[], str],
    ) -> None:
        self.tables = tables
        self.created: list[Table] = []
        self.changes: dict[str, DocumentChange] = {}
        self.system_hashes: list[bytes] = []
        self.redaction: Revision | None = None
        self._tables_ever = tables_ever
        self._history = history
        self._known_ids = known_ids
        self._new_id = new_id
        self._statements: list[dict[str, Any]] = []

    def add(self, operation: Operation, *, start_time: Timestamp) -> None:
        """Apply an operation to the view.

        Raises
        ------
        TransactionError
            If the operation breaks a rule.
        """
        match operation:
            case CreateTable():
                text, parameters = self._create_table(operation)
            case DropTable():
                text, parameters = self._drop_table(operation)
            case Insert():
                text, parameters = self._insert(operation)
            case Update():
                text, parameters = self._update(operation)
            case Delete():
                text, parameters = self._delete(operation)
            case Redact():
                text, parameters = self._redact(operation)
            case Select():
                active_table(self.tables, operation.table)
                text, parameters = _SELECT.format(operation.table), []
        self._statements.append(
            {
                "statement": text,
                "startTime": start_time,
                "statementDigest": statement_digest(text, parameters),
            }
        )

    def check(self) -> None:
        """Check the limits of the transaction as a whole.

        Raises
        ------
        TransactionError
            If the transaction is empty or exceeds a limit.
        """
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
        """Return the block's transactionInfo."""
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
        """Return the block's redactionInfo; None if the transaction redacts nothing."""
        target = self.redaction
        if target is None:
            return None
        revision = {
            "blockAddress": block_address(target.strand_id, target.sequence_no),
            "tableId": target.table_id,
            "documentId": target.document_id,
            "version": target.version,
        }
        return {"revisions": [revision]}

    def _create_table(self, operation: CreateTable) -> tuple[str, list[Any]]:
        name = operation.table
        if not _TABLE_NAME.fullmatch(name):
            raise TransactionError(f"{name!r} is not a table name: use letters, digits and _")
        if name in self.tables:
            raise TransactionError(f"table {name} exists")
        tables_ever = self._tables_ever + len(self.created)
        if len(self.tables) >= MAX_ACTIVE_TABLES or tables_ever >= MAX_TABLES:
            raise TransactionError(
                f"a ledger has at most {MAX_ACTIVE_TABLES} active tables, {MAX_TABLES} in all"
            )
        self.tables[name] = Table(name=name, table_id=self._new_id())
        self.created.append(self.tables[name])
        self.system_hashes.append(sha256(self._new_id().encode()))
        return f"CREATE TABLE {name}", []

    def _drop_table(self, operation: DropTable) -> tuple[str, list[Any]]:
        table = active_table(self.tables, operation.table)
        del self.tables[table.name]
        self.system_hashes.append(sha256(self._new_id().encode()))
        return f"DROP TABLE {table.name}", []

    def _insert(self, operation: Insert) -> tuple[str, list[Any]]:
        table = active_table(self.tables, operation.table)
        document_id = operation.document_id or self._new_id()
        if not _DOCUMENT_ID.fullmatch(document_id):
            raise TransactionError(
                f"a document id is {ID_LENGTH} letters and digits, not {document_id!r}"
            )
        if document_id in self._known_ids or document_id in self.changes:
            raise TransactionError(f"document {document_id} exists")
        data, size = _stored_document(operation.document)
        self.changes[document_id] = DocumentChange(
            table=table, version=0, data=data, statements=[len(self._statements)], size=size
        )
        return f"INSERT INTO {table.name} ?", [data]

    def _update(self, operation: Update) -> tuple[str, list[Any]]:
        change = self._change(operation.table, operation.document_id)
        change.data, change.size = _stored_document(operation.document)
        return _UPDATE.format(operation.table), [change.data, operation.document_id]

    def _delete(self, operation: Delete) -> tuple[str, list[Any]]:
        change = self._change(operation.table, operation.document_id)
        change.data, change.size = None, 0
        return _DELETE.format(operation.table), [operation.document_id]

    def _redact(self, operation: Redact) -> tuple[str, list[Any]]:
        if self.redaction is not None:
            raise TransactionError("a transaction redacts at most one revision; split it")
        table = active_table(self.tables, operation.table)
        target = self._redactable(table, operation.document_id, operation.version)
        self.redaction = target
        address = block_address(target.strand_id, target.sequence_no)
        return (
            "EXEC REDACT_REVISION ?, ?, ?",
            [address, table.table_id, operation.document_id],
        )

    def _redactable(self, table: Table, document_id: str, version: int) -> Revision:
        versions = self._versions(table, document_id)
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

    def _change(self, table_name: str, document_id: str) -> DocumentChange:
        """Return this transaction's change of a live document, created on first use."""
        table = active_table(self.tables, table_name)
        change = self.changes.get(document_id)
        if change is None or change.table != table:
            latest = self._versions(table, document_id)[-1]
            change = DocumentChange(
                table=table, version=latest.version + 1, data=latest.data, statements=[]
            )
        if change.data is None:
            raise TransactionError(f"document {document_id} of table {table.name} is deleted")
        self.changes[document_id] = change
        change.statements.append(len(self._statements))
        return change

    def _versions(self, table: Table, document_id: str) -> list[Revision]:
        return known_document(self._history.get(table.table_id, {}), table.name, document_id)


def active_table(tables: Mapping[str, Table], name: str) -> Table:
    """Return the active table with a name.

    Raises
    ------
    TransactionError
        If it does not exist.
    """
    if name not in tables:
        raise TransactionError(f"the ledger has no active table {name!r}; create it first")
    return tables[name]


def known_document(
    documents: Mapping[str, list[Revision]], table_name: str, document_id: str
) -> list[Revision]:
    """Return all revisions of a document, oldest first.

    Raises
    ------
    TransactionError
        If the table has no such document.
    """
    versions = documents.get(document_id)
    if versions is None:
        raise TransactionError(f"table {table_name} has no document {document_id}")
    return versions


def _stored_document(document: object) -> tuple[Any, int]:
    """Return a copy of a document as the journal stores it, with its size as binary Ion."""
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
