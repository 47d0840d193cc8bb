"""The replay: a state machine that loads a journal export of any size into the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
from pydantic import Field

from handler.contract import RECORDS_PREFIX
from handler.replay_contract import ENTRY_POINT, MAX_CONCURRENCY, RUNS_PREFIX, ReplayVariable
from infra.code_archive import code_archive
from infra.component import Component
from infra.consumer import HISTORY_ACTIONS, LOG_ACTIONS, WRITER_ACTIONS
from infra.iam import LONGEST_BUCKET_ARN, allow, longest_arn, policy, policy_size, service_trust
from infra.kms import KeyArn, may_read_objects, may_replay
from infra.private_bucket import Privacy, keep_private
from infra.replay_definition import MAP_LABELS, definition
from infra.section import Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.consumer import ConsumerSettings
    from infra.handler_environment import HandlerEnvironment

FUNCTION_SECONDS = 900
"""The most that Lambda allows (Lambda developer guide, "Lambda quotas")."""

RUN_DAYS = 90
"""Days after which the plans and counts of a replay expire. An execution that starts later begins
again, which is safe and costs its writes once more."""

BATCH_ACTIONS = ("s3:GetObject", "s3:PutObject")
"""Actions of the function on plans and counts."""

INVOKER_ACTIONS = ("lambda:InvokeFunction",)
MAP_START_ACTIONS = ("states:StartExecution",)
MAP_RUN_ACTIONS = ("states:DescribeExecution", "states:StopExecution")
ITEM_ACTIONS = ("s3:GetObject",)
"""Actions of the state machine: on the function, on itself, on the children that its maps start,
and on the lists that they read (Step Functions developer guide, "IAM policies for using Distributed
Map states" and "IAM policies for integrated services", "AWS Lambda")."""

_MEBIBYTE = 1024 * 1024


class ReplaySettings(Section):
    """Settings of the replay.

    Attributes
    ----------
    export_bucket
        The bucket with the export; empty for no replay in the stack.
    export_prefix
        How the keys of the export start.
    export_bucket_owner
        Id of the AWS account that owns the bucket; empty for the stack's own.
    export_kms_key_arn
        The key that encrypts the export; empty for one of S3.
    replay_concurrency
        Batches that are read or written at a time.
    replay_batch_mebibytes
        Size of a batch: MiB of the objects as stored.
    replay_memory_megabytes
        Memory of one invocation, MiB.
    """

    # S3 user guide, "General purpose bucket naming rules".
    export_bucket: str = Field(
        pattern=r"\A(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?\Z",
        description="the name of a bucket with a journal export, without s3://, or an empty text",
        examples=["my-exports"],
    )
    # IAM and Step Functions would read the others as patterns.
    export_prefix: str = Field(
        pattern=r"\A(?:(?!s3:)[^/*?$\s\x00-\x1f][^*?$\x00-\x1f]{0,500})?\Z",
        description="how the keys of the export start, without s3:// and the bucket and without a "
        "slash at the start, such as 2025/ (no * ? or $), or an empty text for the whole bucket",
        examples=["2025/"],
    )
    export_bucket_owner: str = Field(
        pattern=r"\A(?:[0-9]{12})?\Z",
        description="the id of an AWS account, 12 digits, or an empty text for the stack's own",
        examples=["123456789012"],
    )
    export_kms_key_arn: KeyArn
    replay_concurrency: Integer = Field(ge=1, le=MAX_CONCURRENCY)
    replay_batch_mebibytes: Integer = Field(ge=1, le=1024)
    # Lambda API reference, "CreateFunction".
    replay_memory_megabytes: Integer = Field(ge=512, le=10_240)

    @property
    def location(self) -> str:
        """The export as ``s3://bucket/prefix``."""
        return f"s3://{self.export_bucket}/{self.export_prefix}"


@dataclass(frozen=True, kw_only=True)
class ReplayProps:
    """Arguments of a `Replay`.

    Attributes
    ----------
    settings
        Where the export is, and how it is replayed.
    consumer
        Runtime, logs and key, which are those of the stream's function.
    table_arns
        The DynamoDB tables with the current state.
    history_table_arn
        The DynamoDB table with every revision; None if no ledger table keeps its history.
    failure_bucket_arn
        Bucket for revisions that can never be written.
    environment
        The handler's environment variables.
    replica_tables
        JSON that `infra.replica_settings.replica_tables_json` returned.
    code
        The zip file of handler and replay, for the runtime and architecture of `consumer`.
    """

    settings: ReplaySettings
    consumer: ConsumerSettings
    table_arns: Sequence[pulumi.Input[str]]
    history_table_arn: pulumi.Input[str] | None
    failure_bucket_arn: pulumi.Input[str]
    environment: HandlerEnvironment
    replica_tables: pulumi.Input[str]
    code: Path


class Replay(Component):
    """A state machine that replays an export with a function, batch by batch.

    Produces a bucket for its plans and counts, the function with its role and log group, and the
    state machine with its role.
    """

    bucket: aws.s3.Bucket
    log_group: aws.cloudwatch.LogGroup
    role: aws.iam.Role
    function: aws.lambda_.Function
    machine_role: aws.iam.Role
    machine: aws.sfn.StateMachine

    def __init__(
        self,
        name: str,
        props: ReplayProps,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("Replay", name, tags=tags, opts=opts)
        # What it holds can be made again, at the price of the writes.
        self.bucket = aws.s3.Bucket(name, force_destroy=True, tags=self.tags, opts=self.child())
        privacy = Privacy(key_arn=props.consumer.kms_key_arn, rule="expire-runs", days=RUN_DAYS)
        keep_private(self, name, self.bucket, privacy)
        self.log_group = aws.cloudwatch.LogGroup(
            name,
            retention_in_days=props.consumer.log_retention_days,
            kms_key_id=props.consumer.kms_key_arn or None,
            tags=self.tags,
            opts=self.child(),
        )
        self.role = aws.iam.Role(
            name,
            assume_role_policy=service_trust("lambda.amazonaws.com"),
            tags=self.tags,
            opts=self.child(),
        )
        may_work = aws.iam.RolePolicy(
            name,
            role=self.role.name,
            policy=policy(*self._permissions(name, props)),
            opts=self.child(),
        )
        self.function = self._function(name, props, may_work)
        # Step Functions developer guide, "Prevent cross-service confused deputy issue".
        account = aws.get_caller_identity_output(opts=self.lookup).account_id
        self.machine_role = aws.iam.Role(
            f"{name}-machine",
            assume_role_policy=service_trust(
                "states.amazonaws.com", {"StringEquals": {"aws:SourceAccount": account}}
            ),
            tags=self.tags,
            opts=self.child(),
        )
        self.machine = self._machine(name, props)
        self.register_outputs({"stateMachineArn": self.machine.arn})

    def _permissions(self, name: str, props: ReplayProps) -> list[dict[str, Any]]:
        settings = props.settings
        partition = aws.get_partition_output(opts=self.lookup).partition
        export = pulumi.Output.format("arn:{0}:s3:::{1}", partition, settings.export_bucket)
        return _statements(
            export=export,
            export_objects=pulumi.Output.format("{0}/{1}*", export, settings.export_prefix),
            settings=settings,
            bucket=self.bucket.arn,
            runs=pulumi.Output.format("{0}/{1}*", self.bucket.arn, RUNS_PREFIX),
            tables=list(props.table_arns),
            history_table=props.history_table_arn,
            failures=pulumi.Output.format("{0}/{1}*", props.failure_bucket_arn, RECORDS_PREFIX),
            log_streams=pulumi.Output.format("{0}:*", self.log_group.arn),
            key_arn=props.consumer.kms_key_arn,
            function_name=name,
        )

    def _function(
        self, name: str, props: ReplayProps, may_work: pulumi.Resource
    ) -> aws.lambda_.Function:
        settings, consumer = props.settings, props.consumer
        variables: dict[str, pulumi.Input[str]] = {
            **props.environment.variables(),
            ReplayVariable.EXPORT_LOCATION.value: settings.location,
            ReplayVariable.REPLAY_BUCKET.value: self.bucket.bucket,
            ReplayVariable.BATCH_BYTES.value: str(settings.replay_batch_mebibytes * _MEBIBYTE),
        }
        # A bucket of somebody else may have its name tomorrow.
        variables[ReplayVariable.EXPORT_BUCKET_OWNER.value] = (
            settings.export_bucket_owner
            or aws.get_caller_identity_output(opts=self.lookup).account_id
        )
        return aws.lambda_.Function(
            name,
            description="Loads a journal export of a QLDB ledger into DynamoDB tables",
            code=code_archive(props.code, props.replica_tables),
            handler=ENTRY_POINT,
            runtime=consumer.lambda_runtime,
            architectures=[consumer.lambda_architecture],
            memory_size=settings.replay_memory_megabytes,
            timeout=FUNCTION_SECONDS,
            kms_key_arn=consumer.kms_key_arn or None,
            role=self.role.arn,
            environment={"variables": variables},
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            tags=self.tags,
            opts=self.child(depends_on=[may_work]),
        )

    def _machine(self, name: str, props: ReplayProps) -> aws.sfn.StateMachine:
        may_invoke = aws.iam.RolePolicy(
            f"{name}-machine",
            role=self.machine_role.name,
            policy=policy(
                allow("InvokeFunction", INVOKER_ACTIONS, self.function.arn),
                allow(
                    "ReadItems",
                    ITEM_ACTIONS,
                    pulumi.Output.format("{0}/{1}*", self.bucket.arn, RUNS_PREFIX),
                ),
                *may_read_objects("DecryptItems", props.consumer.kms_key_arn),
            ),
            opts=self.child(),
        )
        machine = aws.sfn.StateMachine(
            name,
            role_arn=self.machine_role.arn,
            definition=pulumi.Output.all(self.function.arn, self.bucket.bucket).apply(
                lambda given: json.dumps(
                    definition(*given, concurrency=props.settings.replay_concurrency)
                )
            ),
            tags=self.tags,
            opts=self.child(depends_on=[may_invoke]),
        )
        # A second policy, because its name is in it.
        aws.iam.RolePolicy(
            f"{name}-maps",
            role=self.machine_role.name,
            policy=policy(
                allow("StartMaps", MAP_START_ACTIONS, machine.arn),
                allow("FollowMaps", MAP_RUN_ACTIONS, _executions(machine)),
            ),
            opts=self.child(),
        )
        return machine


def _executions(machine: aws.sfn.StateMachine) -> list[pulumi.Output[str]]:
    """Return the ARNs of the executions that the maps start, as AWS has them in two places.

    Step Functions developer guide, "IAM policies for using Distributed Map states", where the
    executions are those of the machine; and "Redriving Map Runs", where each has the map's label:
    ``execution:machine/label:name``.
    """
    executions = machine.arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:", 1))
    return [
        pulumi.Output.format("{0}:*", executions),
        *(pulumi.Output.format("{0}/{1}:*", executions, label) for label in MAP_LABELS),
    ]


def role_policy_size(
    table_names: Sequence[str],
    *,
    history_table_name: str | None,
    settings: ReplaySettings,
    key_arn: str,
    function_name: str,
) -> int:
    """Return an upper bound of the size of the function's policy, as IAM counts it.

    Parameters
    ----------
    table_names
        Physical names of the DynamoDB tables, at their longest.
    history_table_name
        Of the history table, at its longest; None without one.
    settings
        Where the export is.
    key_arn
        The customer managed key; empty without one.
    function_name
        How the function's name starts.

    Returns
    -------
    int
        Characters; IAM counts no white space.
    """
    bucket = LONGEST_BUCKET_ARN
    statements = _statements(
        export=bucket,
        export_objects=f"{bucket}/{settings.export_prefix}*",
        settings=settings,
        bucket=bucket,
        runs=f"{bucket}/{RUNS_PREFIX}*",
        tables=[longest_arn("dynamodb", f"table/{name}") for name in table_names],
        history_table=(
            None
            if history_table_name is None
            else longest_arn("dynamodb", f"table/{history_table_name}")
        ),
        failures=f"{bucket}/{RECORDS_PREFIX}*",
        log_streams=longest_arn("logs", f"log-group:{'l' * 64}:*"),
        key_arn=key_arn,
        function_name=function_name,
    )
    return policy_size(statements)


def _statements(
    *,
    export: object,
    export_objects: object,
    settings: ReplaySettings,
    bucket: object,
    runs: object,
    tables: object,
    history_table: object | None,
    failures: object,
    log_streams: object,
    key_arn: str,
    function_name: str,
) -> list[dict[str, Any]]:
    history = (
        [] if history_table is None else [allow("WriteHistory", HISTORY_ACTIONS, history_table)]
    )
    prefix = settings.export_prefix
    # A request that names no prefix does not have the key of the condition.
    below = {"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None
    return [
        allow("ListExport", ("s3:ListBucket",), export, below),
        allow("ReadExport", ("s3:GetObject",), export_objects),
        *may_read_objects("DecryptExport", settings.export_kms_key_arn),
        allow("ListRuns", ("s3:ListBucket",), bucket),
        allow("KeepRuns", BATCH_ACTIONS, runs),
        allow("WriteReplica", WRITER_ACTIONS, tables),
        *history,
        allow("KeepFailures", ("s3:PutObject",), failures),
        allow("Log", LOG_ACTIONS, log_streams),
        *may_replay(key_arn, function_name),
    ]
