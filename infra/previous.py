"""What the last deployment of this stack left, and what the next one keeps of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from handler.contract import TableField
from infra import stack_outputs
from infra.index_settings import key_types
from infra.tables import Throughput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from infra.replica_settings import ReplicaTableSettings

TABLE_NAMES_OUTPUT = "tableNames"
GIVEN_NAMES_OUTPUT = "givenTableNames"
PROTECTION_OUTPUT = "deletionProtection"
RETAIN_OUTPUT = "retainOnDelete"
HISTORY_OUTPUT = "historyTableName"
THROUGHPUT_OUTPUT = "tableThroughput"
INDEXES_OUTPUT = "tableIndexes"
STREAM_OUTPUT = "streamName"
SHARDS_OUTPUT = "shardCount"
CONFIGURATION_OUTPUT = "replicaTables"
IMPORTS_OUTPUT = "tableImports"
HISTORY_IMPORT_OUTPUT = "historyImport"
SUBSCRIPTION_OUTPUT = "alarmSubscriptionArn"


@dataclass(frozen=True, kw_only=True)
class Previous:
    """What the last complete deployment of this stack left.

    Attributes
    ----------
    table_names
        The DynamoDB table of each ledger table; empty before the first deployment.
    given_names
        Those of them that the settings gave; Pulumi made up the others.
    deletion_protection
        Whether these tables refuse to be deleted. Version 0.1.0 did not export it: its tables
        count as protected.
    retain_on_delete
        Whether tables stay in the account when the stack gives them up.
    history_table_name
        The history table; None without one.
    with_history
        The ledger tables whose history was kept.
    throughput
        What the settings asked of the tables, with a ceiling that was removed before.
    indexes
        For each ledger table, the indexes of its DynamoDB table: the type of each key attribute.
    stream_name
        The Kinesis stream; empty before the first deployment.
    shard_count
        Shards that the settings gave it; None where Kinesis decided on them, or where an earlier
        version did not export them.
    imports
        For each ledger table whose DynamoDB table was made from a folder of S3, that folder.
    history_import
        The folder from which the history table was made; empty for none.
    alarm_subscription
        The subscription of `alarmEmail`; empty for none.
    """

    table_names: Mapping[str, str] = field(default_factory=dict)
    given_names: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = True
    retain_on_delete: bool = False
    history_table_name: str | None = None
    with_history: frozenset[str] = frozenset()
    throughput: Throughput = field(default_factory=Throughput)
    indexes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    stream_name: str = ""
    shard_count: int | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    history_import: str = ""
    alarm_subscription: str = ""

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
            given_names=outputs.get(GIVEN_NAMES_OUTPUT) or {},
            deletion_protection=outputs.get(PROTECTION_OUTPUT, True) is not False,
            retain_on_delete=outputs.get(RETAIN_OUTPUT) is True,
            history_table_name=outputs.get(HISTORY_OUTPUT),
            with_history=_with_history(outputs.get(CONFIGURATION_OUTPUT) or "{}"),
            throughput=_throughput(outputs.get(THROUGHPUT_OUTPUT) or {}),
            indexes=outputs.get(INDEXES_OUTPUT) or {},
            stream_name=outputs.get(STREAM_OUTPUT) or "",
            # Pulumi's numbers are floats.
            shard_count=int(outputs.get(SHARDS_OUTPUT) or 0) or None,
            imports=outputs.get(IMPORTS_OUTPUT) or {},
            history_import=outputs.get(HISTORY_IMPORT_OUTPUT) or "",
            alarm_subscription=outputs.get(SUBSCRIPTION_OUTPUT) or "",
        )

    def keeps(self, entry: ReplicaTableSettings) -> bool:
        """Return whether a ledger table has a DynamoDB table that stays.

        Parameters
        ----------
        entry
            What the stack replicates from now on.
        """
        name = self.table_names.get(entry.ledger_table)
        if name is None:
            return False
        if entry.table_name is None:
            return entry.ledger_table not in self.given_names
        return entry.table_name == name

    def in_place(self, entries: Sequence[ReplicaTableSettings]) -> dict[str, list[str]]:
        """Return the ledger tables whose DynamoDB tables stay, with the indexes that stay.

        Parameters
        ----------
        entries
            What the stack replicates from now on.
        """
        return {
            entry.ledger_table: [
                index.name
                for index in entry.indexes
                if self.indexes.get(entry.ledger_table, {}).get(index.name) == key_types([index])
            ]
            for entry in entries
            if self.keeps(entry)
        }


def index_keys(entries: Sequence[ReplicaTableSettings]) -> dict[str, dict[str, dict[str, str]]]:
    """Return what the next deployment has to know of the indexes; see `Previous.indexes`."""
    return {
        entry.ledger_table: {index.name: key_types([index]) for index in entry.indexes}
        for entry in entries
        if entry.indexes
    }


def _throughput(output: Mapping[str, Any]) -> Throughput:
    # Pulumi's numbers are floats.
    return Throughput(**{name: int(units) for name, units in output.items()})


def _with_history(configuration: str) -> frozenset[str]:
    tables = json.loads(configuration)
    return frozenset(name for name, table in tables.items() if table.get(TableField.HISTORY))
