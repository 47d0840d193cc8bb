"""A table in memory behind the writer's protocol: the newest version of each document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.writer import APPLIED, STALE, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.replica import Write


class MemoryTable:
    """Versions by document, behind a writer with the same promises as the handler's."""

    def __init__(self) -> None:
        self.items: dict[str, Write] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.writes = 0

    def write(self, writes: Sequence[Write], deadline: float) -> list[Outcome]:  # noqa: ARG002 (the protocol's)
        """Write if the version is higher, except for documents with a scripted outcome."""
        return [self._write(write) for write in writes]

    def _write(self, write: Write) -> Outcome:
        self.writes += 1
        if write.document_id in self.outcomes:
            return self.outcomes[write.document_id]
        stored = self.items.get(write.document_id)
        if stored is not None and stored.version >= write.version:
            return STALE
        self.items[write.document_id] = write
        return APPLIED
