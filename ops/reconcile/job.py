"""What is compared, and how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.settings import HandlerSettings, ReplicaTable


@dataclass(frozen=True, kw_only=True)
class Job:
    """The work of all processes of a comparison; other processes receive it whole.

    Attributes
    ----------
    strand_id
        The journal.
    settings
        The configuration of the deployed function.
    tables
        The entries of the settings that are compared, by their ledger table; empty for all.
    is_deep
        Whether all attributes are compared, and not only versions, hashes and states.
    """

    strand_id: str
    settings: HandlerSettings
    tables: frozenset[str] = frozenset()
    is_deep: bool = False

    @cached_property
    def replicas(self) -> tuple[ReplicaTable, ...]:
        """The replicas that are compared; their index stands for them in records."""
        return tuple(
            table
            for name, table in self.settings.replica_tables.items()
            if not self.tables or name in self.tables
        )

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {table.ledger_table: place for place, table in enumerate(self.replicas)}

    def place_of(self, table: ReplicaTable) -> int:
        """Return the index of a replica."""
        return self._places[table.ledger_table]

    def table_of(self, name: str, table_id: str) -> ReplicaTable | None:
        """Return the replica of a ledger table; None if it is not compared."""
        table = self.settings.table_of(name, table_id)
        return table if table is not None and table.ledger_table in self._places else None

    @property
    def has_history(self) -> bool:
        """Whether a history is compared."""
        return self.settings.history_table is not None and any(
            table.history for table in self.replicas
        )

    @property
    def history_table(self) -> str:
        """The history table; empty if there is none."""
        return self.settings.history_table or ""
