"""Commits one operation on a document to the deployed ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.client import LedgerClient
from qldb_simulator.operations import CreateTable, Insert

from local.running import deployed

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.operations import Operation


def commit(state: Path, operation: Operation) -> None:
    """Commit an operation and print its journal block and documents.

    The first insert into a table creates the table.

    Parameters
    ----------
    state
        Folder of the local AWS.
    operation
        The operation to commit.

    Raises
    ------
    LocalError
        If nothing is deployed, or the ledger refuses the operation.
    """
    services, outputs = deployed(state)
    ledger, name = LedgerClient(services.endpoints.qldb), str(outputs["ledgerName"])
    if isinstance(operation, Insert) and operation.table not in ledger.tables(name):
        ledger.commit(name, [CreateTable(table=operation.table)])
    block = ledger.commit(name, [operation])
    print(f"Committed as journal block {block.sequence_no}, transaction {block.transaction_id}.")
    for document in block.documents:
        state_word = "deleted" if document.is_deleted else "live"
        print(f"{document.table} {document.document_id}: version {document.version}, {state_word}")
    if operation.table not in outputs["tableNames"]:
        print(f"Table {operation.table} is not replicated: see the setting replicaTables.")
