"""QLDB streams to Kinesis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.resources.qldb import MISSING, NAME_PATTERN, delete_when_unused
from pulumi_aws_standin.schema import Boolean, Object, Problem, Property, String
from pulumi_aws_standin.tags import QLDB, TAGS
from pulumi_aws_standin.values import as_object, as_string, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session

_ROLE_PATTERN: Final = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/.+"


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be a time like 2020-05-29T00:00:00Z") from error
    if moment.tzinfo is None:
        raise ValueError("must have a time zone, like 2020-05-29T00:00:00Z")
    return moment.astimezone(UTC).isoformat()


class Stream(Resource):
    """A journal stream to Kinesis. Its id is QLDB's; only its tags can be changed."""

    type_name: ClassVar[str] = "aws:qldb/stream:Stream"
    properties = (
        Property(
            name="streamName", type=String(pattern=NAME_PATTERN), required=True, force_new=True
        ),
        Property(
            name="ledgerName", type=String(pattern=NAME_PATTERN), required=True, force_new=True
        ),
        Property(
            name="inclusiveStartTime", type=String(meaning=_moment), required=True, force_new=True
        ),
        Property(name="exclusiveEndTime", type=String(meaning=_moment), force_new=True),
        Property(name="roleArn", type=String(pattern=_ROLE_PATTERN), required=True, force_new=True),
        Property(
            name="kinesisConfiguration",
            type=Object(
                properties=(
                    Property(
                        name="streamArn",
                        type=String(pattern=r"arn:[^:]+:kinesis:[^:]+:\d{12}:stream/.+"),
                        required=True,
                        force_new=True,
                    ),
                    Property(
                        name="aggregationEnabled", type=Boolean(), default=True, force_new=True
                    ),
                )
            ),
            required=True,
            force_new=True,
        ),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = MISSING
    tagging = QLDB
    identity = ()

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        start, end = inputs["inclusiveStartTime"], inputs.get("exclusiveEndTime")
        if isinstance(start, str) and isinstance(end, str) and _moment(end) <= _moment(start):
            yield Problem("exclusiveEndTime", "must be after inclusiveStartTime")

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        target = as_object(inputs["kinesisConfiguration"])
        end = inputs.get("exclusiveEndTime")
        body = present(
            {
                "StreamName": inputs["streamName"],
                "RoleArn": inputs["roleArn"],
                "InclusiveStartTime": _epoch(as_string(inputs["inclusiveStartTime"])),
                "ExclusiveEndTime": None if end is None else _epoch(as_string(end)),
                "KinesisConfiguration": {
                    "StreamArn": target["streamArn"],
                    "AggregationEnabled": target["aggregationEnabled"],
                },
            }
        )
        answer = session.qldb.call("POST", *_streams(inputs), body=body)
        return as_string(answer["StreamId"])

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        if "ledgerName" not in known.inputs:
            return None  # the id alone does not identify a stream; the AWS provider has no import
        answer = session.qldb.call("GET", *_streams(known.inputs), identifier)
        stream = as_object(answer["Stream"])
        status = as_string(stream["Status"])
        if status in ("COMPLETED", "CANCELED", "FAILED"):
            return None
        arn = as_string(stream["Arn"])
        target = as_object(stream["KinesisConfiguration"])
        end = stream.get("ExclusiveEndTime")
        return Observed(
            inputs={
                "streamName": stream["StreamName"],
                "ledgerName": stream["LedgerName"],
                "inclusiveStartTime": _from_epoch(stream["InclusiveStartTime"]),
                "exclusiveEndTime": None if end is None else _from_epoch(end),
                "roleArn": stream["RoleArn"],
                "kinesisConfiguration": {
                    "streamArn": target["StreamArn"],
                    "aggregationEnabled": target.get("AggregationEnabled", True),
                },
            },
            computed={"arn": arn},
            pending=None if status == "ACTIVE" else _pending(status, stream),
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        if self.read(session, identifier, known) is not None:
            delete_when_unused(self, session, *_streams(known.inputs), identifier)


def _streams(inputs: Mapping[str, object]) -> tuple[str, str, str]:
    return "ledgers", as_string(inputs["ledgerName"]), "journal-kinesis-streams"


def _pending(status: str, stream: Mapping[str, object]) -> str:
    cause = stream.get("ErrorCause")
    return f"{status}, {cause}" if cause else status


def _epoch(value: str) -> float:
    return datetime.fromisoformat(value).timestamp()


def _from_epoch(value: object) -> str:
    moment = datetime.fromtimestamp(float(str(value)), UTC)
    return moment.isoformat().replace("+00:00", "Z")
