"""A table in memory behind the writer's protocol: the newest version of each document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.outcomes import APPLIED, STALE, Outcome
from handler.replica import Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.history import HistoryWrite
    from handler.writer import ItemWrite


class MemoryTable:
    """The newest version of each document, and every version of those with a history.

    Attributes
    ----------
    items
        Writes by document.
    history
        Writes of the history table by document and version.
    outcomes, history_outcomes
        Outcomes that a test wants, by document.
    writes
        Number of writes so far, those of the history not included.
    """

    def __init__(self) -> None:
        self.items: dict[str, Write] = {}
        self.history: dict[tuple[str, int], HistoryWrite] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.history_outcomes: dict[str, Outcome] = {}
        self.writes = 0

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:  # noqa: ARG002 (the protocol's)
        """Write if the version is higher, except for documents with a scripted outcome."""
        return [
            self._write(write) if isinstance(write, Write) else self._write_history(write)
            for write in writes
        ]

    def _write_history(self, write: HistoryWrite) -> Outcome:
        if write.document_id in self.history_outcomes:
            return self.history_outcomes[write.document_id]
        key = (write.document_id, write.version)
        if key in self.history and not write.is_redaction:
            return STALE
        self.history[key] = write
        return APPLIED

    def _write(self, write: Write) -> Outcome:
        self.writes += 1
        if write.document_id in self.outcomes:
            return self.outcomes[write.document_id]
        stored = self.items.get(write.document_id)
        if stored is not None and stored.version >= write.version:
            return STALE
        self.items[write.document_id] = write
        return APPLIED
