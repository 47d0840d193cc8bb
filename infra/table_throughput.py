"""The throughput with which each table and index is deployed, after a look at what is there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pulumi_aws as aws

from infra.tables import NO_CEILING, Throughput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.previous import Previous
    from infra.replica_tables import ReplicaTablesSettings
    from infra.tables import TableSettings


@dataclass(frozen=True, kw_only=True)
class TableThroughput:
    """The throughput of one DynamoDB table and its indexes.

    Attributes
    ----------
    table
        Of the table.
    indexes
        Of those indexes that exist already.
    new_index
        Of the others.
    """

    table: Throughput
    indexes: Mapping[str, Throughput]
    new_index: Throughput

    def index(self, name: str) -> Throughput:
        """Return the throughput of an index."""
        return self.indexes.get(name, self.new_index)


def of_replica_tables(
    previous: Previous, settings: ReplicaTablesSettings
) -> dict[str, TableThroughput]:
    """Return the throughput of each replicated table's DynamoDB table.

    Parameters
    ----------
    previous
        What the last deployment left.
    settings
        What the stack replicates from now on.
    """
    wanted = settings.throughput
    new = TableThroughput(table=wanted, indexes={}, new_index=wanted)
    in_place = previous.in_place(settings.replica_tables)
    existing = {
        table: _of_existing(previous, wanted, previous.table_names[table], indexes)
        for table, indexes in in_place.items()
    }
    return {table: existing.get(table, new) for table in settings.ledger_tables}


def of_history_table(previous: Previous, settings: TableSettings) -> Throughput:
    """Return the throughput of the history table; see `of_replica_tables`."""
    if previous.history_table_name is None:
        return settings.throughput
    return _of_existing(previous, settings.throughput, previous.history_table_name, ()).table


def remembered(previous: Previous, wanted: Throughput) -> dict[str, int]:
    """Return what the next deployment has to know of the tables' throughput.

    Parameters
    ----------
    previous
        What the last deployment left.
    wanted
        As the settings say.
    """
    return asdict(_without_former_ceiling(wanted, previous.throughput))


def _of_existing(
    previous: Previous, wanted: Throughput, name: str, indexes: Sequence[str]
) -> TableThroughput:
    """Return the throughput of a table that stays.

    Warm throughput is stated only by the deployment that raises it. DynamoDB raises it too, as
    traffic grows, and lowers it never (developer guide, "Understanding DynamoDB warm throughput");
    to the provider, what is stated and lower is an error for a table, and for an index a reason to
    build it again. An absent one is "unchanged" (terraform-provider-aws, internal/service/dynamodb/
    table.go).
    """
    before = previous.throughput
    existing = _without_former_ceiling(wanted, before)
    if (
        wanted.warm_read_units <= before.warm_read_units
        and wanted.warm_write_units <= before.warm_write_units
    ):
        return TableThroughput(
            table=existing.above(wanted),
            indexes=dict.fromkeys(indexes, existing.above(wanted)),
            new_index=wanted,
        )
    found = aws.dynamodb.get_table(name=name)
    served = {index.name: index.warm_throughputs for index in found.global_secondary_indexes}
    return TableThroughput(
        table=existing.above(_served(found.warm_throughputs)),
        indexes={index: existing.above(_served(served.get(index))) for index in indexes},
        new_index=wanted,
    )


def _without_former_ceiling(wanted: Throughput, before: Throughput) -> Throughput:
    """Return a throughput in which a ceiling that is no longer wanted has a value that removes it.

    DynamoDB refuses what the provider sends for an absent one.
    """
    return replace(
        wanted,
        max_read_units=wanted.max_read_units or (before.max_read_units and NO_CEILING),
        max_write_units=wanted.max_write_units or (before.max_write_units and NO_CEILING),
    )


def _served(warm: Sequence[Any] | None) -> Throughput:
    if not warm:
        return Throughput()
    return Throughput(
        warm_read_units=warm[0].read_units_per_second,
        warm_write_units=warm[0].write_units_per_second,
    )
