"""What `ops status` knows of a stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """Stands for a part that AWS did not tell.

    Attributes
    ----------
    unavailable
        Why, with the remedy.
    """

    unavailable: str


@dataclass(frozen=True, kw_only=True)
class MappingState:
    """The event source mapping.

    Attributes
    ----------
    state
        Such as ``Enabled``.
    last_result
        Result of its last batch, as Lambda words it; empty before the first.
    reason
        Why the state is as it is, as Lambda words it.
    """

    state: str
    last_result: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FunctionState:
    """The Lambda function.

    Attributes
    ----------
    state
        Such as ``Active``.
    last_update
        Such as ``Successful``.
    is_of_outputs
        Whether it is the function that the stack's outputs describe; None if they do not tell.
    """

    state: str
    last_update: str
    is_of_outputs: bool | None


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """The Kinesis stream.

    Attributes
    ----------
    state
        Such as ``ACTIVE``.
    open_shards
        Number of shards that take records.
    retention_hours
        Hours after which Kinesis drops a record.
    """

    state: str
    open_shards: int
    retention_hours: int


@dataclass(frozen=True, kw_only=True)
class WaitingFailures:
    """What waits for a redrive.

    Attributes
    ----------
    objects
        Objects of the failure bucket, without discarded ones.
    complete
        Whether all objects were counted.
    oldest_seconds
        Age of the oldest of them; None without any.
    messages, in_flight
        Messages of the failure queue, and those that a redrive has in hand.
    """

    objects: int
    complete: bool
    oldest_seconds: float | None
    messages: int
    in_flight: int


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm.

    Attributes
    ----------
    name
        Name of the alarm.
    state
        ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
    since
        When the state began, in UTC.
    description
        What is wrong, and where the runbook says what to do.
    """

    name: str
    state: str
    since: str
    description: str


@dataclass(frozen=True, kw_only=True)
class AlarmStates:
    """The alarms of the stack.

    Attributes
    ----------
    alarms
        Those that exist.
    missing
        Names of those that the stack made and that are gone.
    """

    alarms: Sequence[Alarm] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class EmailSubscription:
    """The subscription of `alarmEmail`.

    Attributes
    ----------
    exists
        Whether it exists: AWS deletes one that nobody confirms after some time.
    is_confirmed
        Whether somebody has followed the link in AWS's message.
    """

    exists: bool
    is_confirmed: bool


@dataclass(frozen=True, kw_only=True)
class RecentMetrics:
    """What CloudWatch has of the last hour.

    Attributes
    ----------
    iterator_age_milliseconds
        Newest age of the records that were read; None without data.
    lag_milliseconds
        Newest replication lag; None without data.
    applied
        Revisions that were applied; None if the function published nothing.
    tables
        For each ledger table its counters by name, without zeros.
    """

    iterator_age_milliseconds: float | None
    lag_milliseconds: float | None
    applied: int | None
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableState:
    """One DynamoDB table.

    Attributes
    ----------
    name
        Name of the table.
    state
        Such as ``ACTIVE``.
    items
        Number of items; DynamoDB counts about every six hours.
    indexes
        State of each global secondary index.
    """

    name: str
    state: str
    items: int
    indexes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StackStatus:
    """The state of a stack; each part may be unavailable.

    Attributes
    ----------
    version
        Version of this project that deployed the stack.
    region
        AWS region.
    at
        When the state was read, in UTC.
    mapping, function, stream
        How records are read.
    failures
        What waits.
    tolerated_lag_minutes
        Minutes that the tables may be behind the stream; None if the stack does not tell.
    alarms
        The alarms; None for a stack without.
    alarm_email
        Whether they reach the address of `alarmEmail`; None for a stack without.
    metrics
        What happened in the last hour.
    tables
        By the ledger table's name.
    history_table
        None for a stack without.
    """

    version: str
    region: str
    at: str
    mapping: MappingState | Unavailable
    function: FunctionState | Unavailable
    stream: StreamState | Unavailable
    failures: WaitingFailures | Unavailable
    tolerated_lag_minutes: int | None
    alarms: AlarmStates | Unavailable | None
    alarm_email: EmailSubscription | Unavailable | None
    metrics: RecentMetrics | Unavailable
    tables: Mapping[str, TableState | Unavailable]
    history_table: TableState | Unavailable | None
