"""The QLDB stream that delivers a ledger's journal to the Kinesis stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field, ValidationInfo

from infra.component import Component
from infra.iam import policy, service_trust
from infra.kms import KeyArn, may_write_stream
from infra.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = "now"
"""Key of the current time in the validation context of `LedgerStreamSettings`."""

WRITER_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:ListShards",
    "kinesis:PutRecord",
    "kinesis:PutRecords",
)
"""Actions of QLDB on the Kinesis stream (QLDB developer guide, "Stream permissions")."""


def _past_time(text: str, info: ValidationInfo) -> str:
    # The round trip rejects forms that QLDB or a version of the provider does not accept.
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    now: datetime = (info.context or {})[NOW]
    if f"{time:%Y-%m-%dT%H:%M:%S}Z" != text or time > now:
        raise ValueError
    return text


class LedgerStreamSettings(Section):
    """How the journal is streamed.

    Attributes
    ----------
    inclusive_start_time
        Blocks from this time on, UTC.
    kms_key_arn
        The key that encrypts the Kinesis stream; empty for Kinesis' own.
    """

    # QLDB API reference, "StreamJournalToKinesis".
    inclusive_start_time: Annotated[str, AfterValidator(_past_time)] = Field(
        description="a time in UTC such as 2020-05-29T00:00:00Z, not in the future",
        examples=["2020-05-29T00:00:00Z"],
    )
    kms_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class LedgerStreamProps:
    """Arguments of a `LedgerStream`.

    Attributes
    ----------
    ledger_name
        The ledger whose journal is streamed.
    stream_name, stream_arn
        The Kinesis stream that receives it.
    settings
        How it is streamed.
    """

    ledger_name: pulumi.Input[str]
    stream_name: pulumi.Input[str]
    stream_arn: pulumi.Input[str]
    settings: LedgerStreamSettings


class LedgerStream(Component):
    """The delivery of a ledger's journal to the Kinesis stream.

    Produces the role under which QLDB writes to the Kinesis stream, and the QLDB stream.
    """

    role: aws.iam.Role
    qldb: aws.qldb.Stream

    def __init__(
        self,
        name: str,
        props: LedgerStreamProps,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("LedgerStream", name, tags=tags, opts=opts)
        self.role = aws.iam.Role(
            f"{name}-writer",
            assume_role_policy=service_trust(
                "qldb.amazonaws.com", self._only_for(props.ledger_name)
            ),
            tags=self.tags,
            opts=self.child(),
        )
        may_write = aws.iam.RolePolicy(
            f"{name}-writer",
            role=self.role.name,
            policy=policy(
                {"Effect": "Allow", "Action": list(WRITER_ACTIONS), "Resource": props.stream_arn},
                *may_write_stream(props.settings.kms_key_arn, props.stream_arn),
            ),
            opts=self.child(),
        )
        self.qldb = aws.qldb.Stream(
            name,
            ledger_name=props.ledger_name,
            # Pulumi does not name this type; the Kinesis stream's name is unique and short enough
            # (QLDB takes 32 characters).
            stream_name=props.stream_name,
            inclusive_start_time=props.settings.inclusive_start_time,
            role_arn=self.role.arn,
            kinesis_configuration={"stream_arn": props.stream_arn, "aggregation_enabled": True},
            tags=self.tags,
            # QLDB refuses a second active stream of the same name. Repeated records are harmless.
            opts=self.child(depends_on=[may_write], delete_before_replace=True),
        )
        self.register_outputs({"qldbStreamId": self.qldb.id})

    def _only_for(self, ledger_name: pulumi.Input[str]) -> dict[str, object]:
        """Return the condition that limits a role to this account's streams of one ledger.

        IAM user guide, "The confused deputy problem".
        """
        account = aws.get_caller_identity_output(opts=self.lookup).account_id
        streams = pulumi.Output.format(
            "arn:{0}:qldb:{1}:{2}:stream/{3}/*",
            aws.get_partition_output(opts=self.lookup).partition,
            aws.get_region_output(opts=self.lookup).region,
            account,
            ledger_name,
        )
        return {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": streams},
        }
