"""Compares the tables with those of the stack's last deployment."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra import stack_outputs
from infra.index_settings import key_types
from infra.tables import NO_CEILING, Throughput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
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

RESTREAM_COMMAND = "pulumi up --replace '**aws:qldb/stream:Stream**'"
"""Replaces the QLDB stream alone. The new one starts at ``inclusiveStartTime``; records of known
versions are stale, so repeating them is harmless."""

RESEND = (
    "For its past, have whatever writes to the Kinesis stream send the ledger table's records from "
    "the start again, after this deployment; what other tables hold already is stale and changes "
    "nothing"
)
"""What fills a table where no QLDB stream belongs to the stack."""

_UNLESS_IMPORTED = "A table that was imported has its items, and lacks what came since. "

_SHOWN = 10
"""Tables that a message names."""


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
    throughput
        The highest warm throughput that the tables ever had, and their ceiling.
    indexes
        For each ledger table, the indexes of its DynamoDB table: the type of each key attribute.
    stream_name
        The Kinesis stream; empty before the first deployment.
    shard_count
        Shards that the settings gave it; None where Kinesis decided on them, or where an earlier
        version did not export them.
    """

    table_names: Mapping[str, str] = field(default_factory=dict)
    given_names: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = True
    retain_on_delete: bool = False
    history_table_name: str | None = None
    throughput: Throughput = field(default_factory=Throughput)
    indexes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    stream_name: str = ""
    shard_count: int | None = None

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
            throughput=_throughput(outputs.get(THROUGHPUT_OUTPUT) or {}),
            indexes=outputs.get(INDEXES_OUTPUT) or {},
            stream_name=outputs.get(STREAM_OUTPUT) or "",
            # Pulumi's numbers are floats.
            shard_count=int(outputs.get(SHARDS_OUTPUT) or 0) or None,
        )

    def refuse_deletion(self, entries: Sequence[ReplicaTableSettings]) -> None:
        """Refuse to delete or to replace a protected table.

        DynamoDB would refuse it, but only after other resources changed, and the program could no
        longer turn the protection off.

        Parameters
        ----------
        entries
            What the stack replicates from now on.

        Raises
        ------
        pulumi.RunError
            If a table that was deployed with deletion protection would be deleted.
        """
        if not self.deletion_protection or self.retain_on_delete:
            return
        problem = next(self._deletions(entries), None)
        if problem is not None:
            raise pulumi.RunError(
                f"{problem}, but deletionProtection was on in the last deployment, so DynamoDB "
                "would refuse to delete the table; nothing was changed. To delete it with its "
                "items: restore the setting, pulumi config set deletionProtection false, pulumi "
                "up; then make the change, pulumi up; then pulumi config set deletionProtection "
                "true, pulumi up"
            )

    def _deletions(self, entries: Sequence[ReplicaTableSettings]) -> Iterator[str]:
        removed = sorted(set(self.table_names) - {entry.ledger_table for entry in entries})
        if removed:
            yield f"replicaTables no longer names {_some(removed)}"
        for number, entry in enumerate(entries):
            name = self.table_names.get(entry.ledger_table)
            if name is None or self._keeps(entry, name):
                continue
            yield (
                f"replicaTables[{number}].tableName is {entry.table_name or 'absent'}, and the "
                f"DynamoDB table of {entry.ledger_table} is {name}: another name makes a new table "
                "and deletes this one"
            )
        if self.history_table_name is not None and not any(entry.history for entry in entries):
            yield (
                "replicaTables no longer has an entry with `history: true`, which deletes the "
                f"history table {self.history_table_name}"
            )

    def _keeps(self, entry: ReplicaTableSettings, name: str) -> bool:
        """Return whether an entry leaves its DynamoDB table, of this name, in place."""
        if entry.table_name is not None:
            return entry.table_name == name
        return entry.ledger_table not in self.given_names

    def in_place(self, entries: Sequence[ReplicaTableSettings]) -> dict[str, list[str]]:
        """Return the ledger tables whose DynamoDB tables stay, with the indexes that stay.

        Parameters
        ----------
        entries
            What the stack replicates from now on.
        """
        found: dict[str, list[str]] = {}
        for entry in entries:
            name = self.table_names.get(entry.ledger_table)
            if name is not None and self._keeps(entry, name):
                former = self.indexes.get(entry.ledger_table, {})
                found[entry.ledger_table] = [
                    index.name
                    for index in entry.indexes
                    if former.get(index.name) == key_types([index])
                ]
        return found

    def refuse_other_key_types(self, entries: Sequence[ReplicaTableSettings]) -> None:
        """Refuse another type for a key of an index that keeps its name.

        To the provider nothing has changed (terraform-provider-aws, internal/service/dynamodb/
        table.go), so DynamoDB would go on to demand the former type, and refuse every revision that
        the function fits to the new one.

        Parameters
        ----------
        entries
            What the stack replicates from now on.

        Raises
        ------
        pulumi.RunError
            If there is such an index.
        """
        for number, entry in enumerate(entries):
            former = self.indexes.get(entry.ledger_table, {})
            for index in entry.indexes:
                for key in index.keys:
                    kind = former.get(index.name, {}).get(key.attribute, key.type)
                    if kind != key.type:
                        raise pulumi.RunError(
                            f"replicaTables[{number}] has the index {index.name!r} with the key "
                            f"{key.attribute!r} of type {key.type}, and the index that is deployed "
                            f"has it with type {kind}, which is not changed in place; nothing was "
                            f"changed. Give the index another name than {index.name!r}"
                        )

    def refuse_resharding(self, shard_count: int | None) -> None:
        """Refuse a number of shards that Kinesis does not reach in one step.

        It would refuse after other resources changed (Kinesis API reference, "UpdateShardCount":
        at most double, at least half of the present number).

        Parameters
        ----------
        shard_count
            Shards from now on; None where Kinesis decides on them.

        Raises
        ------
        pulumi.RunError
            If the number is too far from that of the shards that are open.
        """
        before = self.shard_count
        if shard_count is None or not self.stream_name or _is_one_step(before, shard_count):
            return
        # Kinesis decided on them, or somebody has resharded the stream since.
        before = len(aws.kinesis.get_stream(name=self.stream_name).open_shards)
        if _is_one_step(before, shard_count):
            return
        nearest = 2 * before if shard_count > before else math.ceil(before / 2)
        raise pulumi.RunError(
            f"shardCount is {shard_count}, and the stream has {before} shards: Kinesis changes "
            "them at once to twice or half as many at most; nothing was changed. Go there in "
            f"steps: pulumi config set shardCount {nearest}, pulumi up, and so on"
        )

    def refuse_kept_indexes(self, entries: Sequence[ReplicaTableSettings]) -> None:
        """Refuse to give up the last index of a table while the table has it.

        To the provider, a table without indexes in the program keeps those that it has
        (terraform-provider-aws, issue 47490), and the function would write what the index refuses.

        Parameters
        ----------
        entries
            What the stack replicates from now on.

        Raises
        ------
        pulumi.RunError
            If there is such an index.
        """
        for number, entry in enumerate(entries):
            name = self.table_names.get(entry.ledger_table)
            if entry.indexes or entry.ledger_table not in self.indexes or name is None:
                continue
            if not self._keeps(entry, name):
                continue
            left = sorted(
                index.name for index in aws.dynamodb.get_table(name=name).global_secondary_indexes
            )
            if left:
                delete = json.dumps([{"Delete": {"IndexName": left[0]}}])
                raise pulumi.RunError(
                    f"replicaTables[{number}] no longer has indexes, and the DynamoDB table {name} "
                    f"has {_some(left)}: the AWS provider leaves the last index of a table in "
                    "place, and DynamoDB would refuse documents that do not fit its key; nothing "
                    "was changed. Delete each of them, then run pulumi up: aws dynamodb "
                    f"update-table --table-name {name} --global-secondary-index-updates '{delete}'"
                )

    def warn_of_new_indexes(self, entries: Sequence[ReplicaTableSettings]) -> None:
        """Warn of indexes that a table with documents receives.

        DynamoDB applies an index to every write from its creation on, and the function learns of it
        a little later in the same deployment.

        Parameters
        ----------
        entries
            What the stack replicates from now on.
        """
        in_place = self.in_place(entries)
        for entry in entries:
            former = in_place.get(entry.ledger_table)
            new = sorted({index.name for index in entry.indexes}.difference(former or ()))
            if former is not None and new:
                pulumi.warn(
                    f"new on the DynamoDB table of {entry.ledger_table}: {_some(new)}. Revisions "
                    "that do not fit its key, and that the function writes before this deployment "
                    "has updated it, are quarantined. Redrive them afterwards: python -m ops "
                    "redrive"
                )

    def next_throughput(self, wanted: Throughput) -> Throughput:
        """Return the throughput with which the tables are deployed.

        A ceiling that the settings no longer have must be removed by a value of its own: to the
        provider, an absent block means "unchanged".

        Parameters
        ----------
        wanted
            As the settings say.

        Raises
        ------
        pulumi.RunError
            If a warm throughput is lower than before. DynamoDB cannot lower it (developer guide,
            "Understanding DynamoDB warm throughput"), and the provider would replace the table.
        """
        before = self.throughput
        for setting, new, old in (
            ("tableWarmReadUnits", wanted.warm_read_units, before.warm_read_units),
            ("tableWarmWriteUnits", wanted.warm_write_units, before.warm_write_units),
        ):
            if 0 < new < old:
                raise pulumi.RunError(
                    f"{setting} is {new}, and the tables have {old}, which DynamoDB cannot lower; "
                    f"nothing was changed. Leave them as they are: pulumi config set {setting} "
                    f"{old}, or 0 to state nothing"
                )
        return replace(
            wanted,
            max_read_units=wanted.max_read_units or (before.max_read_units and NO_CEILING),
            max_write_units=wanted.max_write_units or (before.max_write_units and NO_CEILING),
        )

    def remember(self, deployed: Throughput) -> dict[str, int]:
        """Return what the next deployment has to know of the tables' throughput.

        Parameters
        ----------
        deployed
            What `next_throughput` returned.
        """
        return asdict(
            replace(
                deployed,
                warm_read_units=deployed.warm_read_units or self.throughput.warm_read_units,
                warm_write_units=deployed.warm_write_units or self.throughput.warm_write_units,
            )
        )

    def warn_of_empty(
        self,
        table_names: Mapping[str, pulumi.Output[str]],
        *,
        given_names: Collection[str],
        has_ledger: bool,
    ) -> None:
        """Warn of tables that start empty beside a journal that was consumed already.

        A first deployment reads the whole journal, so it needs no warning.

        Parameters
        ----------
        table_names
            The DynamoDB table of each ledger table, from now on.
        given_names
            The ledger tables whose DynamoDB table the settings name: it may have been imported.
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
                imported = "" if set(empty).isdisjoint(given_names) else _UNLESS_IMPORTED
                pulumi.warn(
                    f"new and empty: the DynamoDB table of {_some(empty)}. It fills only from "
                    f"the records that arrive from now on. {imported}{remedy}"
                )

        pulumi.Output.all(**table_names).apply(warn)


def index_keys(entries: Sequence[ReplicaTableSettings]) -> dict[str, dict[str, dict[str, str]]]:
    """Return what the next deployment has to know of the indexes; see `Previous.indexes`."""
    return {
        entry.ledger_table: {index.name: key_types([index]) for index in entry.indexes}
        for entry in entries
        if entry.indexes
    }


def _is_one_step(before: int | None, shard_count: int) -> bool:
    return before is not None and before <= 2 * shard_count <= 4 * before


def _throughput(output: Mapping[str, Any]) -> Throughput:
    # Pulumi's numbers are floats.
    return Throughput(**{name: int(units) for name, units in output.items()})


def _some(names: Sequence[str]) -> str:
    """Return names as part of a line; the first of them if they are many."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
