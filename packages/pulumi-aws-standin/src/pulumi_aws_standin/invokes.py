"""The functions of the AWS provider that are implemented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.resources import dynamodb_indexes
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_aws_standin.session import Session


def _caller_identity(session: Session, _: Mapping[str, object]) -> dict[str, object]:
    identity = session.sts.get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "id": identity["Account"],
        "userId": identity["UserId"],
    }


def _region(session: Session, _: Mapping[str, object]) -> dict[str, object]:
    return {
        "description": session.region,
        "endpoint": f"ec2.{session.region}.amazonaws.com",
        "id": session.region,
        "name": session.region,
        "region": session.region,
    }


def _partition(session: Session, _: Mapping[str, object]) -> dict[str, object]:
    return {
        "dnsSuffix": "amazonaws.com",
        "id": session.partition,
        "partition": session.partition,
        "reverseDnsPrefix": "com.amazonaws",
    }


def _table(session: Session, arguments: Mapping[str, object]) -> dict[str, object]:
    table = session.dynamodb.describe_table(TableName=as_string(arguments["name"]))["Table"]
    indexes = table.get("GlobalSecondaryIndexes", [])
    return {
        "arn": table["TableArn"],
        "globalSecondaryIndexes": [
            {**dynamodb_indexes.observed(index), "warmThroughputs": _warm_throughputs(index)}
            for index in indexes
        ],
        "id": table["TableName"],
        "name": table["TableName"],
        "warmThroughputs": _warm_throughputs(table),
    }


def _warm_throughputs(described: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return what the service says of a table or an index; nothing if it says nothing."""
    units = described.get("WarmThroughput")
    if units is None:
        return []
    return [
        {
            "readUnitsPerSecond": units.get("ReadUnitsPerSecond", 0),
            "writeUnitsPerSecond": units.get("WriteUnitsPerSecond", 0),
        }
    ]


def _stream(session: Session, arguments: Mapping[str, object]) -> dict[str, object]:
    name = as_string(arguments["name"])
    summary = session.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    pages = session.kinesis.get_paginator("list_shards").paginate(StreamName=name)
    shards = [shard for page in pages for shard in page["Shards"]]
    return {
        "arn": summary["StreamARN"],
        "id": summary["StreamARN"],
        "name": name,
        "openShards": [
            shard["ShardId"]
            for shard in shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ],
    }


def _key(session: Session, arguments: Mapping[str, object]) -> dict[str, object]:
    wanted = as_string(arguments["keyId"])
    key = session.kms.describe_key(KeyId=wanted)["KeyMetadata"]
    return {
        "arn": key["Arn"],
        "customerMasterKeySpec": key["CustomerMasterKeySpec"],
        "description": key["Description"],
        "enabled": key["Enabled"],
        "id": key["KeyId"],
        "keyId": wanted,
        "keyManager": key["KeyManager"],
        "keySpec": key["KeySpec"],
        "keyState": key["KeyState"],
        "keyUsage": key["KeyUsage"],
        "multiRegion": key["MultiRegion"],
        "origin": key["Origin"],
    }


def _object(session: Session, arguments: Mapping[str, object]) -> dict[str, object]:
    bucket, key = as_string(arguments["bucket"]), as_string(arguments["key"])
    found = session.s3.get_object(Bucket=bucket, Key=key)
    kind = found["ContentType"]
    is_readable = kind.startswith("text/") or kind == "application/json"
    return {
        "arn": f"arn:{session.partition}:s3:::{bucket}/{key}",
        "body": found["Body"].read().decode() if is_readable else "",
        "bucket": bucket,
        "contentLength": found["ContentLength"],
        "contentType": kind,
        "id": f"{bucket}/{key}",
        "key": key,
    }


@dataclass(frozen=True)
class Function:
    """A function of the AWS provider.

    Attributes
    ----------
    call
        Returns its result, or a part of it.
    arguments
        Names of the arguments that are implemented; all of them are required.
    """

    call: Callable[[Session, Mapping[str, object]], dict[str, object]]
    arguments: tuple[str, ...] = ()


FUNCTIONS: Final[dict[str, Function]] = {
    "aws:dynamodb/getTable:getTable": Function(_table, ("name",)),
    "aws:index/getCallerIdentity:getCallerIdentity": Function(_caller_identity),
    "aws:index/getPartition:getPartition": Function(_partition),
    "aws:index/getRegion:getRegion": Function(_region),
    "aws:kinesis/getStream:getStream": Function(_stream, ("name",)),
    "aws:kms/getKey:getKey": Function(_key, ("keyId",)),
    "aws:s3/getObject:getObject": Function(_object, ("bucket", "key")),
}


class UnknownFunctionError(ProviderError):
    """A function, or an argument of one, that is not implemented."""


def invoke(session: Session, token: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the result of a function of the AWS provider.

    Parameters
    ----------
    session
        The configured connections.
    token
        The function's token, for example `aws:index/getRegion:getRegion`.
    arguments
        Those that the function implements, and no others.

    Raises
    ------
    UnknownFunctionError
        If the function or an argument is not implemented.
    """
    function = FUNCTIONS.get(token)
    if function is None:
        raise UnknownFunctionError(f"the stand-in AWS provider does not implement {token}")
    given = {name for name, value in arguments.items() if value is not None}
    unknown = sorted(given.difference(function.arguments))
    if unknown:
        raise UnknownFunctionError(
            f"the stand-in AWS provider does not implement the argument {unknown[0]} of {token}"
        )
    return function.call(session, arguments)
