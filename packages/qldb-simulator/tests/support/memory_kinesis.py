"""A Kinesis in memory, which accepts a delivery's records and fails on request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from botocore.exceptions import ClientError
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.kpl import KPL_MAGIC

from tests.support import genuine

if TYPE_CHECKING:
    from collections.abc import Callable

KINESIS_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/records"


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "PutRecords")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 s"
        time.sleep(0.005)


class MemoryKinesis:
    """One Kinesis stream with the client source of its QLDB stream.

    Attributes
    ----------
    faults
        For each of the next requests, an exception to raise or the positions of records to refuse.
    standing_fault
        Raised for every request until it is None.
    data
        Data of all Kinesis records so far.
    rechecks
        Number of requests to read the permissions again.
    removed
        Whether the client source was removed.
    """

    def __init__(self) -> None:
        self.faults: list[BaseException | set[int]] = []
        self.standing_fault: BaseException | None = None
        self.data: list[bytes] = []
        self.rechecks = 0
        self.removed = False

    def kinesis(self) -> Any:  # noqa: ANN401 (takes the place of boto3's client)
        if isinstance(self.standing_fault, PermissionRevokedError):
            raise self.standing_fault
        return self

    def recheck(self) -> None:
        self.rechecks += 1

    def remove(self) -> None:
        self.removed = True

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert StreamARN == KINESIS_ARN
        fault = self.standing_fault or (self.faults.pop(0) if self.faults else set())
        if isinstance(fault, BaseException):
            raise fault
        self.data += [r["Data"] for number, r in enumerate(Records) if number not in fault]
        code = {"ErrorCode": "ProvisionedThroughputExceededException"}
        return {"Records": [code if n in fault else {} for n in range(len(Records))]}

    @property
    def user_records(self) -> list[Any]:
        """All records so far, decoded, aggregated or not."""
        decoded = []
        for frame in self.data:
            aggregated = frame.startswith(KPL_MAGIC)
            records = [data for _, data in genuine.user_records(frame)] if aggregated else [frame]
            decoded += [simpleion.loads(data) for data in records]
        return decoded

    @property
    def summaries(self) -> list[int]:
        """Sequence numbers of the blocks in the order of their arrival."""
        return [
            record["payload"]["blockAddress"]["sequenceNo"]
            for record in self.user_records
            if record["recordType"] == "BLOCK_SUMMARY"
        ]
