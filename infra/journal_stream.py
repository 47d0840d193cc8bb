"""The Kinesis stream that carries the ledger's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pulumi_aws as aws
from pydantic import Field

from infra.component import Component
from infra.kms import KeyArn
from infra.section import Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi


class JournalStreamSettings(Section):
    """Settings of the Kinesis stream.

    Attributes
    ----------
    stream_mode
        Who decides on the number of shards: Kinesis, as it is needed, or `shard_count`.
    shard_count
        Shards of the stream, unless Kinesis decides.
    stream_retention_hours
        Hours after which Kinesis drops a record.
    max_record_kibibytes
        Maximum size of a record.
    kms_key_arn
        The key that encrypts the stream; empty for Kinesis' own.
    """

    stream_mode: Literal["PROVISIONED", "ON_DEMAND"] = Field(examples=["ON_DEMAND"])
    # Kinesis API reference, "UpdateShardCount".
    shard_count: Integer = Field(ge=1, le=10_000)
    # Kinesis API reference, "IncreaseStreamRetentionPeriod".
    stream_retention_hours: Integer = Field(ge=24, le=8760)
    # Kinesis API reference, "UpdateMaxRecordSize".
    max_record_kibibytes: Integer = Field(ge=1024, le=10_240)
    kms_key_arn: KeyArn

    @property
    def shards(self) -> int | None:
        """Shards of the stream; None where Kinesis decides on them."""
        return self.shard_count if self.stream_mode == "PROVISIONED" else None


class JournalStream(Component):
    """The Kinesis stream with the journal's records, whatever writes them."""

    kinesis: aws.kinesis.Stream

    def __init__(
        self,
        name: str,
        settings: JournalStreamSettings,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("JournalStream", name, tags=tags, opts=opts)
        self.kinesis = aws.kinesis.Stream(
            name,
            # The provider refuses a number of shards where Kinesis decides on it.
            shard_count=settings.shards,
            retention_period=settings.stream_retention_hours,
            stream_mode_details={"stream_mode": settings.stream_mode},
            max_record_size_in_kib=settings.max_record_kibibytes,
            encryption_type="KMS",
            # By default the AWS managed key: nothing to manage, grant or pay for.
            kms_key_id=settings.kms_key_arn or "alias/aws/kinesis",
            tags=self.tags,
            # Up to version 0.1.0, one component had both streams.
            opts=self.child(former_kind="LedgerStream"),
        )
        self.register_outputs({"streamName": self.kinesis.name, "streamArn": self.kinesis.arn})
