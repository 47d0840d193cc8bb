"""Each error of AWS becomes one line with a remedy, without AWS's own message."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from ops.errors import OpsError, aws_errors
from tests.support.sentinel import SECRET


def _answer(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": SECRET}}, operation)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (_answer("GetObject", "AccessDenied"), "action s3:GetObject"),
        (_answer("ListObjectsV2", "AccessDenied"), "action s3:ListBucket"),
        (_answer("DeleteMessage", "AccessDenied"), "action sqs:DeleteMessage"),
        (_answer("ListObjectsV2", "NoSuchBucket"), "does not exist"),
        (_answer("ReceiveMessage", "AWS.SimpleQueueService.NonExistentQueue"), "does not exist"),
        (_answer("ReceiveMessage", "ExpiredToken"), "aws sso login"),
        (_answer("PutRecords", "AccessDeniedException"), "action kinesis:PutRecords"),
        (_answer("DescribeStreamSummary", "ResourceNotFoundException"), "does not exist"),
        (_answer("Scan", "AccessDeniedException"), "action dynamodb:Scan"),
        (_answer("PutRecords", "KMSAccessDeniedException"), "action kms:GenerateDataKey"),
        (_answer("PutRecords", "KMSDisabledException"), "check that the key is enabled"),
        (_answer("PutObject", "SlowDown"), "PutObject was answered with SlowDown"),
        (NoCredentialsError(), "no AWS credentials were found"),
        (NoRegionError(), "set AWS_REGION"),
        (TokenRetrievalError(provider="sso", error_msg=SECRET), "aws sso login"),
        (ProfileNotFound(profile="x"), "AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="http://here:1"), "http://here:1 cannot be reached"),
        (ReadTimeoutError(endpoint_url="http://here:1"), "ReadTimeoutError"),
        (ResponseParserError(SECRET), "ResponseParserError: run the command again"),
    ],
)
def test_an_error_of_aws_becomes_one_line_with_a_remedy(error: Exception, remedy: str) -> None:
    with pytest.raises(OpsError) as caught, aws_errors("bucket failures"):
        raise error
    text = str(caught.value)
    assert remedy in text
    assert SECRET not in text
    assert "\n" not in text
    assert caught.value.__suppress_context__


def test_an_error_that_is_not_of_aws_passes() -> None:
    with pytest.raises(KeyError), aws_errors("bucket failures"):
        raise KeyError
