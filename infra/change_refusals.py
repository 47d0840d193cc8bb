"""Refuses changes that a deployment could not finish, before it touches any resource."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.names import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.previous import Previous
    from infra.replica_settings import ReplicaTableSettings
    from infra.settings import Settings


def refuse(previous: Previous, settings: Settings) -> None:
    """Refuse what AWS would reject half-way, and what the provider would not do.

    Parameters
    ----------
    previous
        What the last deployment left.
    settings
        What the stack deploys from now on.

    Raises
    ------
    pulumi.RunError
        If there is such a change.
    """
    tables = settings.replica_tables
    _refuse_deletion(previous, tables.replica_tables)
    _refuse_other_key_types(previous, tables.replica_tables)
    _refuse_kept_indexes(previous, tables.replica_tables)
    _refuse_late_imports(previous, settings)
    _refuse_resharding(previous, settings.journal_stream.shards)


def _refuse_deletion(previous: Previous, entries: Sequence[ReplicaTableSettings]) -> None:
    """Refuse to delete or to replace a protected table.

    DynamoDB would refuse it, but only after other resources changed, and the program could no
    longer turn the protection off.
    """
    if not previous.deletion_protection or previous.retain_on_delete:
        return
    problem = next(_deletions(previous, entries), None)
    if problem is not None:
        raise pulumi.RunError(
            f"{problem}, but deletionProtection was on in the last deployment, so DynamoDB would "
            "refuse to delete the table; nothing was changed. To delete it with its items: restore "
            "the setting, pulumi config set deletionProtection false, pulumi up; then make the "
            "change, pulumi up; then pulumi config set deletionProtection true, pulumi up"
        )


def _deletions(previous: Previous, entries: Sequence[ReplicaTableSettings]) -> Iterator[str]:
    removed = sorted(set(previous.table_names) - {entry.ledger_table for entry in entries})
    if removed:
        yield f"replicaTables no longer names {joined(removed)}"
    for number, entry in enumerate(entries):
        name = previous.table_names.get(entry.ledger_table)
        if name is not None and not previous.keeps(entry):
            yield (
                f"replicaTables[{number}].tableName is {entry.table_name or 'absent'}, and the "
                f"DynamoDB table of {entry.ledger_table} is {name}: another name makes a new table "
                "and deletes this one"
            )
    if previous.history_table_name is not None and not any(entry.history for entry in entries):
        yield (
            "replicaTables no longer has an entry with `history: true`, which deletes the history "
            f"table {previous.history_table_name}"
        )


def _refuse_other_key_types(previous: Previous, entries: Sequence[ReplicaTableSettings]) -> None:
    """Refuse another type for a key of an index that keeps its name.

    To the provider nothing has changed (terraform-provider-aws, internal/service/dynamodb/
    table.go), so DynamoDB would go on to demand the former type, and refuse every revision that the
    function fits to the new one.
    """
    for number, entry in enumerate(entries):
        former = previous.indexes.get(entry.ledger_table, {}) if previous.keeps(entry) else {}
        for index in entry.indexes:
            for key in index.keys:
                kind = former.get(index.name, {}).get(key.attribute, key.type)
                if kind != key.type:
                    raise pulumi.RunError(
                        f"replicaTables[{number}] has the index {index.name!r} with the key "
                        f"{key.attribute!r} of type {key.type}, and the index that is deployed has "
                        f"it with type {kind}, which is not changed in place; nothing was changed. "
                        f"Give the index another name than {index.name!r}"
                    )


def _refuse_kept_indexes(previous: Previous, entries: Sequence[ReplicaTableSettings]) -> None:
    """Refuse to give up the last index of a table while the table has it.

    To the provider, a table without indexes in the program keeps those that it has
    (terraform-provider-aws, issue 47490), and the function would write what the index refuses.
    """
    for number, entry in enumerate(entries):
        if entry.indexes or entry.ledger_table not in previous.indexes or not previous.keeps(entry):
            continue
        name = previous.table_names[entry.ledger_table]
        left = sorted(
            index.name for index in aws.dynamodb.get_table(name=name).global_secondary_indexes
        )
        if left:
            delete = json.dumps([{"Delete": {"IndexName": left[0]}}])
            raise pulumi.RunError(
                f"replicaTables[{number}] no longer has indexes, and the DynamoDB table {name} has "
                f"{joined(left)}: the AWS provider leaves the last index of a table in place, and "
                "DynamoDB would refuse documents that do not fit its key; nothing was changed. "
                "Delete each of them, wait until it is gone, then run pulumi up: aws dynamodb "
                f"update-table --table-name {name} --global-secondary-index-updates '{delete}'"
            )


def _refuse_late_imports(previous: Previous, settings: Settings) -> None:
    """Refuse to import into a table that exists: nothing would be imported.

    DynamoDB imports into new tables only (developer guide, "DynamoDB data import from Amazon S3").
    """
    load = f"load the export into it: python -m ops replay SOURCE --stack {pulumi.get_stack()}"
    for number, entry in enumerate(settings.replica_tables.replica_tables):
        name = entry.ledger_table
        if entry.import_from in {None, previous.imports.get(name)} or not previous.keeps(entry):
            continue
        raise _late(
            f"replicaTables[{number}].importFrom is {entry.import_from}",
            f"DynamoDB table {previous.table_names[name]}",
            f"Remove importFrom, and {load}; or give the entry another tableName, which replaces "
            "the table by one that is made from the folder",
        )
    folder = settings.table_imports.history_import_from
    if previous.history_table_name and folder not in {"", previous.history_import}:
        raise _late(
            f"historyImportFrom is {folder}",
            f"history table {previous.history_table_name}",
            f"pulumi config rm historyImportFrom, and {load}",
        )


def _late(setting: str, table: str, remedy: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"{setting}, and the {table} exists already: DynamoDB imports into new tables only, so "
        f"nothing would be imported; nothing was changed. {remedy}"
    )


def _refuse_resharding(previous: Previous, shard_count: int | None) -> None:
    """Refuse a number of shards that Kinesis does not reach in one step.

    It would refuse after other resources changed (Kinesis API reference, "UpdateShardCount": at
    most double, at least half of the present number).
    """
    if shard_count in {None, previous.shard_count} or not previous.stream_name:
        return
    # Kinesis may have decided on them, and somebody may have resharded the stream.
    before = len(aws.kinesis.get_stream(name=previous.stream_name).open_shards)
    if before <= 2 * shard_count <= 4 * before:
        return
    nearest = 2 * before if shard_count > before else math.ceil(before / 2)
    raise pulumi.RunError(
        f"shardCount is {shard_count}, and the stream has {before} shards: Kinesis changes them at "
        "once to twice or half as many at most; nothing was changed. Go there in steps: pulumi "
        f"config set shardCount {nearest}, pulumi up, and so on"
    )
