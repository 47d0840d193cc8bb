"""Kinesis data streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin import quirks
from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import PropertyError, applying, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Flag, Problem, Property, Record, Text, Whole
from pulumi_aws_standin.tags import KINESIS, TAGS
from pulumi_aws_standin.values import flag, number, present, record, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.session import Session

_MISSING = "ResourceNotFoundException"
_PROVISIONED = "PROVISIONED"
_ON_DEMAND = "ON_DEMAND"


class Stream(Resource):
    """A data stream. Its id is its ARN."""

    type_name: ClassVar[str] = "aws:kinesis/stream:Stream"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[A-Za-z0-9_.-]{1,128}"),
            force_new=True,
            autoname=Autoname(longest=128),
        ),
        Property(name="shardCount", type=Whole(minimum=1, maximum=10_000)),
        Property(name="retentionPeriod", type=Whole(minimum=24, maximum=8760), default=24),
        Property(name="encryptionType", type=Text(values=("NONE", "KMS")), default="NONE"),
        Property(name="kmsKeyId", type=Text()),
        Property(
            name="streamModeDetails",
            type=Record(
                properties=(
                    Property(
                        name="streamMode",
                        type=Text(values=(_PROVISIONED, _ON_DEMAND)),
                        required=True,
                    ),
                )
            ),
            default={"streamMode": _PROVISIONED},
        ),
        Property(name="enforceConsumerDeletion", type=Flag(), default=False),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = (_MISSING,)
    tagging = KINESIS
    state_only = frozenset({"enforceConsumerDeletion"})

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """See the base class."""
        mode = record(inputs["streamModeDetails"]).get("streamMode")
        shards = inputs.get("shardCount")
        if mode == _PROVISIONED and shards is None:
            yield Problem("shardCount", "is required for a stream in PROVISIONED mode")
        if mode == _ON_DEMAND and shards is not None:
            yield Problem("shardCount", "must not be given for a stream in ON_DEMAND mode")
        if inputs["encryptionType"] == "KMS" and inputs.get("kmsKeyId") is None:
            yield Problem("kmsKeyId", "is required with encryptionType KMS")

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        name = text(inputs["name"])
        request = present({"StreamName": name, "ShardCount": inputs.get("shardCount")})
        mode = record(inputs["streamModeDetails"])
        # CreateStream answers nothing. The id is made before it, so that no failure can come
        # between the creation and the id.
        place = f"{session.partition}:kinesis:{session.region}:{session.account}"
        arn = f"arn:{place}:stream/{name}"
        session.kinesis.create_stream(
            **request,
            StreamModeDetails={"StreamMode": mode["streamMode"]},  # type: ignore[typeddict-item]
        )
        return arn

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        name = _name(identifier)
        with missing_is_fine(_MISSING):
            summary = session.kinesis.describe_stream_summary(StreamName=name)[
                "StreamDescriptionSummary"
            ]
            mode = summary.get("StreamModeDetails", {}).get("StreamMode", _PROVISIONED)
            status = summary["StreamStatus"]
            return Observed(
                inputs={
                    "name": summary["StreamName"],
                    "shardCount": summary["OpenShardCount"] if mode == _PROVISIONED else None,
                    "retentionPeriod": summary["RetentionPeriodHours"],
                    "encryptionType": summary.get("EncryptionType", "NONE"),
                    "kmsKeyId": summary.get("KeyId"),
                    "streamModeDetails": {"streamMode": mode},
                },
                computed={"arn": summary["StreamARN"]},
                pending=None if status == "ACTIVE" else status,
            )
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        name = _name(identifier)
        if "streamModeDetails" in changed:
            with applying("streamModeDetails"):
                mode = record(wanted["streamModeDetails"])["streamMode"]
                session.kinesis.update_stream_mode(
                    StreamARN=identifier,
                    StreamModeDetails={"StreamMode": mode},  # type: ignore[typeddict-item]
                )
            self._wait(session, identifier)
        if "shardCount" in changed and wanted.get("shardCount") is not None:
            raise PropertyError(f"applying shardCount: {quirks.NO_RESHARDING}")
        if "retentionPeriod" in changed:
            self._set_retention(session, name, wanted, changed)
            self._wait(session, identifier)
        if changed.any("encryptionType", "kmsKeyId"):
            self._set_encryption(session, name, wanted, changed)
            self._wait(session, identifier)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        enforce = flag(known.inputs.get("enforceConsumerDeletion"))
        with missing_is_fine(_MISSING):
            session.kinesis.delete_stream(
                StreamName=_name(identifier), EnforceConsumerDeletion=enforce
            )

    def _set_retention(
        self, session: Session, name: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        hours = number(wanted["retentionPeriod"])
        with applying("retentionPeriod"):
            if hours > number(changed.before["retentionPeriod"]):
                session.kinesis.increase_stream_retention_period(
                    StreamName=name, RetentionPeriodHours=hours
                )
            else:
                session.kinesis.decrease_stream_retention_period(
                    StreamName=name, RetentionPeriodHours=hours
                )

    def _set_encryption(
        self, session: Session, name: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        with applying("encryptionType", "kmsKeyId"):
            if wanted["encryptionType"] == "KMS":
                session.kinesis.start_stream_encryption(
                    StreamName=name, EncryptionType="KMS", KeyId=text(wanted["kmsKeyId"])
                )
            elif changed.before.get("encryptionType") == "KMS":
                session.kinesis.stop_stream_encryption(
                    StreamName=name,
                    EncryptionType="KMS",
                    KeyId=text(changed.before["kmsKeyId"]),
                )

    def _wait(self, session: Session, identifier: str) -> None:
        def active() -> bool:
            observed = self.read(session, identifier, Known())
            return observed is not None and observed.pending is None

        session.wait("the stream did not become ACTIVE", active, self.timeout_seconds)


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
