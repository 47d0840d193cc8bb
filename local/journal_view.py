"""The simulated ledger's journal as a comparison reads it, from its service or in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qldb_simulator.client_results import RevisionState, TableGeneration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qldb_simulator.client import LedgerClient
    from qldb_simulator.journal import Ledger


class JournalView(Protocol):
    """A journal by table generations: a name that was used again is another table."""

    def generations(self) -> Sequence[TableGeneration]:
        """Return every table that the ledger has had, dropped ones included."""

    def revisions(self, table_id: str) -> Mapping[str, Sequence[RevisionState]]:
        """Return all revisions of every document of a table, oldest first."""


class ServedJournal:
    """The journal of a ledger of the simulated QLDB service.

    Parameters
    ----------
    client
        Client of the service.
    name
        The ledger's name.
    """

    def __init__(self, client: LedgerClient, name: str) -> None:
        self._client = client
        self._name = name

    def generations(self) -> list[TableGeneration]:
        """Return every table that the ledger has had, dropped ones included."""
        return self._client.generations(self._name)

    def revisions(self, table_id: str) -> dict[str, list[RevisionState]]:
        """Return all revisions of every document of a table, oldest first."""
        return self._client.revisions(self._name, table_id)


class OwnJournal:
    """The journal of a ledger in this process.

    Parameters
    ----------
    ledger
        The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def generations(self) -> list[TableGeneration]:
        """Return every table that the ledger has had, dropped ones included."""
        active = set(self._ledger.tables.values())
        return [
            TableGeneration(
                name=table.name, table_id=table.table_id, is_active=table.table_id in active
            )
            for table in self._ledger.generations
        ]

    def revisions(self, table_id: str) -> dict[str, list[RevisionState]]:
        """Return all revisions of every document of a table, oldest first."""
        return {
            document_id: [RevisionState.from_ion(document_id, each.to_ion()) for each in revisions]
            for document_id, revisions in self._ledger.revisions(table_id).items()
        }
