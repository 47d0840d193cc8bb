"""The settings of a stack, read and checked before any resource is touched."""

from __future__ import annotations

import difflib
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ConfigDict

from infra import replay, section
from infra.alarm_settings import AlarmsSettings
from infra.consumer import MAX_ROLE_POLICY, ConsumerSettings, role_policy_size
from infra.dashboard import DashboardSettings
from infra.failures import FailuresSettings
from infra.journal_stream import JournalStreamSettings
from infra.ledger_stream import NOW, LedgerStreamSettings
from infra.replay import ReplaySettings
from infra.replica_tables import ReplicaTablesSettings, table_name
from infra.table_imports import TableImportsSettings
from infra.tables import TableSettings
from infra.tags import TagsSettings
from infra.upstream import UpstreamSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3600

_EXPIRATION_DELAY_DAYS = 2
"""S3 rounds an expiration up to the next midnight and carries it out with a delay (S3 user guide,
"Expiring objects")."""

TABLES_COMPONENT = "qldb"
"""Name of the component with the tables; the tables' names start with it."""

HISTORY_COMPONENT = "qldb-history"
CONSUMER_COMPONENT = "qldb-replica"
REPLAY_COMPONENT = "qldb-replay"

_NAME_SUFFIX = "-0123456"
"""What Pulumi adds to a logical name: a hyphen and seven hexadecimal digits."""

_SUFFIX_PATTERN = "-[0-9a-f]{7}"


