"""Inputs that several tests of the stand-in provider give to resources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pulumi_aws_standin.wire import Archive, Asset

from local.stack_settings import machine_settings
from tests.support.stand_in import ACCOUNT

if TYPE_CHECKING:
    from pulumi_aws_standin.testing import ManagedResource


def trust_policy(service: str) -> str:
    """Return the text of a policy with which a service of AWS assumes a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


LAMBDA_TRUST = trust_policy("lambda.amazonaws.com")
QLDB_TRUST = trust_policy("qldb.amazonaws.com")
STATES_TRUST = trust_policy("states.amazonaws.com")

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
"""A key of the customer's; the emulator does not ask whether it exists."""

TABLE: dict[str, object] = {
    "attributes": [{"name": "pk", "type": "S"}],
    "hashKey": "pk",
    "billingMode": "PAY_PER_REQUEST",
}
"""Required inputs of a table."""

ALARM: dict[str, object] = {
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 3,
    "metricName": "Errors",
    "namespace": "AWS/Lambda",
    "period": 60,
    "statistic": "Sum",
    "threshold": 0,
}
"""Required inputs of an alarm on one metric."""


def definition(result: str) -> str:
    """Return the text of a state machine's definition whose only state returns a text."""
    only = {"Type": "Pass", "Result": result, "End": True}
    return json.dumps({"StartAt": "Only", "States": {"Only": only}})


def policy(*actions: str, resource: str = "*") -> str:
    """Return the text of a policy that allows actions on a resource."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def delivery_policy(target: ManagedResource) -> str:
    """Return the text of a policy that lets QLDB write to a Kinesis stream."""
    actions = [f"kinesis:{name}" for name in ("PutRecord*", "DescribeStream", "ListShards")]
    return policy(*actions, resource=str(target.outputs["arn"]))


def queue_policy(queue: ManagedResource, bucket: str, account: str = ACCOUNT) -> str:
    """Return the text of a policy that lets a bucket of an account send to a queue."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue.outputs["arn"],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                },
            },
        }
    )


def tls_policy(bucket_arn: str, action: str = "s3:*") -> str:
    """Return the text of a bucket's policy that refuses an action without TLS."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def source_code(text: str) -> Archive:
    """Return the archive of a function whose only module is the text."""
    return Archive(hash="one", assets={"main.py": Asset(hash="h", text=text)})


def function_inputs(role: ManagedResource, code: Archive) -> dict[str, object]:
    """Return the inputs of a function on this machine, whose entry point is `main.handler`."""
    settings = machine_settings()
    return {
        "role": role.outputs["arn"],
        "handler": "main.handler",
        "runtime": settings["lambdaRuntime"],
        "architectures": [settings["lambdaArchitecture"]],
        "code": code,
    }


def qldb_stream_inputs(
    ledger: ManagedResource, role: ManagedResource, target: ManagedResource
) -> dict[str, object]:
    """Return the required inputs of a ledger's stream to a Kinesis stream."""
    return {
        "ledgerName": ledger.identifier,
        "streamName": "to-kinesis",
        "inclusiveStartTime": "2020-05-29T00:00:00Z",
        "roleArn": role.outputs["arn"],
        "kinesisConfiguration": {"streamArn": target.outputs["arn"]},
    }
