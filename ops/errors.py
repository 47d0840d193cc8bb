"""Errors of AWS, converted into ones that an operator can act on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from botocore.exceptions import ClientError


class OpsError(Exception):
    """One line for the operator: the problem and its remedy. It never holds document data."""


_ACTIONS = {
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "ListObjectsV2": "s3:ListBucket",
    "ReceiveMessage": "sqs:ReceiveMessage",
    "DeleteMessage": "sqs:DeleteMessage",
    "ChangeMessageVisibility": "sqs:ChangeMessageVisibility",
    "GetQueueAttributes": "sqs:GetQueueAttributes",
    "Scan": "dynamodb:Scan",
    "Query": "dynamodb:Query",
    "BatchGetItem": "dynamodb:BatchGetItem",
    "PutItem": "dynamodb:PutItem",
    "DeleteItem": "dynamodb:DeleteItem",
    "DescribeStreamSummary": "kinesis:DescribeStreamSummary",
    "PutRecords": "kinesis:PutRecords",
    "ListShards": "kinesis:ListShards",
    "GetShardIterator": "kinesis:GetShardIterator",
    "GetRecords": "kinesis:GetRecords",
    "GetEventSourceMapping": "lambda:GetEventSourceMapping",
    "GetFunctionConfiguration": "lambda:GetFunctionConfiguration",
    "DescribeTable": "dynamodb:DescribeTable",
    "ListExecutions": "states:ListExecutions",
    "StartExecution": "states:StartExecution",
    "DescribeExecution": "states:DescribeExecution",
    "ListMapRuns": "states:ListMapRuns",
    "DescribeMapRun": "states:DescribeMapRun",
    "UpdateMapRun": "states:UpdateMapRun",
    "DescribeAlarms": "cloudwatch:DescribeAlarms",
    "GetMetricData": "cloudwatch:GetMetricData",
    "GetSubscriptionAttributes": "sns:GetSubscriptionAttributes",
}
"""The action that each API operation needs (service authorization reference)."""

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403", "Forbidden"}
)
"""The third is that of SNS (API reference, "GetSubscriptionAttributes")."""
_NO_KEY = frozenset(
    {
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "KMSOptInRequired",
    }
)
"""Kinesis cannot use the stream's key (API reference, "PutRecords" and "GetRecords")."""

_MISSING = frozenset(
    {
        "NoSuchBucket",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NEW_CREDENTIALS = "get new ones (`aws sso login`, `aws configure`, or the AWS_... variables)"


@contextmanager
def aws_errors(what: str, passes: Collection[str] = ()) -> Iterator[None]:
    """Convert exceptions of boto3 into an `OpsError`.

    Only the codes of AWS's answers are used, not their messages.

    Parameters
    ----------
    what
        The resource, such as ``bucket NAME``.
    passes
        Codes of answers that the caller wants to see itself.
    """
    # Commands that read a folder have no use for botocore, whose import takes a fifth of a second.
    from botocore.exceptions import (  # noqa: PLC0415 (see above)
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOError,
        TokenRetrievalError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 (see above)

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in passes:
            raise
        raise OpsError(_answer(what, error)) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise OpsError(f"{what}: no AWS credentials were found: {_NEW_CREDENTIALS}") from None
    except NoRegionError:
        raise OpsError(f"{what}: no AWS region was found: set AWS_REGION") from None
    except (SSOError, TokenRetrievalError):
        raise OpsError(f"{what}: the AWS sign-in has ended: {_NEW_CREDENTIALS}") from None
    except ProfileNotFound:
        raise OpsError("the profile that AWS_PROFILE names does not exist: correct it") from None
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        endpoint = error.kwargs["endpoint_url"]
        raise OpsError(
            f"{what}: {endpoint} cannot be reached: check the network, proxy and AWS_ENDPOINT_URL"
        ) from None
    except (BotoCoreError, ResponseParserError) as error:
        raise OpsError(f"{what}: {type(error).__name__}: run the command again") from None


def _answer(what: str, error: ClientError) -> str:
    operation = error.operation_name
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    if code in _DENIED:
        action = _ACTIONS.get(operation, operation)
        also = (
            " (and s3:ListBucket, without which S3 answers the same for an object that is gone)"
            if operation == "GetObject"
            else ""
        )
        return f"{what}: no permission: allow your user or role the action {action}{also}"
    if code in _NO_KEY:
        action = "kms:GenerateDataKey" if operation == "PutRecords" else "kms:Decrypt"
        return (
            f"{what}: its key cannot be used ({code}): check that the key is enabled, and allow "
            f"your user or role the action {action} on it"
        )
    if code in _BAD_CREDENTIALS:
        return f"{what}: AWS refuses the credentials ({code}): {_NEW_CREDENTIALS}"
    if code in _MISSING:
        return (
            f"{what} does not exist: check its name, that the credentials are of its account, and "
            "that the stack it belongs to, if any, is deployed"
        )
    return f"{what}: {operation} was answered with {code}: run the command again"
