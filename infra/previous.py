"""Compares the tables with those of the stack's last deployment."""

from __future__ import annotations

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

    from infra.journal_stream import JournalStreamSettings
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

_RESHARDING_FACTOR = 2
"""Kinesis API reference, "UpdateShardCount": at most twice the shards, at least half of them."""

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
        For each ledger table, the indexes of its DynamoDB table by name: the type of each key.
    stream_name
        The Kinesis stream; empty before the first deployment.
    shard_count
        Its shards; 0 where Kinesis decided on them, or nothing is known.
    """

    table_names: Mapping[str, str] = field(default_factory=dict)
    given_names: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = True
    retain_on_delete: bool = False
    history_table_name: str | None = None
    throughput: Throughput = field(default_factory=Throughput)
    indexes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    stream_name: str = ""
    shard_count: int = 0

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
            shard_count=int(outputs.get(SHARDS_OUTPUT) or 0),
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

    def existing_indexes(
        self, entries: Sequence[ReplicaTableSettings]
    ) -> dict[str, frozenset[str]]:
        """Return the ledger tables whose DynamoDB tables stay, with the names of their indexes.

        Parameters
        ----------
        entries
            What the stack replicates from now on.
        """
        return {
            entry.ledger_table: frozenset(self.indexes.get(entry.ledger_table, {}))
            for entry in entries
            if self._stays(entry)
        }

    def _stays(self, entry: ReplicaTableSettings) -> bool:
        name = self.table_names.get(entry.ledger_table)
        return name is not None and self._keeps(entry, name)

    def refuse_overlooked(self, entries: Sequence[ReplicaTableSettings]) -> None:
        """Refuse changes of indexes that the AWS provider does not see.

        It would leave the index as it is, and the function would write what the index refuses:
        those documents would be quarantined (hashicorp/terraform-provider-aws, internal/service/
        dynamodb/table.go and issue 47490).

        Parameters
        ----------
        entries
            What the stack replicates from now on.

        Raises
        ------
        pulumi.RunError
            If the last index of a table is to be removed and is still there, or if a key of an
            index is to have another type.
        """
        for number, entry in enumerate(entries):
            former = self.indexes.get(entry.ledger_table, {})
            if not former or not self._stays(entry):
                continue
            setting = f"replicaTables[{number}].indexes"
            for index in entry.indexes:
                for attribute, kind in key_types((index,)).items():
                    known = former.get(index.name, {}).get(attribute, kind)
                    if known != kind:
                        raise pulumi.RunError(
                            f"{setting} has {index.name!r} with {attribute!r} of type {kind}, and "
                            f"the index takes it for type {known}, which the AWS provider would "
                            "leave so; nothing was changed. Give the index another name as well: "
                            "it is then built for the new type"
                        )
            if not entry.indexes:
                self._refuse_last_index(setting, self.table_names[entry.ledger_table])

    @staticmethod
    def _refuse_last_index(setting: str, table: str) -> None:
        left = [index.name for index in aws.dynamodb.get_table(name=table).global_secondary_indexes]
        if not left:
            return
        updates = f'[{{"Delete":{{"IndexName":"{left[0]}"}}}}]'
        raise pulumi.RunError(
            f"{setting} is absent, and the DynamoDB table {table} still has {_some(sorted(left))}: "
            "the AWS provider does not remove a table's last index; nothing was changed. Delete it "
            f"yourself: aws dynamodb update-table --table-name {table} "
            f"--global-secondary-index-updates '{updates}'; when it is gone: pulumi up --refresh"
        )

    def refuse_resharding(self, settings: JournalStreamSettings) -> None:
        """Refuse a number of shards that Kinesis would not make in one step.

        Raises
        ------
        pulumi.RunError
            If it is more than twice or less than half of what the stream has.
        """
        before, wanted = self.shard_count, settings.provisioned_shards
        if not before or not wanted or _is_one_step(before, wanted):
            return
        # Somebody may have resharded it since.
        before = len(aws.kinesis.get_stream(name=self.stream_name).open_shards)
        if _is_one_step(before, wanted):
            return
        most, least = before * _RESHARDING_FACTOR, -(-before // _RESHARDING_FACTOR)
        raise pulumi.RunError(
            f"shardCount is {wanted}, and the stream has {before} shards: Kinesis makes at most "
            f"twice and at least half as many at a time; nothing was changed. Go there in steps: "
            f"pulumi config set shardCount {most if wanted > most else least}, pulumi up, and so on"
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
        given_names: Collection[str] = (),
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


def _is_one_step(before: int, wanted: int) -> bool:
    return wanted <= before * _RESHARDING_FACTOR and before <= wanted * _RESHARDING_FACTOR


def _throughput(output: Mapping[str, Any]) -> Throughput:
    # Pulumi's numbers are floats.
    return Throughput(**{name: int(units) for name, units in output.items()})


def _some(names: Sequence[str]) -> str:
    """Return names as part of a line; the first of them if they are many."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
