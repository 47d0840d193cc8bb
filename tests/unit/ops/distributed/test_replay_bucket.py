"""The objects of JSON by which the steps of a distributed replay share work."""

from __future__ import annotations

from typing import Any

from ops.distributed.replay_bucket import READS_IN_FLIGHT, ReplayBucket
from tests.support.memory_s3 import Buckets, MemoryS3

REPLAYS = "replays"
KEYS = [f"replays/{number:04d}.json" for number in range(1000)]


class _Bucket(ReplayBucket):
    """Remembers what it has read."""

    def __init__(self) -> None:
        super().__init__(MemoryS3(Buckets(REPLAYS)), REPLAYS)
        self.read: list[str] = []

    def get(self, key: str) -> Any:  # noqa: ANN401 (JSON)
        self.read.append(key)
        return super().get(key)


def test_all_objects_are_returned_in_the_order_of_their_keys() -> None:
    bucket = _Bucket()
    for key in KEYS[:100]:
        bucket.put(key, key)

    assert list(bucket.get_all(KEYS[:100])) == KEYS[:100]


def test_only_a_few_objects_are_read_before_they_are_needed() -> None:
    # given more results than fit into memory
    bucket = _Bucket()
    found = bucket.get_all(KEYS)
    # when one is taken, and no other is wanted
    next(found)
    del found
    # then
    assert len(bucket.read) <= 2 * READS_IN_FLIGHT
