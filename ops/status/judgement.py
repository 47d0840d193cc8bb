"""Decides what of a stack's state needs attention."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ops.status.model import Unavailable

if TYPE_CHECKING:
    from ops.status.model import (
        AlarmStates,
        EmailSubscription,
        FunctionState,
        MappingState,
        RecentMetrics,
        StackStatus,
        StreamState,
        TableState,
        WaitingFailures,
    )

_HARMLESS_MAPPING_STATES = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
_HARMLESS_RESULTS = ("OK", "No records processed")
"""How a result starts, unless there is none yet. Others start with PROBLEM, and say what it is."""

_HARMLESS_STREAM_STATES = frozenset({"ACTIVE", "UPDATING"})
_HARMLESS_TABLE_STATES = frozenset({"ACTIVE", "UPDATING"})
_REFRESH = "compare it with the program: pulumi up --refresh"
_UNUSABLE_KEY = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
"""State of a table whose customer managed key DynamoDB cannot use (API reference,
``TableDescription``)."""

_NO_DATA = "no data of the last hour"
_RUNBOOK = "docs/runbook.md"
_MILLISECONDS = 1000
_MINUTES_PER_HOUR = 60
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Verdict(enum.StrEnum):
    """How a part is."""

    OK = "ok"
    ATTENTION = "attention"
    UNKNOWN = "unknown"
    """AWS did not tell."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One part of the status in words.

    Attributes
    ----------
    part
        Name of the part.
    verdict
        How it is.
    text
        Its state.
    hints
        What to do, or where to look.
    """

    part: str
    verdict: Verdict
    text: str
    hints: Sequence[str] = ()


State = TypeVar("State")


def findings(status: StackStatus) -> list[Finding]:
    """Return the parts of a status, each with its verdict."""
    return [
        _finding("mapping", status.mapping, _mapping),
        _finding("function", status.function, _function),
        _finding("stream", status.stream, _stream),
        _finding("age", status.metrics, partial(_age, *_tolerated_age(status))),
        _finding("lag", status.metrics, partial(_lag, status.tolerated_lag_minutes)),
        _finding("failures", status.failures, _failures),
        _finding("alarms", status.alarms, _alarms),
        *(
            []
            if status.alarm_email is None
            else [_finding("alarm email", status.alarm_email, _alarm_email)]
        ),
        *(
            _finding(f"table {ledger_table}", table, _table)
            for ledger_table, table in status.tables.items()
        ),
        *(
            []
            if status.history_table is None
            else [_finding("history table", status.history_table, _table)]
        ),
    ]


Judged = tuple[Verdict, str, Sequence[str]]


def _finding(part: str, state: State | Unavailable, judge: Callable[[State], Judged]) -> Finding:
    if isinstance(state, Unavailable):
        return Finding(part=part, verdict=Verdict.UNKNOWN, text=state.unavailable)
    verdict, text, hints = judge(state)
    return Finding(part=part, verdict=verdict, text=text, hints=hints)


def _verdict(*, good: bool) -> Verdict:
    return Verdict.OK if good else Verdict.ATTENTION


def _mapping(state: MappingState) -> Judged:
    result = state.last_result
    enabled = state.state in _HARMLESS_MAPPING_STATES
    good = enabled and (not result or result.startswith(_HARMLESS_RESULTS))
    hints = [] if enabled else [state.reason] if state.reason else []
    return (
        _verdict(good=good),
        f"{state.state}, last result: {result or 'none yet'}",
        hints if good else [*hints, f"{_RUNBOOK}#iterator-age"],
    )


def _function(state: FunctionState) -> Judged:
    good = "Failed" not in {state.state, state.last_update}
    text = state.state or "unknown state"
    if state.last_update:
        text += f", last update: {state.last_update}"
    hints = [] if good else ["deploy again: pulumi up"]
    if state.is_of_outputs is False:
        hints.append(
            "it is not that of the outputs, so other parts may be wrong here: read the outputs "
            "again, pulumi stack output --json; after a deployment that failed half-way, pulumi up"
        )
    return _verdict(good=not hints), text, hints


def _stream(state: StreamState) -> Judged:
    shards = _number(state.open_shards, "open shard")
    text = f"{state.state}, {shards}, keeps records for {_number(state.retention_hours, 'hour')}"
    good = state.state in _HARMLESS_STREAM_STATES
    return _verdict(good=good), text, [] if good else [_REFRESH]


def _tolerated_age(status: StackStatus) -> tuple[float | None, str]:
    """Return the minutes from which the age is bad, and why, as for the alarm `iterator-age`.

    Kinesis drops records at the end of their retention, however much lag is tolerated.
    """
    tolerated, reason = status.tolerated_lag_minutes, _tolerated_lag(status.tolerated_lag_minutes)
    if isinstance(status.stream, Unavailable):
        return tolerated, reason
    hours = status.stream.retention_hours
    half_of_retention = hours * _MINUTES_PER_HOUR / 2
    if tolerated is not None and tolerated <= half_of_retention:
        return tolerated, reason
    return (
        half_of_retention,
        f"more than half of the {_number(hours, 'hour')} after which the stream drops records",
    )


def _tolerated_lag(minutes: int | None) -> str:
    return f"more than the tolerated {_number(minutes or 0, 'minute')} (toleratedLagMinutes)"


def _age(tolerated_minutes: float | None, reason: str, recent: RecentMetrics) -> Judged:
    age = recent.iterator_age_milliseconds
    if age is None:
        return Verdict.OK, _NO_DATA, []
    text = f"records were read after {_seconds(age)}"
    return _delay(age, tolerated_minutes, text, [reason, f"{_RUNBOOK}#iterator-age"])


def _lag(tolerated_minutes: int | None, recent: RecentMetrics) -> Judged:
    if recent.applied is None:
        return Verdict.OK, f"{_NO_DATA}: the function published nothing", []
    applied = f"{_number(recent.applied, 'revision')} applied in the last hour"
    lag = recent.lag_milliseconds
    if lag is None:
        return Verdict.OK, applied, []
    text = f"items were written after {_seconds(lag)}; {applied}"
    hints = [_tolerated_lag(tolerated_minutes), f"{_RUNBOOK}#replication-lag"]
    return _delay(lag, tolerated_minutes, text, hints)


def _delay(
    milliseconds: float, tolerated_minutes: float | None, text: str, hints: Sequence[str]
) -> Judged:
    """Judge a delay by the setting, whether or not the stack has alarms."""
    if tolerated_minutes is None or milliseconds <= tolerated_minutes * _MINUTE * _MILLISECONDS:
        return Verdict.OK, text, []
    return Verdict.ATTENTION, text, hints


def _failures(waiting: WaitingFailures) -> Judged:
    if not (waiting.objects or waiting.messages):
        in_hand = f" ({waiting.in_flight} in the hands of a redrive)" if waiting.in_flight else ""
        return Verdict.OK, f"none{in_hand}", []
    number = _number(waiting.objects, "object")
    if not waiting.complete:
        number = f"more than {number}"
    # S3 lists by key: of a part of the objects, the oldest is not the oldest of all.
    if waiting.complete and waiting.oldest_seconds is not None:
        number += f", the oldest for {duration(waiting.oldest_seconds)}"
    text = f"{number}; {_number(waiting.messages, 'message')}"
    if waiting.in_flight:
        text += f" and {waiting.in_flight} in the hands of a redrive"
    hint = (
        "list them: python -m ops failures, with the same --stack or --outputs"
        if waiting.objects
        else "without an object, like those of discarded failures and S3's test messages: the next "
        "redrive removes them"
    )
    return Verdict.ATTENTION, text, [hint, f"{_RUNBOOK}#failure-queue"]


def _alarms(states: AlarmStates | None) -> Judged:
    if states is None:
        return Verdict.OK, "none: the setting `alarms` is off", []
    active = [alarm for alarm in states.alarms if alarm.state == "ALARM"]
    counts = Counter(alarm.state for alarm in states.alarms)
    text = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"
    hints = [f"{alarm.name} since {alarm.since}: {alarm.description}" for alarm in active]
    if states.missing:
        text += f", {len(states.missing)} missing"
        hints.append(f"missing: {', '.join(states.missing)}: pulumi up --refresh")
    return _verdict(good=not hints), text, hints


def _alarm_email(state: EmailSubscription) -> Judged:
    if state.is_confirmed:
        return Verdict.OK, "confirmed", []
    if state.exists:
        text = "not confirmed: no alarm is sent there"
        hint = "follow the link in AWS's message to the address of alarmEmail"
    else:
        text = "the subscription is gone: no alarm is sent there"
        hint = (
            "it was cancelled by the receiver, or deleted by AWS because nobody had confirmed it; "
            "AWS sends a new message after pulumi up --refresh"
        )
    return Verdict.ATTENTION, text, [hint]


def _table(table: TableState) -> Judged:
    text = f"{table.name}, {table.state}, {_number(table.items, 'item')}"
    building = [
        f"index {name} {state}" for name, state in table.indexes.items() if state != "ACTIVE"
    ]
    good = table.state in _HARMLESS_TABLE_STATES
    remedy = (
        "enable its key (setting kmsKeyArn), and allow DynamoDB to use it"
        if table.state == _UNUSABLE_KEY
        else _REFRESH
    )
    return _verdict(good=good), ", ".join([text, *building]), [] if good else [remedy]


def duration(seconds: float) -> str:
    """Return a time in its largest unit, such as ``3 hours``."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            return _number(int(seconds // unit), name)
    return _number(int(seconds), "second")


def _seconds(milliseconds: float) -> str:
    seconds = milliseconds / _MILLISECONDS
    return duration(seconds) if seconds >= _MINUTE else f"{seconds:.1f} seconds"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
