"""QLDB ledgers and their streams, by the REST paths of the QLDB API (version 2019-01-02)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import ServiceError, applying, code_of, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Flag, Problem, Property, Record, Text
from pulumi_aws_standin.tags import QLDB, TAGS
from pulumi_aws_standin.values import present, record, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.session import Session

_MISSING = "ResourceNotFoundException"
# QLDB API: LedgerName.
_NAME = r"(?!.*--)(?!\d+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}"
_ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/.+"


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be a time like 2020-05-29T00:00:00Z") from error
    if moment.tzinfo is None:
        raise ValueError("must have a time zone, like 2020-05-29T00:00:00Z")
    return moment.astimezone(UTC).isoformat()


class Ledger(Resource):
    """A ledger. Its id is its name."""

    type_name: ClassVar[str] = "aws:qldb/ledger:Ledger"
    properties = (
        Property(
            name="name", type=Text(pattern=_NAME), force_new=True, autoname=Autoname(longest=32)
        ),
        Property(
            name="permissionsMode", type=Text(values=("ALLOW_ALL", "STANDARD")), required=True
        ),
        Property(name="deletionProtection", type=Flag(), default=True),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = (_MISSING,)
    tagging = QLDB

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        body = {
            "Name": inputs["name"],
            "PermissionsMode": inputs["permissionsMode"],
            "DeletionProtection": inputs["deletionProtection"],
        }
        session.qldb.call("POST", "ledgers", body=body)
        return text(inputs["name"])

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            ledger = session.qldb.call("GET", "ledgers", identifier)
            state = text(ledger["State"])
            arn = text(ledger["Arn"])
            if state == "DELETED":
                return None
            return Observed(
                inputs={
                    "name": ledger["Name"],
                    "permissionsMode": ledger["PermissionsMode"],
                    "deletionProtection": ledger["DeletionProtection"],
                },
                computed={"arn": arn},
                pending=None if state == "ACTIVE" else state,
            )
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        if "deletionProtection" in changed:
            with applying("deletionProtection"):
                body = {"DeletionProtection": wanted["deletionProtection"]}
                session.qldb.call("PATCH", "ledgers", identifier, body=body)
        if "permissionsMode" in changed:
            with applying("permissionsMode"):
                body = {"PermissionsMode": wanted["permissionsMode"]}
                session.qldb.call("PATCH", "ledgers", identifier, "permissions-mode", body=body)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        _retried(session, self, ("DELETE", "ledgers", identifier))


class Stream(Resource):
    """A journal stream to Kinesis. Its id is QLDB's; nothing but its tags can be changed."""

    type_name: ClassVar[str] = "aws:qldb/stream:Stream"
    properties = (
        Property(name="streamName", type=Text(pattern=_NAME), required=True, force_new=True),
        Property(name="ledgerName", type=Text(pattern=_NAME), required=True, force_new=True),
        Property(
            name="inclusiveStartTime", type=Text(meaning=_moment), required=True, force_new=True
        ),
        Property(name="exclusiveEndTime", type=Text(meaning=_moment), force_new=True),
        Property(name="roleArn", type=Text(pattern=_ROLE), required=True, force_new=True),
        Property(
            name="kinesisConfiguration",
            type=Record(
                properties=(
                    Property(
                        name="streamArn",
                        type=Text(pattern=r"arn:[^:]+:kinesis:[^:]+:\d{12}:stream/.+"),
                        required=True,
                        force_new=True,
                    ),
                    Property(name="aggregationEnabled", type=Flag(), default=True, force_new=True),
                )
            ),
            required=True,
            force_new=True,
        ),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = (_MISSING,)
    tagging = QLDB
    identity = ()

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """See the base class."""
        start, end = inputs["inclusiveStartTime"], inputs.get("exclusiveEndTime")
        if isinstance(start, str) and isinstance(end, str) and _moment(end) <= _moment(start):
            yield Problem("exclusiveEndTime", "must be after inclusiveStartTime")

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        target = record(inputs["kinesisConfiguration"])
        end = inputs.get("exclusiveEndTime")
        body = present(
            {
                "StreamName": inputs["streamName"],
                "RoleArn": inputs["roleArn"],
                "InclusiveStartTime": _epoch(text(inputs["inclusiveStartTime"])),
                "ExclusiveEndTime": None if end is None else _epoch(text(end)),
                "KinesisConfiguration": {
                    "StreamArn": target["streamArn"],
                    "AggregationEnabled": target["aggregationEnabled"],
                },
            }
        )
        answer = session.qldb.call("POST", *_streams(inputs), body=body)
        return text(answer["StreamId"])

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        if "ledgerName" not in known.inputs:
            return None  # the id alone does not lead to a stream; the AWS provider has no import
        with missing_is_fine(_MISSING):
            answer = session.qldb.call("GET", *_streams(known.inputs), identifier)
            stream = record(answer["Stream"])
            status = text(stream["Status"])
            if status in ("COMPLETED", "CANCELED", "FAILED"):
                return None
            arn = text(stream["Arn"])
            target = record(stream["KinesisConfiguration"])
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
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        if self.read(session, identifier, known) is not None:
            _retried(session, self, ("DELETE", *_streams(known.inputs), identifier))


def _streams(inputs: Mapping[str, object]) -> tuple[str, str, str]:
    return "ledgers", text(inputs["ledgerName"]), "journal-kinesis-streams"


def _pending(status: str, stream: Mapping[str, object]) -> str:
    cause = stream.get("ErrorCause")
    return f"{status}, {cause}" if cause else status


def _retried(session: Session, resource: Resource, request: tuple[str, ...]) -> None:
    """Call a deletion, again and again while the resource is in use as the AWS provider does."""

    def called() -> bool:
        try:
            session.qldb.call(*request)
        except ServiceError as error:
            if code_of(error) != "ResourceInUseException":
                raise
            return False
        return True

    with missing_is_fine(_MISSING):
        session.wait("it stays in use", called, resource.timeout_seconds)


def _epoch(value: str) -> float:
    return datetime.fromisoformat(value).timestamp()


def _from_epoch(value: object) -> str:
    moment = datetime.fromtimestamp(float(str(value)), UTC)
    return moment.isoformat().replace("+00:00", "Z")
