"""DynamoDB tables that hold the current state of the ledger's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field

from handler.contract import EXPIRY_ATTRIBUTE, KEY_ATTRIBUTE, MAX_LIFETIME_DAYS
from infra.component import Component
from infra.index_settings import key_types
from infra.replica_settings import (
    ReplicaTableSettings,
    check_distinct,
    replica_tables_json,
)
from infra.section import FromJson, Integer
from infra.tables import TableSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.table_imports import TableImport
    from infra.table_throughput import TableThroughput


class ReplicaTablesSettings(TableSettings):
    """Settings of the DynamoDB tables with the current state.

    Attributes
    ----------
    replica_tables
        One entry for each replicated table of the ledger.
    tombstone_lifetime_days
        Days until DynamoDB may remove a tombstone; 0 for never.
    """

    replica_tables: Annotated[
        tuple[ReplicaTableSettings, ...],
        FromJson,
        AfterValidator(check_distinct),
        Field(
            min_length=1,
            description="a list of one or more entries such as `- ledgerTable: Person` "
            "(pulumi config set --path 'replicaTables[0].ledgerTable' Person)",
        ),
    ]
    tombstone_lifetime_days: Integer = Field(ge=0, le=MAX_LIFETIME_DAYS)

    @property
    def ledger_tables(self) -> list[str]:
        """Names of the replicated ledger tables."""
        return [entry.ledger_table for entry in self.replica_tables]

    @property
    def given_names(self) -> dict[str, str]:
        """Names of DynamoDB tables that the settings give, by the ledger table's name."""
        return {
            entry.ledger_table: entry.table_name
            for entry in self.replica_tables
            if entry.table_name is not None
        }

    @property
    def folders(self) -> dict[str, str]:
        """Folders from which DynamoDB tables are made, by the ledger table's name."""
        return {
            entry.ledger_table: entry.import_from
            for entry in self.replica_tables
            if entry.import_from is not None
        }

    @property
    def has_history(self) -> bool:
        """Whether the history of any ledger table is kept."""
        return any(entry.history for entry in self.replica_tables)


class ReplicaTables(Component):
    """One DynamoDB table for each replicated table of the ledger.

    The arguments `throughput` and `imports` have what each ledger table's DynamoDB table serves,
    and how it is made.
    """

    tables: Mapping[str, aws.dynamodb.Table]
    """By the ledger table's name."""

    configuration: pulumi.Output[str]
    """The text of `handler.contract.TABLES_FILE`."""

    def __init__(
        self,
        name: str,
        settings: ReplicaTablesSettings,
        throughput: Mapping[str, TableThroughput],
        imports: Mapping[str, TableImport],
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ReplicaTables", name, tags=tags, opts=opts)
        self.tables = {
            entry.ledger_table: self._table(
                name,
                entry,
                settings,
                throughput[entry.ledger_table],
                imports[entry.ledger_table],
            )
            for entry in settings.replica_tables
        }
        self.configuration = pulumi.Output.all(**self.names).apply(
            lambda names: replica_tables_json(
                settings.replica_tables, names, settings.tombstone_lifetime_days
            )
        )
        self.register_outputs({"tableNames": self.names})

    @property
    def names(self) -> dict[str, pulumi.Output[str]]:
        """Names of the DynamoDB tables by the ledger table's name."""
        return {ledger_table: table.name for ledger_table, table in self.tables.items()}

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """ARNs of the DynamoDB tables."""
        return [table.arn for table in self.tables.values()]

    def _table(
        self,
        name: str,
        entry: ReplicaTableSettings,
        settings: ReplicaTablesSettings,
        throughput: TableThroughput,
        made: TableImport,
    ) -> aws.dynamodb.Table:
        indexes: list[Any] = [
            index.arguments(throughput.index(index.name)) for index in entry.indexes
        ]
        types = {KEY_ATTRIBUTE: "S", **dict(sorted(key_types(entry.indexes).items()))}
        return aws.dynamodb.Table(
            table_name(name, entry.ledger_table),
            name=entry.table_name,
            hash_key=KEY_ATTRIBUTE,
            # DynamoDB knows the types of keys only.
            attributes=[{"name": attribute, "type": kind} for attribute, kind in types.items()],
            global_secondary_indexes=indexes or None,
            # Set even if nothing expires. To the provider, an absent block means "unchanged", so
            # tombstones would still expire after the setting was removed.
            ttl={
                "attribute_name": EXPIRY_ATTRIBUTE,
                "enabled": entry.lifetime_days(settings.tombstone_lifetime_days) is not None,
            },
            **settings.arguments(throughput.table),
            import_table=made.source,
            tags=self.tags,
            # DynamoDB refuses late, when most of the stack is deleted already.
            opts=self.child(
                formerly=entry.ledger_table,
                protect=settings.protect,
                retain_on_delete=settings.retain_on_delete,
                ignore_changes=made.ignored,
                creation_timeout=made.creation_timeout,
            ),
        )


def table_name(component: str, ledger_table: str) -> str:
    """Return the logical name of a table; its physical name starts with it."""
    return f"{component}-{ledger_table}"
