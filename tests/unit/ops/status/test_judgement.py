"""What of a stack's state needs attention, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.status.judgement import Finding, Verdict, duration, findings
from ops.status.model import (
    Alarm,
    AlarmStates,
    EmailSubscription,
    FunctionState,
    MappingState,
    RecentMetrics,
    StackStatus,
    StreamState,
    TableState,
    Unavailable,
    WaitingFailures,
)

ALARM = Alarm(name="a", state="ALARM", since="2026-11-28T10:00:00Z", description="Bad. Runbook")
WELL = StackStatus(
    version="1.2.3",
    region="eu-west-1",
    at="2026-11-28T12:00:00Z",
    mapping=MappingState(state="Enabled", last_result="OK", reason="User action"),
    function=FunctionState(state="Active", last_update="Successful", is_of_outputs=True),
    stream=StreamState(state="ACTIVE", open_shards=2, retention_hours=168),
    failures=WaitingFailures(
        objects=0, complete=True, oldest_seconds=None, messages=0, in_flight=0
    ),
    tolerated_lag_minutes=15,
    alarms=AlarmStates(alarms=[replace(ALARM, state="OK")]),
    alarm_email=EmailSubscription(exists=True, is_confirmed=True),
    metrics=RecentMetrics(iterator_age_milliseconds=200.0, lag_milliseconds=1500.0, applied=4),
    tables={"Person": TableState(name="person-1", state="ACTIVE", items=1204)},
    history_table=TableState(name="history-1", state="ACTIVE", items=1),
)


def finding(part: str, status: StackStatus) -> Finding:
    [found] = [each for each in findings(status) if each.part == part]
    return found


def test_a_stack_that_is_well_needs_no_attention() -> None:
    found = findings(WELL)

    assert {each.verdict for each in found} == {Verdict.OK}
    assert {each.part: each.text for each in found} == {
        "mapping": "Enabled, last result: OK",
        "function": "Active, last update: Successful",
        "stream": "ACTIVE, 2 open shards, keeps records for 168 hours",
        "age": "records were read after 0.2 seconds",
        "lag": "items were written after 1.5 seconds; 4 revisions applied in the last hour",
        "failures": "none",
        "alarms": "1 OK",
        "alarm email": "confirmed",
        "table Person": "person-1, ACTIVE, 1,204 items",
        "history table": "history-1, ACTIVE, 1 item",
    }
    assert [hint for each in found for hint in each.hints] == []


@pytest.mark.parametrize(
    ("state", "result", "verdict"),
    [
        ("Enabled", "", Verdict.OK),
        ("Enabled", "No records processed", Verdict.OK),
        ("Enabled", "OK - 3 records", Verdict.OK),
        ("Updating", "OK", Verdict.OK),
        ("Creating", "", Verdict.OK),
        ("Enabled", "PROBLEM: Function call failed", Verdict.ATTENTION),
        ("Disabled", "OK", Verdict.ATTENTION),
        ("Disabling", "OK", Verdict.ATTENTION),
        ("Deleting", "OK", Verdict.ATTENTION),
    ],
)
def test_a_mapping_that_does_not_read_needs_attention(
    state: str, result: str, verdict: Verdict
) -> None:
    status = replace(WELL, mapping=MappingState(state=state, last_result=result, reason="why"))

    found = finding("mapping", status)

    assert found.verdict is verdict
    assert ("docs/runbook.md#iterator-age" in found.hints) is (verdict is Verdict.ATTENTION)
    assert result in found.text


def test_a_mapping_that_is_off_says_why() -> None:
    status = replace(
        WELL, mapping=MappingState(state="Disabled", last_result="OK", reason="Lambda initiated")
    )

    assert finding("mapping", status).hints[0] == "Lambda initiated"


@pytest.mark.parametrize(
    ("state", "update", "verdict"),
    [
        ("Active", "", Verdict.OK),
        ("Pending", "InProgress", Verdict.OK),
        ("", "", Verdict.OK),
        ("Failed", "Successful", Verdict.ATTENTION),
        ("Active", "Failed", Verdict.ATTENTION),
    ],
)
def test_a_function_that_failed_to_deploy_needs_attention(
    state: str, update: str, verdict: Verdict
) -> None:
    function = FunctionState(state=state, last_update=update, is_of_outputs=None)
    status = replace(WELL, function=function)

    assert finding("function", status).verdict is verdict


def test_outputs_of_another_function_need_attention() -> None:
    function = FunctionState(state="Active", last_update="Successful", is_of_outputs=False)

    found = finding("function", replace(WELL, function=function))

    assert found.verdict is Verdict.ATTENTION
    assert "pulumi stack output --json" in found.hints[0]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("UPDATING", Verdict.OK), ("DELETING", Verdict.ATTENTION), ("CREATING", Verdict.ATTENTION)],
)
def test_a_stream_or_table_that_serves_nobody_needs_attention(state: str, verdict: Verdict) -> None:
    status = replace(
        WELL,
        stream=StreamState(state=state, open_shards=1, retention_hours=24),
        tables={"Person": TableState(name="person-1", state=state, items=0)},
    )

    for part in ("stream", "table Person"):
        found = finding(part, status)
        assert found.verdict is verdict
        hints = ["compare it with the program: pulumi up --refresh"]
        assert found.hints == ([] if verdict is Verdict.OK else hints)


def test_a_table_whose_key_cannot_be_used_names_the_key() -> None:
    table = TableState(name="p", state="INACCESSIBLE_ENCRYPTION_CREDENTIALS", items=0)

    found = finding("table Person", replace(WELL, tables={"Person": table}))

    assert found.verdict is Verdict.ATTENTION
    assert found.hints == ["enable its key (setting kmsKeyArn), and allow DynamoDB to use it"]


def test_an_index_that_is_built_is_mentioned_only() -> None:
    table = TableState(name="p", state="ACTIVE", items=0, indexes={"a": "ACTIVE", "b": "CREATING"})

    found = finding("table Person", replace(WELL, tables={"Person": table}))

    assert found.verdict is Verdict.OK
    assert found.text == "p, ACTIVE, 0 items, index b CREATING"


@pytest.mark.parametrize(
    ("objects", "messages", "in_flight", "text", "hint"),
    [
        (
            *(2, 1, 0, "2 objects, the oldest for 3 hours; 1 message"),
            "list them: python -m ops failures, with the same --stack or --outputs",
        ),
        (
            *(
                1,
                0,
                5,
                "1 object, the oldest for 3 hours; 0 messages and 5 in the hands of a redrive",
            ),
            "list them: python -m ops failures, with the same --stack or --outputs",
        ),
        (
            *(0, 7, 0, "0 objects; 7 messages"),
            (
                "without an object, like those of discarded failures and S3's test messages: "
                "the next redrive removes them"
            ),
        ),
    ],
)
def test_failures_that_wait_need_attention(
    objects: int, messages: int, in_flight: int, text: str, hint: str
) -> None:
    waiting = WaitingFailures(
        objects=objects,
        complete=True,
        oldest_seconds=3.5 * 3600 if objects else None,
        messages=messages,
        in_flight=in_flight,
    )

    found = finding("failures", replace(WELL, failures=waiting))

    assert found == Finding(
        part="failures",
        verdict=Verdict.ATTENTION,
        text=text,
        hints=[hint, "docs/runbook.md#failure-queue"],
    )


def test_a_redrive_at_work_with_the_last_messages_needs_no_attention() -> None:
    waiting = WaitingFailures(
        objects=0, complete=True, oldest_seconds=None, messages=0, in_flight=3
    )

    found = finding("failures", replace(WELL, failures=waiting))

    assert (found.verdict, found.text) == (Verdict.OK, "none (3 in the hands of a redrive)")


def test_a_part_of_very_many_objects_is_a_lower_bound() -> None:
    waiting = WaitingFailures(
        objects=20_000, complete=False, oldest_seconds=60, messages=0, in_flight=0
    )

    found = finding("failures", replace(WELL, failures=waiting))

    assert found.text == "more than 20,000 objects; 0 messages"


def test_an_alarm_needs_attention_and_says_what_to_do() -> None:
    states = AlarmStates(
        alarms=[
            ALARM,
            replace(ALARM, name="b", state="OK"),
            replace(ALARM, name="c", state="INSUFFICIENT_DATA"),
        ]
    )

    found = finding("alarms", replace(WELL, alarms=states))

    assert found.verdict is Verdict.ATTENTION
    assert found.text == "1 ALARM, 1 INSUFFICIENT_DATA, 1 OK"
    assert found.hints == ["a since 2026-11-28T10:00:00Z: Bad. Runbook"]


def test_an_alarm_that_is_gone_needs_attention() -> None:
    found = finding("alarms", replace(WELL, alarms=AlarmStates(missing=["a"])))

    assert found.verdict is Verdict.ATTENTION
    assert found.text == "none, 1 missing"
    assert found.hints == ["missing: a: pulumi up --refresh"]


def test_a_stack_without_alarms_is_well() -> None:
    found = finding("alarms", replace(WELL, alarms=None))

    assert (found.verdict, found.text) == (Verdict.OK, "none: the setting `alarms` is off")


@pytest.mark.parametrize(
    ("exists", "text", "hint"),
    [
        (True, "not confirmed: no alarm is sent there", "follow the link in AWS's message"),
        (False, "the subscription is gone: no alarm is sent there", "pulumi up --refresh"),
    ],
)
def test_an_address_for_alarms_that_nobody_confirmed_needs_attention(
    text: str, hint: str, *, exists: bool
) -> None:
    state = EmailSubscription(exists=exists, is_confirmed=False)
    found = finding("alarm email", replace(WELL, alarm_email=state))

    assert (found.verdict, found.text) == (Verdict.ATTENTION, text)
    assert hint in found.hints[0]


def test_without_an_address_for_alarms_nothing_is_said_of_it() -> None:
    parts = [each.part for each in findings(replace(WELL, alarm_email=None))]

    assert "alarm email" not in parts


def test_no_data_is_said_and_needs_no_attention() -> None:
    nothing = RecentMetrics(iterator_age_milliseconds=None, lag_milliseconds=None, applied=None)
    status = replace(WELL, metrics=nothing)

    age, lag = finding("age", status), finding("lag", status)

    assert (age.verdict, age.text) == (Verdict.OK, "no data of the last hour")
    assert (lag.verdict, lag.text) == (
        Verdict.OK,
        "no data of the last hour: the function published nothing",
    )


@pytest.mark.parametrize(("part", "section"), [("age", "iterator-age"), ("lag", "replication-lag")])
@pytest.mark.parametrize(
    ("minutes", "tolerated", "verdict"),
    [
        (15, 15, Verdict.OK),
        (15.01, 15, Verdict.ATTENTION),
        (1.5, 1, Verdict.ATTENTION),
        (900, None, Verdict.OK),
    ],
)
def test_a_delay_over_the_tolerated_one_needs_attention_with_or_without_alarms(
    part: str, section: str, minutes: float, tolerated: int | None, verdict: Verdict
) -> None:
    delay = minutes * 60_000
    recent = RecentMetrics(iterator_age_milliseconds=delay, lag_milliseconds=delay, applied=4)

    found = finding(
        part, replace(WELL, metrics=recent, tolerated_lag_minutes=tolerated, alarms=None)
    )

    assert found.verdict is verdict
    assert (f"docs/runbook.md#{section}" in found.hints) is (verdict is Verdict.ATTENTION)


@pytest.mark.parametrize(
    ("hours", "tolerated", "verdict"),
    [
        (12, 1440, Verdict.OK),
        (12.01, 1440, Verdict.ATTENTION),
        (12.01, None, Verdict.ATTENTION),
    ],
)
def test_records_that_are_read_shortly_before_they_expire_need_attention(
    hours: float, tolerated: int | None, verdict: Verdict
) -> None:
    # given a stream that keeps records for a day, and a setting that tolerates as much
    delay = hours * 3_600_000
    status = replace(
        WELL,
        stream=StreamState(state="ACTIVE", open_shards=1, retention_hours=24),
        metrics=RecentMetrics(iterator_age_milliseconds=delay, lag_milliseconds=None, applied=4),
        tolerated_lag_minutes=tolerated,
    )
    # when the age is judged / then half of the retention is the limit, as for the alarm
    found = finding("age", status)
    assert found.verdict is verdict
    assert found.hints == (
        []
        if verdict is Verdict.OK
        else [
            "more than half of the 24 hours after which the stream drops records",
            "docs/runbook.md#iterator-age",
        ]
    )


@pytest.mark.parametrize(("minutes", "verdict"), [(15, Verdict.OK), (16, Verdict.ATTENTION)])
def test_an_age_is_judged_by_the_setting_where_the_stream_is_unknown(
    minutes: float, verdict: Verdict
) -> None:
    recent = RecentMetrics(
        iterator_age_milliseconds=minutes * 60_000, lag_milliseconds=None, applied=4
    )
    unknown = Unavailable(unavailable="no permission")

    assert finding("age", replace(WELL, stream=unknown, metrics=recent)).verdict is verdict


def test_a_function_that_found_nothing_to_apply_says_so() -> None:
    recent = RecentMetrics(iterator_age_milliseconds=0.0, lag_milliseconds=None, applied=0)

    assert finding("lag", replace(WELL, metrics=recent)).text == (
        "0 revisions applied in the last hour"
    )


@pytest.mark.parametrize(
    "part", ["mapping", "function", "stream", "failures", "alarms", "metrics", "history_table"]
)
def test_what_aws_does_not_tell_is_unknown(part: str) -> None:
    unknown = Unavailable(unavailable="no permission")

    found = [
        each
        for each in findings(replace(WELL, **{part: unknown}))  # type: ignore[arg-type]
        if each.verdict is not Verdict.OK
    ]

    assert found
    assert {(each.verdict, each.text) for each in found} == {(Verdict.UNKNOWN, "no permission")}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1.9, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (7200, "2 hours"),
        (86_400, "1 day"),
        (14 * 86_400, "14 days"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
