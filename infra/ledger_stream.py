"""QLDB stream and Kinesis stream: the ledger's journal as records."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.component import component_type, policy, service_trust

# What QLDB does with a stream (QLDB developer guide, 'Stream permissions').
WRITER_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:ListShards",
    "kinesis:PutRecord",
    "kinesis:PutRecords",
)


@dataclass(frozen=True, kw_only=True)
class LedgerStreamProps:
    """What a :class:`LedgerStream` is made of.

    Attributes
    ----------
    ledger_name
        The ledger whose journal is streamed.
    inclusive_start_time
        Blocks from this time on, UTC.
    shard_count
        Shards of the Kinesis stream.
    retention_hours
        Hours for which Kinesis keeps a record.
    """

    ledger_name: pulumi.Input[str]
    inclusive_start_time: str
    shard_count: int
    retention_hours: int


class LedgerStream(pulumi.ComponentResource):
    """A ledger's journal on a Kinesis stream.

    Produces the Kinesis stream, the role under which QLDB writes to it, and the QLDB stream.
    """

    kinesis: aws.kinesis.Stream
    role: aws.iam.Role
    qldb: aws.qldb.Stream

    def __init__(
        self, name: str, props: LedgerStreamProps, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(component_type("LedgerStream"), name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.kinesis = aws.kinesis.Stream(
            "qldb-journal",
            shard_count=props.shard_count,
            retention_period=props.retention_hours,
            stream_mode_details={"stream_mode": "PROVISIONED"},
            # The account's own key for Kinesis: encrypted without a key to grant or to pay for.
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            opts=child,
        )
        self.role = aws.iam.Role(
            "qldb-journal-writer",
            assume_role_policy=service_trust(
                "qldb.amazonaws.com", self._only_for(props.ledger_name)
            ),
            opts=child,
        )
        may_write = aws.iam.RolePolicy(
            "qldb-journal-writer",
            role=self.role.name,
            policy=policy(
                {"Effect": "Allow", "Action": list(WRITER_ACTIONS), "Resource": self.kinesis.arn}
            ),
            opts=child,
        )
        self.qldb = aws.qldb.Stream(
            "qldb-journal",
            ledger_name=props.ledger_name,
            # Pulumi does not name this type; the Kinesis stream's name is unique and short enough
            # (QLDB takes 32 characters).
            stream_name=self.kinesis.name,
            inclusive_start_time=props.inclusive_start_time,
            role_arn=self.role.arn,
            kinesis_configuration={"stream_arn": self.kinesis.arn, "aggregation_enabled": True},
            # QLDB refuses a second active stream of one name; the replica takes repeated records.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[may_write], delete_before_replace=True
            ),
        )
        self.register_outputs(
            {
                "streamName": self.kinesis.name,
                "streamArn": self.kinesis.arn,
                "qldbStreamId": self.qldb.id,
            }
        )

    def _only_for(self, ledger_name: pulumi.Input[str]) -> dict[str, object]:
        """Limit who may make QLDB use the role (IAM user guide, 'The confused deputy problem')."""
        here = pulumi.InvokeOutputOptions(parent=self)
        account = aws.get_caller_identity_output(opts=here).account_id
        streams = pulumi.Output.format(
            "arn:{0}:qldb:{1}:{2}:stream/{3}/*",
            aws.get_partition_output(opts=here).partition,
            aws.get_region_output(opts=here).region,
            account,
            ledger_name,
        )
        return {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": streams},
        }
