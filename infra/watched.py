"""The names of what alarms and dashboard watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

WRITE_OPERATIONS = ("BatchExecuteStatement", "PutItem")
"""DynamoDB operations by which the function writes; metrics of requests have them as a
dimension."""

HISTORY_TABLE = "history-table"
"""Stands for the history table where others have the ledger table's name, which has no hyphen."""


@dataclass(frozen=True, kw_only=True)
class WatchedTable:
    """A DynamoDB table.

    Attributes
    ----------
    name
        Name of the table.
    indexes
        Names of its global secondary indexes.
    """

    name: pulumi.Input[str]
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Everything of a stack that has metrics.

    Attributes
    ----------
    service
        Value of the dimension ``service`` of the function's own metrics.
    stream_name
        The Kinesis stream.
    stream_retention_hours
        Hours after which Kinesis drops a record.
    function_name
        The Lambda function.
    function_timeout_seconds
        Seconds after which Lambda stops an invocation.
    event_source_mapping_id
        The event source mapping; its event counts must be switched on.
    tolerated_lag_minutes
        Minutes that the tables may be behind the stream.
    failure_queue_name
        The queue that lists the failure bucket's objects.
    tables
        The tables with the current state, by the ledger table's name.
    history_table_name
        The table with every revision; None if no ledger table keeps its history.
    """

    service: str
    stream_name: pulumi.Input[str]
    stream_retention_hours: int
    function_name: pulumi.Input[str]
    function_timeout_seconds: int
    event_source_mapping_id: pulumi.Input[str]
    tolerated_lag_minutes: int
    failure_queue_name: pulumi.Input[str]
    tables: Mapping[str, WatchedTable] = field(default_factory=dict)
    history_table_name: pulumi.Input[str] | None = None

    @property
    def all_tables(self) -> dict[str, WatchedTable]:
        """The tables with the current state, and the history table under `HISTORY_TABLE`."""
        if self.history_table_name is None:
            return dict(self.tables)
        return {**self.tables, HISTORY_TABLE: WatchedTable(name=self.history_table_name)}
