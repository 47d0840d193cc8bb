"""What a replay is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.replay.revisions import EVERYTHING

if TYPE_CHECKING:
    from handler.corrections import Correction
    from handler.settings import HandlerSettings, ReplicaTable
    from journal.exports.selection import Selection


@dataclass(frozen=True, kw_only=True)
class Job:
    """The work of all processes of a replay; other processes receive it whole.

    Attributes
    ----------
    location
        Of the source.
    strand_id
        The journal.
    settings
        The configuration of the deployed function.
    tables
        The entries of the settings that are replayed, by their ledger table; empty for all.
    selection
        Its time limits which blocks are replayed. Redactions count whatever their time.
    correction
        Which items of the same version are written again if they differ; None for none.
    is_dry_run
        Whether nothing is written.
    documents
        What stands for the documents that are replayed (`ops.replay.messages.document_key`); None
        for all.
    """

    location: str
    strand_id: str
    settings: HandlerSettings
    tables: frozenset[str] = frozenset()
    selection: Selection = field(default=EVERYTHING)
    correction: Correction | None = None
    is_dry_run: bool = False
    documents: frozenset[bytes] | None = None

    def wants(self, document: bytes) -> bool:
        """Return whether a document is replayed, by what stands for it."""
        return self.documents is None or document in self.documents

    def table_of(self, name: str, table_id: str) -> ReplicaTable | None:
        """Return the replica of a ledger table; None if the table is not replayed."""
        table = self.settings.table_of(name, table_id)
        if table is None or (self.tables and table.ledger_table not in self.tables):
            return None
        return table