class SettingsError(pulumi.RunError):
    """All problems of a stack's settings.

    Parameters
    ----------
    problems
        One sentence for each: the setting, its value, what is expected and, where useful, the
        command that fixes it.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "The settings of this stack are not valid; nothing was changed.\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )


class Settings(BaseModel):
    """The settings of one stack, a section for each component.

    Pulumi.yaml describes each setting and holds the defaults. Names there are flat; each section
    reads those that match its fields.
    """

    model_config = ConfigDict(frozen=True)

    upstream: UpstreamSettings
    journal_stream: JournalStreamSettings
    ledger_stream: LedgerStreamSettings
    replica_tables: ReplicaTablesSettings
    history_table: TableSettings
    replay: ReplaySettings
    table_imports: TableImportsSettings
    failures: FailuresSettings
    consumer: ConsumerSettings
    alarms: AlarmsSettings
    dashboard: DashboardSettings
    tags: TagsSettings

    @classmethod
    def load(cls, config: pulumi.Config) -> Self:
        """Read a stack's settings.

        Parameters
        ----------
        config
            The project's configuration.

        Returns
        -------
        Self
            Complete and consistent settings.

        Raises
        ------
        SettingsError
            If a setting is missing, unknown or wrong; the message names every one.
        """
        prefix = f"{config.name}:"
        # pulumi.Config can only be asked for a setting by its name; unknown ones are refused here.
        configured = {**get_config_env(), **CONFIG.get()}
        return cls.parse(
            {
                key.removeprefix(prefix): str(value)
                for key, value in configured.items()
                if key.startswith(prefix)
            },
            now=datetime.now(UTC),
        )

    @classmethod
    def parse(cls, values: Mapping[str, str], *, now: datetime) -> Self:
        """Check settings as text.

        Parameters
        ----------
        values
            The text of each setting, as Pulumi passes it on; objects and lists are JSON.
        now
            The current time: QLDB refuses to stream from the future.

        Raises
        ------
        SettingsError
            If a setting is missing, unknown or wrong; the message names every one.
        """
        problems: list[str] = []
        sections: dict[str, Any] = {
            name: section.read(type_, values, problems, context={NOW: now})
            for name, type_ in sections_by_name().items()
        }
        problems += _unknown(values)
        # Settings are compared with each other only if each of them is valid.
        if not problems:
            settings = cls(**sections)
            problems = [
                *_expiry_problems(settings),
                *_tombstone_problems(settings),
                *_name_problems(settings),
                *_import_problems(settings),
                *_throughput_problems(settings.history_table),
                *_policy_problems(settings),
                *_replay_problems(settings),
            ]
        if problems:
            # Two sections may share a setting and report the same problem.
            raise SettingsError(list(dict.fromkeys(problems)))
        return settings


def sections_by_name() -> dict[str, type[section.Section]]:
    """Return the type of each section by its field in `Settings`."""
    return {
        name: cast("type[section.Section]", field.annotation)
        for name, field in Settings.model_fields.items()
    }


def _unknown(values: Mapping[str, str]) -> Iterator[str]:
    known = [name for type_ in sections_by_name().values() for name in section.names(type_)]
    for name in values:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, 1)
        guess = f"; did you mean {near[0]}? Otherwise" if near else ";"
        yield f"unknown setting {name}{guess} remove it: pulumi config rm {name}"


def _tombstone_problems(settings: Settings) -> Iterator[str]:
    """Report a lifetime so short that a late record could bring a deleted document back."""
    tables = settings.replica_tables
    lifetimes = {"tombstoneLifetimeDays": tables.tombstone_lifetime_days} | {
        f"replicaTables[{number}].tombstoneLifetimeDays": entry.tombstone_lifetime_days or 0
        for number, entry in enumerate(tables.replica_tables)
    }
    # A record may spend the whole time in the stream and then the whole time in the bucket.
    hours = settings.journal_stream.stream_retention_hours
    days = settings.failures.failure_retention_days
    needed = math.ceil(hours / HOURS_PER_DAY) + days + _EXPIRATION_DELAY_DAYS + 1
    for name, lifetime in lifetimes.items():
        if lifetime == 0 or lifetime >= needed:
            continue
        setting = f"--path '{name}'" if "[" in name else name
        yield (
            f"{name} is {lifetime}; a record can arrive after {hours} hours in the stream "
            f"(streamRetentionHours) and {days} days in the failure bucket "
            f"(failureRetentionDays), and its tombstone must still exist: expected {needed} or "
            f"more, or 0 for permanent tombstones; pulumi config set {setting} {needed}"
        )


def _name_problems(settings: Settings) -> Iterator[str]:
    """Report a table name that Pulumi may make up for another table of the stack."""
    entries = settings.replica_tables.replica_tables
    for number, entry in enumerate(entries):
        others = {"the history table": HISTORY_COMPONENT} | {
            f"the ledger table {other.ledger_table}": table_name(
                TABLES_COMPONENT, other.ledger_table
            )
            for other in entries
            if other is not entry
        }
        for whose, name in others.items():
            if re.fullmatch(re.escape(name) + _SUFFIX_PATTERN, entry.table_name or ""):
                yield (
                    f"replicaTables[{number}].tableName is {entry.table_name!r}, a name that "
                    f"{whose} of this stack can have: choose another"
                )


def _import_problems(settings: Settings) -> Iterator[str]:
    """Report the import of a history that no entry asks for."""
    folder = settings.table_imports.history_import_from
    if folder and not settings.replica_tables.has_history:
        yield (
            f"historyImportFrom is {folder!r}, and no entry of replicaTables has `history: true`: "
            "pulumi config rm historyImportFrom, or set history in an entry"
        )


def _throughput_problems(settings: TableSettings) -> Iterator[str]:
    """Report warm throughput that is paid for and that the ceiling forbids."""
    for warm, most, kind in (
        (settings.table_warm_read_units, settings.table_max_read_units, "Read"),
        (settings.table_warm_write_units, settings.table_max_write_units, "Write"),
    ):
        if 0 < most < warm:
            yield (
                f"tableWarm{kind}Units is {warm}, above the ceiling tableMax{kind}Units of {most}: "
                f"raise the ceiling, or pulumi config set tableWarm{kind}Units 0"
            )


def _expiry_problems(settings: Settings) -> Iterator[str]:
    """Report a record age at which Kinesis drops a record before the failure bucket has it."""
    hours = settings.journal_stream.stream_retention_hours
    age = settings.consumer.maximum_record_age_seconds
    if age <= (hours - 1) * SECONDS_PER_HOUR:
        return
    needed = math.ceil(age / SECONDS_PER_HOUR) + 1
    yield (
        f"maximumRecordAgeSeconds is {age}; the stream retains records for {hours} hours "
        "(streamRetentionHours). A record that fails for that long would be lost before it reaches "
        "the failure bucket; an hour's margin is needed: "
        f"pulumi config set streamRetentionHours {needed}, or a lower maximumRecordAgeSeconds"
    )


def _policy_problems(settings: Settings) -> Iterator[str]:
    """Report a role policy that IAM would refuse with half of the stack deployed."""
    entries = settings.replica_tables.replica_tables
    names = [
        entry.table_name or table_name(TABLES_COMPONENT, entry.ledger_table) + _NAME_SUFFIX
        for entry in entries
    ]
    history = HISTORY_COMPONENT + _NAME_SUFFIX if settings.replica_tables.has_history else None
    key_arn = settings.consumer.kms_key_arn
    size = role_policy_size(
        names, history_table_name=history, key_arn=key_arn, function_name=CONSUMER_COMPONENT
    )
    if size > MAX_ROLE_POLICY:
        yield (
            f"replicaTables has {len(names)} entries, whose tables make the policy of the "
            f"function's role up to {size} characters long; IAM allows {MAX_ROLE_POLICY}: divide "
            "the tables between two stacks"
        )
    if not settings.replay.export_bucket:
        return
    size = replay.role_policy_size(
        names,
        history_table_name=history,
        settings=settings.replay,
        key_arn=key_arn,
        function_name=REPLAY_COMPONENT,
    )
    if size > MAX_ROLE_POLICY:
        yield (
            f"replicaTables has {len(names)} entries, and their tables and exportPrefix make the "
            f"policy of the replay's role up to {size} characters long; IAM allows "
            f"{MAX_ROLE_POLICY}: divide the tables between two stacks, shorten exportPrefix, or "
            "replay from your machine, with pulumi config rm exportBucket"
        )


def _replay_problems(settings: Settings) -> Iterator[str]:
    """Report settings of a replay that the stack does not have."""
    given = settings.replay
    if given.export_bucket:
        return
    for name, value in (
        ("exportPrefix", given.export_prefix),
        ("exportBucketOwner", given.export_bucket_owner),
        ("exportKmsKeyArn", given.export_kms_key_arn),
    ):
        if value:
            yield (
                f"{name} is {value!r}, and exportBucket is empty: pulumi config set exportBucket "
                f"NAME, or pulumi config rm {name}"
            )
