"""Settings of the alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from infra.section import Boolean, Explained, FromJson, Integer, Section

MAX_TOPICS = 5
"""Actions of an alarm for one state (CloudWatch user guide, "CloudWatch service quotas")."""


def _distinct(arns: tuple[str, ...]) -> tuple[str, ...]:
    for arn in arns:
        if arns.count(arn) > 1:
            raise Explained(f"names the topic {arn} {arns.count(arn)} times; expected it once")
    return arns


def _not_too_many(email: str, info: ValidationInfo) -> str:
    if email and len(info.data.get("alarm_topic_arns", ())) == MAX_TOPICS:
        raise Explained(
            f"makes a topic beside the {MAX_TOPICS} of alarmTopicArns; CloudWatch notifies at most "
            f"{MAX_TOPICS}: subscribe the address to one of those, and pulumi config rm alarmEmail"
        )
    return email


class AlarmsSettings(Section):
    """Settings of the alarms.

    Attributes
    ----------
    alarms
        Whether there are alarms.
    alarm_topic_arns
        SNS topics that are told of each change of an alarm's state.
    alarm_email
        Address for which the stack makes a topic of its own; empty for none.
    tolerated_lag_minutes
        Minutes that the tables may be behind the stream.
    """

    alarms: Boolean
    alarm_topic_arns: Annotated[
        tuple[
            Annotated[
                str,
                # SNS API reference, "CreateTopic". A FIFO topic requires a message group
                # ("Publish"), which an alarm does not have.
                Field(
                    pattern=r"\Aarn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}\Z",
                    description="the ARN of a standard SNS topic, such as "
                    "arn:aws:sns:eu-west-1:123456789012:on-call",
                ),
            ],
            ...,
        ],
        FromJson,
        AfterValidator(_distinct),
        Field(
            max_length=MAX_TOPICS,
            description=f"a list of at most {MAX_TOPICS} ARNs of SNS topics (pulumi config set "
            "--path 'alarmTopicArns[0]' arn:aws:sns:eu-west-1:123456789012:on-call)",
        ),
    ]
    # After the topics, with which it is compared.
    alarm_email: Annotated[
        str,
        Field(
            pattern=r"\A(?:[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+)?\Z",
            max_length=320,
            description="an e-mail address, or an empty text for none",
            examples=["team@example.com"],
        ),
        AfterValidator(_not_too_many),
    ]
    tolerated_lag_minutes: Integer = Field(ge=1, le=525_600)
