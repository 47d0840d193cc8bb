"""Settings of the alarms: what is accepted, and the message of what is not."""

from __future__ import annotations

import pytest

from infra import section
from infra.alarm_settings import AlarmsSettings
from tests.support.pulumi_mocks import as_text

VALID = {
    "alarms": "true",
    "alarmTopicArns": "[]",
    "alarmEmail": "",
    "toleratedLagMinutes": "15",
}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"
TOPICS = [f"{TOPIC}-{n}" for n in range(5)]


def read(**changed: object) -> tuple[AlarmsSettings | None, list[str]]:
    problems: list[str] = []
    values = VALID | {name: as_text(value) for name, value in changed.items()}
    return section.read(AlarmsSettings, values, problems), problems


def accepted(**changed: object) -> AlarmsSettings:
    found, problems = read(**changed)
    assert problems == []
    assert found is not None
    return found


def problem(**changed: object) -> str:
    _, problems = read(**changed)
    [found] = problems
    return found


def test_by_default_nobody_is_told() -> None:
    settings = accepted()

    assert settings.alarms
    assert settings.alarm_topic_arns == ()
    assert settings.alarm_email == ""


@pytest.mark.parametrize(
    "arn",
    [
        TOPIC,
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a_B-3",
        "arn:aws-cn:sns:cn-north-1:123456789012:t",
    ],
)
def test_topics_of_every_partition_are_accepted(arn: str) -> None:
    assert accepted(alarmTopicArns=[arn]).alarm_topic_arns == (arn,)


def test_five_topics_are_accepted() -> None:
    assert accepted(alarmTopicArns=TOPICS).alarm_topic_arns == tuple(TOPICS)


@pytest.mark.parametrize(
    "arn",
    [
        "on-call",
        "",
        f"{TOPIC}.fifo",
        f"{TOPIC}:a1b2-subscription",
        "arn:aws:sqs:eu-west-1:123456789012:on-call",
        "arn:aws:sns:eu-west-1:1234:on-call",
        f"{TOPIC}\n",
    ],
)
def test_what_is_no_topic_is_refused(arn: str) -> None:
    assert problem(alarmTopicArns=[TOPIC, arn]) == (
        f"alarmTopicArns[1] is {as_text([arn])[1:-1]}; expected the ARN of a standard SNS topic, "
        "such as arn:aws:sns:eu-west-1:123456789012:on-call"
    )


@pytest.mark.parametrize("value", [[*TOPICS, f"{TOPIC}-5"], "on-call", {"a": "b"}])
def test_what_is_no_list_of_topics_is_refused(value: object) -> None:
    assert problem(alarmTopicArns=value) == (
        f"alarmTopicArns is {as_text(value)}; expected a list of at most 5 ARNs of SNS topics "
        "(pulumi config set --path 'alarmTopicArns[0]' arn:aws:sns:eu-west-1:123456789012:on-call)"
    )


def test_a_topic_that_is_named_twice_is_refused() -> None:
    assert problem(alarmTopicArns=[TOPIC, TOPIC]) == (
        f"alarmTopicArns names the topic {TOPIC} 2 times; expected it once"
    )


@pytest.mark.parametrize("address", ["team@example.com", "a.b+c@x-y.example.org"])
def test_an_email_address_is_accepted(address: str) -> None:
    assert accepted(alarmEmail=address).alarm_email == address


@pytest.mark.parametrize(
    "address",
    ["team", "team@example", "a b@example.com", "@example.com", "a@b@example.com", "a@.b"],
)
def test_what_is_no_email_address_is_refused(address: str) -> None:
    assert problem(alarmEmail=address) == (
        f"alarmEmail is '{address}'; expected an e-mail address, or an empty text for none: "
        "pulumi config set alarmEmail team@example.com"
    )


def test_an_address_beside_five_topics_is_one_too_many() -> None:
    assert problem(alarmTopicArns=TOPICS, alarmEmail="team@example.com") == (
        "alarmEmail makes a topic beside the 5 of alarmTopicArns; CloudWatch notifies at most 5: "
        "subscribe the address to one of those, and pulumi config rm alarmEmail"
    )


@pytest.mark.parametrize("minutes", [1, 525_600])
def test_the_tolerated_lag_has_its_whole_range(minutes: int) -> None:
    assert accepted(toleratedLagMinutes=minutes).tolerated_lag_minutes == minutes


@pytest.mark.parametrize(("minutes", "remedy"), [(0, 1), (525_601, 525_600), (-1, 1)])
def test_another_tolerated_lag_is_refused(minutes: int, remedy: int) -> None:
    assert problem(toleratedLagMinutes=minutes) == (
        f"toleratedLagMinutes is '{minutes}'; expected an integer from 1 to 525600: "
        f"pulumi config set toleratedLagMinutes {remedy}"
    )


def test_alarms_are_on_or_off() -> None:
    assert not accepted(alarms=False).alarms
    assert problem(alarms="yes") == (
        "alarms is 'yes'; expected true or false: pulumi config set alarms true"
    )
