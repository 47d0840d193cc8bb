"""DynamoDB tables: the current state of the ledger's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.component import component_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "pk"
EXPIRY = "expiresAt"


@dataclass(frozen=True, kw_only=True)
class ReplicaTablesProps:
    """What :class:`ReplicaTables` are made of.

    Attributes
    ----------
    ledger_tables
        Names of the ledger's tables that are replicated.
    tombstones_expire
        Whether DynamoDB removes items whose ``expiresAt`` has passed.
    deletion_protection
        Whether the tables refuse to be deleted.
    """

    ledger_tables: Sequence[str]
    tombstones_expire: bool
    deletion_protection: bool


class ReplicaTables(pulumi.ComponentResource):
    """One DynamoDB table for each replicated table of the ledger."""

    tables: Mapping[str, aws.dynamodb.Table]
    """By the ledger table's name."""

    def __init__(
        self, name: str, props: ReplicaTablesProps, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(component_type("ReplicaTables"), name, None, opts)
        self.tables = {table: self._table(table, props) for table in props.ledger_tables}
        self.register_outputs({"tableNames": self.names})

    @property
    def names(self) -> dict[str, pulumi.Output[str]]:
        """Names of the DynamoDB tables by the ledger table's name."""
        return {ledger_table: table.name for ledger_table, table in self.tables.items()}

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """ARNs of the DynamoDB tables."""
        return [table.arn for table in self.tables.values()]

    def _table(self, ledger_table: str, props: ReplicaTablesProps) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            ledger_table,
            hash_key=KEY,
            attributes=[{"name": KEY, "type": "S"}],
            billing_mode="PAY_PER_REQUEST",
            point_in_time_recovery={"enabled": True},
            # Said also where nothing expires: to the provider an absent block means "as it is", so
            # tombstones would go on expiring after their lifetime was taken out of the settings.
            ttl={"attribute_name": EXPIRY, "enabled": props.tombstones_expire},
            deletion_protection_enabled=props.deletion_protection,
            opts=pulumi.ResourceOptions(parent=self),
        )
