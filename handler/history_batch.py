"""What one batch has for the history table, one write for each item."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from handler.history import merged, redaction_write, revision_write
from handler.replica import projected_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handler.history import HistoryWrite
    from handler.incoming import Incoming, IncomingRedactions, IncomingRevision
    from handler.values import AttributeValue
    from journal.revisions import Redaction


class HistoryGroup(NamedTuple):
    """All that a batch has for one item.

    Attributes
    ----------
    write
        The write to which everything leads.
    incoming
        The records that it stands for, revisions first.
    """

    write: HistoryWrite
    incoming: list[Incoming]

    @property
    def ledger_table(self) -> str | None:
        """The ledger table; None if only block summaries are there, which do not name it."""
        return self.incoming[0].table_name


class HistoryBatch:
    """Collects the records of one batch that the history table needs.

    Parameters
    ----------
    history_table
        The history table.

    Attributes
    ----------
    revisions, redactions
        The records.
    projected
        By the id of a revision's object, the attributes that hold its document.
    """

    def __init__(self, history_table: str) -> None:
        self._history_table = history_table
        self._found: dict[object, list[tuple[HistoryWrite, Incoming]]] = defaultdict(list)
        self.revisions: list[IncomingRevision] = []
        self.redactions: list[IncomingRedactions] = []
        self.projected: dict[int, Mapping[str, AttributeValue]] = {}

    def groups(self, fail: Callable[[Incoming, Exception], None]) -> list[HistoryGroup]:
        """Return one group for each item.

        Parameters
        ----------
        fail
            Receives the records that no item can hold, with their errors.
        """
        for revision in self.revisions:
            try:
                self._add_revision(revision)
            except Exception as error:  # noqa: BLE001 (no record may block the others)
                fail(revision, error)
        for redactions in self.redactions:
            for redaction in redactions.redactions.revisions:
                try:
                    self._add_redaction(redaction, redactions)
                except Exception as error:  # noqa: BLE001 (nor a redaction those beside it)
                    fail(redactions, error)
        return [
            HistoryGroup(merged([write for write, _ in found]), [each for _, each in found])
            for found in self._found.values()
        ]

    def _add_revision(self, incoming: IncomingRevision) -> None:
        revision, table = incoming.revision, incoming.table
        projected = projected_attributes(revision, table)
        write = revision_write(revision, table, self._history_table, projected)
        self._found[write.key].append((write, incoming))
        # The current state needs the same attributes.
        self.projected[id(incoming)] = projected

    def _add_redaction(self, redaction: Redaction, incoming: IncomingRedactions) -> None:
        write = redaction_write(redaction, self._history_table)
        self._found[write.key].append((write, incoming))
