"""Compares the tables with those of the stack's last deployment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi

from infra import stack_outputs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Self

TABLE_NAMES_OUTPUT = "tableNames"
PROTECTION_OUTPUT = "deletionProtection"

RESTREAM_COMMAND = "pulumi up --replace '**aws:qldb/stream:Stream**'"
"""Replaces the QLDB stream alone. The new one starts at ``inclusiveStartTime``; records of known
versions are stale, so repeating them is harmless."""

RESEND = (
    "For its past, have whatever writes to the Kinesis stream send the ledger table's records from "
    "the start again, after this deployment; what other tables hold already is stale and changes "
    "nothing"
)
"""What fills a table where no QLDB stream belongs to the stack."""

_SHOWN = 10
"""Tables that a message names."""


@dataclass(frozen=True, kw_only=True)
class Previous:
    """What the last complete deployment of this stack left.

    Attributes
    ----------
    table_names
        The DynamoDB table of each ledger table; empty before the first deployment.
    deletion_protection
        Whether these tables refuse to be deleted. Version 0.1.0 did not export it: its tables
        count as protected.
    """

    table_names: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = True

    @classmethod
    def read(cls) -> Self:
        """Read the outputs of the stack that is being deployed."""
        try:
            outputs = stack_outputs.read(stack_outputs.own_stack()).values
        except stack_outputs.StackUnreadableError as error:
            raise pulumi.RunError(
                f"the outputs of this stack's last deployment cannot be read: {error}"
            ) from None
        return cls(
            table_names=outputs.get(TABLE_NAMES_OUTPUT) or {},
            deletion_protection=outputs.get(PROTECTION_OUTPUT, True) is not False,
        )

    def refuse_removal(self, ledger_tables: Collection[str]) -> None:
        """Refuse to remove a protected table.

        DynamoDB would refuse to delete it, but only after other resources changed, and the program
        could no longer turn the protection off.

        Parameters
        ----------
        ledger_tables
            The ledger tables that the stack replicates from now on.

        Raises
        ------
        pulumi.RunError
            If another table was deployed with deletion protection.
        """
        removed = sorted(set(self.table_names) - set(ledger_tables))
        if not removed or not self.deletion_protection:
            return
        raise pulumi.RunError(
            f"replicaTables no longer names {_some(removed)}, but deletionProtection was on in "
            "the last deployment, so DynamoDB would refuse to delete the table; nothing was "
            "changed. To delete it with its items: restore the entry, pulumi config set "
            "deletionProtection false, pulumi up; then remove the entry, pulumi up; then pulumi "
            "config set deletionProtection true, pulumi up"
        )

    def warn_of_empty(
        self, table_names: Mapping[str, pulumi.Output[str]], *, has_ledger: bool
    ) -> None:
        """Warn of tables that start empty beside a journal that was consumed already.

        A first deployment reads the whole journal, so it needs no warning.

        Parameters
        ----------
        table_names
            The DynamoDB table of each ledger table, from now on.
        has_ledger
            Whether the stack has a QLDB stream, which can start again.
        """
        if not self.table_names:
            return
        remedy = (
            f"To stream the journal from its start again, after this deployment: {RESTREAM_COMMAND}"
            if has_ledger
            else RESEND
        )

        def warn(names: Mapping[str, str]) -> None:
            empty = sorted(
                table for table, name in names.items() if self.table_names.get(table) != name
            )
            if empty:
                pulumi.warn(
                    f"new and empty: the DynamoDB table of {_some(empty)}. It fills only from "
                    f"the records that arrive from now on. {remedy}"
                )

        pulumi.Output.all(**table_names).apply(warn)


def _some(names: Sequence[str]) -> str:
    """Return names as part of a line; the first of them if they are many."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
