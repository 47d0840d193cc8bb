"""Kinesis data streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import PropertyError, applying
from pulumi_aws_standin.quirks import NO_RESHARDING, lacking
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Boolean, Integer, Object, Problem, Property, String
from pulumi_aws_standin.tags import KINESIS, TAGS
from pulumi_aws_standin.values import as_boolean, as_integer, as_object, as_string, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.session import Session

_PROVISIONED = "PROVISIONED"
_ON_DEMAND = "ON_DEMAND"


class Stream(Resource):
    """A data stream. Its id is its ARN."""

    type_name: ClassVar[str] = "aws:kinesis/stream:Stream"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_.-]{1,128}"),
            force_new=True,
            autoname=Autoname(max_length=128),
        ),
        Property(name="shardCount", type=Integer(minimum=1, maximum=10_000)),
        Property(name="retentionPeriod", type=Integer(minimum=24, maximum=8760), default=24),
        Property(name="encryptionType", type=String(values=("NONE", "KMS")), default="NONE"),
        Property(name="kmsKeyId", type=String()),
        Property(
            name="streamModeDetails",
            type=Object(
                properties=(
                    Property(
                        name="streamMode",
                        type=String(values=(_PROVISIONED, _ON_DEMAND)),
                        required=True,
                    ),
                )
            ),
            default={"streamMode": _PROVISIONED},
        ),
        Property(
            name="maxRecordSizeInKib", type=Integer(minimum=1024, maximum=10_240), sticky=True
        ),
        Property(name="enforceConsumerDeletion", type=Boolean(), default=False),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = ("ResourceNotFoundException",)
    tagging = KINESIS
    state_only = frozenset({"enforceConsumerDeletion"})

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        mode = as_object(inputs["streamModeDetails"]).get("streamMode")
        shards = inputs.get("shardCount")
        if mode == _PROVISIONED and shards is None:
            yield Problem("shardCount", "is required for a stream in PROVISIONED mode")
        if mode == _ON_DEMAND and shards is not None:
            yield Problem("shardCount", "must not be given for a stream in ON_DEMAND mode")
        if inputs["encryptionType"] == "KMS" and inputs.get("kmsKeyId") is None:
            yield Problem("kmsKeyId", "is required with encryptionType KMS")

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        name = as_string(inputs["name"])
        request = present(
            {
                "StreamName": name,
                "ShardCount": inputs.get("shardCount"),
                "MaxRecordSizeInKiB": inputs.get("maxRecordSizeInKib"),
            }
        )
        mode = as_object(inputs["streamModeDetails"])
        # CreateStream answers nothing. The id is computed before it, so that no failure can
        # separate the creation from the id.
        arn = session.arn("kinesis", f"stream/{name}")
        session.kinesis.create_stream(
            **request,
            StreamModeDetails={"StreamMode": mode["streamMode"]},  # type: ignore[typeddict-item]
        )
        return arn

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        name = _name(identifier)
        summary = session.kinesis.describe_stream_summary(StreamName=name)[
            "StreamDescriptionSummary"
        ]
        reported = summary.get("StreamModeDetails", {}).get("StreamMode", _PROVISIONED)
        # The emulator never changes it: see `quirks.NOT_READ`.
        mode = as_object(known.inputs.get("streamModeDetails")).get("streamMode", reported)
        status = summary["StreamStatus"]
        return Observed(
            inputs={
                "name": summary["StreamName"],
                "shardCount": summary["OpenShardCount"] if mode == _PROVISIONED else None,
                "retentionPeriod": summary["RetentionPeriodHours"],
                "encryptionType": summary.get("EncryptionType", "NONE"),
                "kmsKeyId": summary.get("KeyId"),
                "streamModeDetails": {"streamMode": mode},
                "maxRecordSizeInKib": summary.get("MaxRecordSizeInKiB"),
            },
            computed={"arn": summary["StreamARN"]},
            pending=None if status == "ACTIVE" else status,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        name = _name(identifier)
        if "streamModeDetails" in change:
            with applying("streamModeDetails"), lacking("UpdateStreamMode"):
                mode = as_object(change.wanted["streamModeDetails"])["streamMode"]
                session.kinesis.update_stream_mode(
                    StreamARN=identifier,
                    StreamModeDetails={"StreamMode": mode},  # type: ignore[typeddict-item]
                )
            self.wait_until_usable(session, identifier)
        shards = change.wanted.get("shardCount")
        if "shardCount" in change and shards not in (None, change.before.get("shardCount")):
            raise PropertyError(f"applying shardCount: {NO_RESHARDING}")
        if "retentionPeriod" in change:
            self._set_retention(session, name, change)
            self.wait_until_usable(session, identifier)
        if change.any("encryptionType", "kmsKeyId"):
            self._set_encryption(session, name, change)
            self.wait_until_usable(session, identifier)
        if "maxRecordSizeInKib" in change:
            with applying("maxRecordSizeInKib"), lacking("UpdateMaxRecordSize"):
                session.kinesis.update_max_record_size(
                    StreamARN=identifier,
                    MaxRecordSizeInKiB=as_integer(change.wanted["maxRecordSizeInKib"]),
                )
            self.wait_until_usable(session, identifier)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        enforce = as_boolean(known.inputs.get("enforceConsumerDeletion"))
        session.kinesis.delete_stream(StreamName=_name(identifier), EnforceConsumerDeletion=enforce)

    def _set_retention(self, session: Session, name: str, change: Update) -> None:
        hours = as_integer(change.wanted["retentionPeriod"])
        with applying("retentionPeriod"):
            if hours > as_integer(change.before["retentionPeriod"]):
                session.kinesis.increase_stream_retention_period(
                    StreamName=name, RetentionPeriodHours=hours
                )
            else:
                session.kinesis.decrease_stream_retention_period(
                    StreamName=name, RetentionPeriodHours=hours
                )

    def _set_encryption(self, session: Session, name: str, change: Update) -> None:
        with applying("encryptionType", "kmsKeyId"):
            if change.wanted["encryptionType"] == "KMS":
                session.kinesis.start_stream_encryption(
                    StreamName=name,
                    EncryptionType="KMS",
                    KeyId=as_string(change.wanted["kmsKeyId"]),
                )
            elif change.before.get("encryptionType") == "KMS":
                session.kinesis.stop_stream_encryption(
                    StreamName=name,
                    EncryptionType="KMS",
                    KeyId=as_string(change.before["kmsKeyId"]),
                )


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
