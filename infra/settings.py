"""What a stack may configure: read, checked and typed before anything is built."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra.handler_environment import MAXIMUM_BYTES, HandlerEnvironment, size_in_bytes
from infra.replica_settings import (
    ReplicaTableSettings,
    parse_replica_tables,
    replica_tables_json,
)
from infra.setting_reader import SettingReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAMBDA_RUNTIMES = ("python3.11", "python3.12", "python3.13")
LAMBDA_ARCHITECTURES = ("arm64", "x86_64")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# CloudWatch Logs API reference, 'PutRetentionPolicy'.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3600

# S3 user guide, 'Expiring objects': rounded up to the next midnight, then carried out with delay.
_EXPIRATION_DELAY_DAYS = 2

# What Pulumi's names add to a logical one: "-" and seven hexadecimal digits.
_NAME_SUFFIX = "-0123456"
_LONGEST_BUCKET_NAME = "b" * 63
_STACK = re.compile(r"[^/\s]+/[^/\s]+/[^/\s]+")


class SettingsError(pulumi.RunError):
    """Everything that is wrong with a stack's settings.

    Parameters
    ----------
    problems
        One sentence for each: the setting, its value, what is allowed and, where useful, the
        command that mends it.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "The settings of this stack cannot be used; nothing was changed.\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one stack; Pulumi.yaml describes each and holds the defaults."""

    ledger_stack: str
    inclusive_start_time: str
    shard_count: int
    stream_retention_hours: int
    replica_tables: tuple[ReplicaTableSettings, ...]
    lambda_runtime: str
    lambda_architecture: str
    lambda_memory_megabytes: int
    lambda_timeout_seconds: int
    batch_size: int
    batching_window_seconds: int
    parallelization_factor: int
    maximum_retry_attempts: int
    maximum_record_age_seconds: int
    log_retention_days: int
    log_level: str
    failure_retention_days: int
    tombstone_lifetime_days: int | None
    deletion_protection: bool

    @classmethod
    def load(cls, config: pulumi.Config) -> Self:
        """Read a stack's settings.

        Parameters
        ----------
        config
            The project's configuration.

        Returns
        -------
        Settings that every component can rely on.

        Raises
        ------
        SettingsError
            Naming every setting that is missing, unknown or wrong.
        """
        prefix = f"{config.name}:"
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
            The text of each setting, as Pulumi hands it over; objects and lists are JSON.
        now
            The present: QLDB refuses to stream from the future.

        Raises
        ------
        SettingsError
            Naming every setting that is missing, unknown or wrong.
        """
        read = SettingReader(values)
        settings = cls(
            ledger_stack=read.pattern(
                "ledgerStack",
                _STACK,
                allowed="<organization>/<project>/<stack> of the stack that made the ledger",
                example="organization/apigw-lambda-qldb/dev",
            ),
            # QLDB API reference, 'StreamJournalToKinesis'.
            inclusive_start_time=read.past_time(
                "inclusiveStartTime", now, example="2020-05-29T00:00:00Z"
            ),
            # Kinesis API reference, 'UpdateShardCount'.
            shard_count=read.integer("shardCount", 1, 10_000),
            # Kinesis API reference, 'IncreaseStreamRetentionPeriod'.
            stream_retention_hours=read.integer("streamRetentionHours", 24, 8760),
            replica_tables=parse_replica_tables(read.raw("replicaTables"), read.problems),
            lambda_runtime=read.choice("lambdaRuntime", LAMBDA_RUNTIMES, example="python3.13"),
            lambda_architecture=read.choice(
                "lambdaArchitecture", LAMBDA_ARCHITECTURES, example="arm64"
            ),
            # Lambda API reference, 'CreateFunction'.
            lambda_memory_megabytes=read.integer("lambdaMemoryMegabytes", 128, 10_240),
            lambda_timeout_seconds=read.integer("lambdaTimeoutSeconds", 1, 900),
            # Lambda API reference, 'CreateEventSourceMapping'.
            batch_size=read.integer("batchSize", 1, 10_000),
            batching_window_seconds=read.integer("batchingWindowSeconds", 0, 300),
            parallelization_factor=read.integer("parallelizationFactor", 1, 10),
            maximum_retry_attempts=read.integer("maximumRetryAttempts", 0, 10_000, unlimited=-1),
            # Not -1, without limit: Kinesis would forget what the failure bucket has to keep.
            maximum_record_age_seconds=read.integer("maximumRecordAgeSeconds", 60, 604_800),
            log_retention_days=read.one_of("logRetentionDays", LOG_RETENTION_DAYS),
            log_level=read.choice("logLevel", LOG_LEVELS, example="INFO"),
            # Days beyond this are more than the 32-bit number that S3's lifecycle rules hold.
            failure_retention_days=read.integer("failureRetentionDays", 1, 2**31 - 1),
            tombstone_lifetime_days=read.optional_integer("tombstoneLifetimeDays", 1),
            deletion_protection=read.boolean("deletionProtection"),
        )
        read.note_unknown()
        problems = read.problems
        # Only settings that are right one by one can be compared with each other.
        if not problems:
            problems = [
                *_expiry_problems(settings),
                *_tombstone_problems(settings),
                *_environment_problems(settings),
            ]
        if problems:
            raise SettingsError(problems)
        return settings


def _tombstone_problems(settings: Settings) -> list[str]:
    """Find a lifetime so short that a late record would bring a deleted document back."""
    lifetime = settings.tombstone_lifetime_days
    # A record may spend the whole time in the stream and then the whole time in the bucket.
    stream_days = math.ceil(settings.stream_retention_hours / HOURS_PER_DAY)
    needed = stream_days + settings.failure_retention_days + _EXPIRATION_DELAY_DAYS + 1
    if lifetime is None or lifetime >= needed:
        return []
    problem = (
        f"tombstoneLifetimeDays is {lifetime}; a record can arrive after "
        f"{settings.stream_retention_hours} hours in the stream (streamRetentionHours) and "
        f"{settings.failure_retention_days} days in the failure bucket (failureRetentionDays), and "
        f"tombstones have to outlive it: {needed} or more is allowed; "
        "pulumi config rm tombstoneLifetimeDays keeps tombstones for ever"
    )
    return [problem]


def _expiry_problems(settings: Settings) -> list[str]:
    """Find records that Kinesis would forget before they reach the failure bucket."""
    retained = settings.stream_retention_hours * SECONDS_PER_HOUR
    age = settings.maximum_record_age_seconds
    if age <= retained - SECONDS_PER_HOUR:
        return []
    needed = math.ceil(age / SECONDS_PER_HOUR) + 1
    problem = (
        f"maximumRecordAgeSeconds is {age}, the stream keeps records for "
        f"{settings.stream_retention_hours} hours (streamRetentionHours): a record that fails so "
        "long would be lost before it reaches the failure bucket, an hour's room is needed: "
        f"pulumi config set streamRetentionHours {needed}, or a lower maximumRecordAgeSeconds"
    )
    return [problem]


def _environment_problems(settings: Settings) -> list[str]:
    """Find variables that Lambda would refuse after half of the stack exists."""
    environment = HandlerEnvironment(
        replica_tables=replica_tables_json(
            settings.replica_tables,
            {
                table.ledger_table: f"{table.ledger_table}{_NAME_SUFFIX}"
                for table in settings.replica_tables
            },
        ),
        failure_bucket=_LONGEST_BUCKET_NAME,
        log_level=settings.log_level,
        tombstone_lifetime_days=settings.tombstone_lifetime_days,
    )
    size = size_in_bytes({k: str(v) for k, v in environment.variables().items()})
    if size <= MAXIMUM_BYTES:
        return []
    problem = (
        f"replicaTables makes the function's environment variables {size} bytes long; Lambda takes "
        f"{MAXIMUM_BYTES}: shorten names, leave `attributes` out to keep whole documents, or "
        "divide the tables between two stacks"
    )
    return [problem]
