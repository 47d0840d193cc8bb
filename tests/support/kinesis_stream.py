"""What a Kinesis stream of the emulator holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


def all_records(kinesis: KinesisClient, stream: str) -> list[bytes]:
    """Return the data of a stream's records, shard by shard."""
    return [data for shard in records_by_shard(kinesis, stream) for data in shard]


def records_by_shard(kinesis: KinesisClient, stream: str) -> list[list[bytes]]:
    """Return the data of a stream's records, one list for each shard."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return [_records(kinesis, stream, shard["ShardId"]) for shard in shards]


def _records(kinesis: KinesisClient, stream: str, shard: str) -> list[bytes]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[bytes] = []
    while records := (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
        found += [record["Data"] for record in records]
        iterator = answer["NextShardIterator"]
    return found
