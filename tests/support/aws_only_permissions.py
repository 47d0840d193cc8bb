"""Permissions that the local AWS does not ask for, and wildcards that AWS leaves no choice about.

`tests/e2e/test_permissions.py` proves all others, and that these are really not asked for here.
"""

from __future__ import annotations

from typing import Final

from tests.support.permission_walk import Exemption, Place

FUNCTION_ROLE: Final = "qldb-replica"
QLDB_ROLE: Final = "qldb-journal-writer"
REPLAY_ROLE: Final = "qldb-replay"
MACHINE_ROLE: Final = "qldb-replay-machine"

_POLLER: Final = Exemption(
    reason="Lambda's poller reads the stream under the function's role; the emulator's does not.",
    source="Lambda developer guide, 'Process Amazon Kinesis Data Streams records with Lambda'",
)
_DESTINATION: Final = Exemption(
    reason="Lambda puts discarded batches there; the emulator's mapping has no destination.",
    source="Lambda developer guide, 'Retain discarded batch records for a Kinesis source'",
)
_LOG: Final = Exemption(
    reason="Lambda writes the log under the function's role; the emulator does it by itself.",
    source="Lambda developer guide, 'Sending Lambda function logs to CloudWatch Logs'",
)
_TRACE: Final = Exemption(
    reason="Lambda sends traces under the function's role; the emulator makes none.",
    source="Lambda developer guide, 'Visualize Lambda function invocations using AWS X-Ray'",
)
_DELIVERY: Final = Exemption(
    reason="QLDB's own code is unknown; the simulated QLDB calls PutRecords only.",
    source="QLDB developer guide, 'Stream permissions in QLDB'",
)
_KEY: Final = "The emulator encrypts nothing and asks nobody for permission to use a key."
_KEY_OF_STREAM: Final = Exemption(
    reason=_KEY,
    source="Kinesis developer guide, 'Permissions to use user-generated KMS keys'",
)
_KEY_OF_TABLES: Final = Exemption(
    reason=_KEY, source="DynamoDB developer guide, 'DynamoDB encryption at rest: how it works'"
)
_KEY_OF_BUCKET: Final = Exemption(
    reason=_KEY, source="S3 user guide, 'Using server-side encryption with AWS KMS keys'"
)
_KEY_OF_VARIABLES: Final = Exemption(
    reason=_KEY, source="Lambda developer guide, 'Securing Lambda environment variables'"
)

_MACHINE: Final = "The emulator's state machines ask for no permission of their role."
_INVOKER: Final = Exemption(
    reason=_MACHINE,
    source="Step Functions developer guide, 'IAM policies for calling AWS Lambda'",
)
_MAPS: Final = Exemption(
    reason=_MACHINE,
    source="Step Functions developer guide, 'IAM policies for using Distributed Map states'",
)
_LABELLED_MAPS: Final = Exemption(
    reason=_MACHINE, source="Step Functions developer guide, 'Redriving Map Runs'"
)

AWS_ONLY: Final[dict[Place, Exemption]] = {
    **{
        (FUNCTION_ROLE, "ReadJournal", f"kinesis:{action}"): _POLLER
        for action in (
            "DescribeStream",
            "DescribeStreamSummary",
            "GetRecords",
            "GetShardIterator",
            "ListShards",
        )
    },
    (FUNCTION_ROLE, "KeepFailures", "qldb-failures/aws/lambda/*"): _DESTINATION,
    (FUNCTION_ROLE, "FindFailureBucket", "s3:ListBucket"): _DESTINATION,
    (FUNCTION_ROLE, "Log", "logs:CreateLogStream"): _LOG,
    (FUNCTION_ROLE, "Log", "logs:PutLogEvents"): _LOG,
    (FUNCTION_ROLE, "Trace", "xray:PutTelemetryRecords"): _TRACE,
    (FUNCTION_ROLE, "Trace", "xray:PutTraceSegments"): _TRACE,
    (FUNCTION_ROLE, "DecryptJournal", "kms:Decrypt"): _KEY_OF_STREAM,
    (FUNCTION_ROLE, "OpenTables", "kms:Decrypt"): _KEY_OF_TABLES,
    (FUNCTION_ROLE, "EncryptFailures", "kms:GenerateDataKey"): _KEY_OF_BUCKET,
    (FUNCTION_ROLE, "DecryptVariables", "kms:Decrypt"): _KEY_OF_VARIABLES,
    (REPLAY_ROLE, "Log", "logs:CreateLogStream"): _LOG,
    (REPLAY_ROLE, "Log", "logs:PutLogEvents"): _LOG,
    (REPLAY_ROLE, "DecryptExport", "kms:Decrypt"): _KEY_OF_BUCKET,
    (REPLAY_ROLE, "OpenTables", "kms:Decrypt"): _KEY_OF_TABLES,
    (REPLAY_ROLE, "KeepObjects", "kms:Decrypt"): _KEY_OF_BUCKET,
    (REPLAY_ROLE, "KeepObjects", "kms:GenerateDataKey"): _KEY_OF_BUCKET,
    (REPLAY_ROLE, "DecryptVariables", "kms:Decrypt"): _KEY_OF_VARIABLES,
    (MACHINE_ROLE, "InvokeFunction", "lambda:InvokeFunction"): _INVOKER,
    (MACHINE_ROLE, "ReadItems", "s3:GetObject"): _MAPS,
    (MACHINE_ROLE, "DecryptItems", "kms:Decrypt"): _KEY_OF_BUCKET,
    (MACHINE_ROLE, "StartMaps", "states:StartExecution"): _MAPS,
    (MACHINE_ROLE, "FollowMaps", "states:DescribeExecution"): _MAPS,
    (MACHINE_ROLE, "FollowMaps", "states:StopExecution"): _MAPS,
    (MACHINE_ROLE, "FollowMaps", "execution:qldb-replay:*"): _MAPS,
    (MACHINE_ROLE, "FollowMaps", "execution:qldb-replay/scan:*"): _LABELLED_MAPS,
    (MACHINE_ROLE, "FollowMaps", "execution:qldb-replay/write:*"): _LABELLED_MAPS,
    (QLDB_ROLE, "EncryptJournal", "kms:GenerateDataKey"): _KEY_OF_STREAM,
    **{
        (QLDB_ROLE, "", f"kinesis:{action}"): _DELIVERY
        for action in ("DescribeStream", "ListShards", "PutRecord")
    },
}
"""Grants that only AWS enforces."""

WILDCARDS: Final[dict[tuple[str, str], Exemption]] = {
    (FUNCTION_ROLE, "Trace"): Exemption(
        reason="X-Ray's actions that write have no resource.",
        source="Service authorization reference, 'AWS X-Ray'",
    ),
}
"""Statements, by role and ``Sid``, whose resource must be a wildcard."""
