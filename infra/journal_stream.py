"""The Kinesis stream that carries the ledger's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws
from pydantic import Field

from infra.component import Component
from infra.section import Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi


class JournalStreamSettings(Section):
    """Settings of the Kinesis stream.

    Attributes
    ----------
    shard_count
        Shards of the stream.
    stream_retention_hours
        Hours after which Kinesis drops a record.
    """

    # Kinesis API reference, "UpdateShardCount".
    shard_count: Integer = Field(ge=1, le=10_000)
    # Kinesis API reference, "IncreaseStreamRetentionPeriod".
    stream_retention_hours: Integer = Field(ge=24, le=8760)


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
            shard_count=settings.shard_count,
            retention_period=settings.stream_retention_hours,
            stream_mode_details={"stream_mode": "PROVISIONED"},
            # The AWS managed key: nothing to manage, grant or pay for.
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            tags=self.tags,
            # Up to version 0.1.0, one component had both streams.
            opts=self.child(former_kind="LedgerStream"),
        )
        self.register_outputs({"streamName": self.kinesis.name, "streamArn": self.kinesis.arn})
