"""An S3 in memory, which accepts the objects of an export and fails on request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable


def s3_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{code} text"}}, "PutObject")


class MemoryS3:
    """All buckets, with the client source of an export.

    Attributes
    ----------
    objects
        Arguments of PutObject by key.
    order
        Keys in the order of their arrival.
    fault
        Returns the exception to raise for a key, or None.
    source_fault
        Raised instead of returning a client.
    remove_fault
        Raised when the client source is removed.
    gate
        Data objects wait until it is set.
    removed
        Whether the client source was removed.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self.fault: Callable[[str], BaseException | None] = lambda _: None
        self.source_fault: BaseException | None = None
        self.remove_fault: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.removed = False

    def s3(self) -> Any:  # noqa: ANN401 (takes the place of boto3's client)
        if self.source_fault is not None:
            raise self.source_fault
        return self

    def remove(self) -> None:
        self.removed = True
        if self.remove_fault is not None:
            raise self.remove_fault

    def put_object(self, **arguments: Any) -> None:  # noqa: ANN401 (boto3's arguments)
        key: str = arguments["Key"]
        if not key.endswith(".manifest"):
            assert self.gate.wait(5), "nobody opened the gate within 5 s"
        fault = self.fault(key)
        if fault is not None:
            raise fault
        self.objects[key] = arguments
        self.order.append(key)

    def body(self, key: str) -> bytes:
        data: bytes = self.objects[key]["Body"]
        return data

    @property
    def data_keys(self) -> list[str]:
        """Keys of the data objects, sorted by the number of their first block."""
        keys = [key for key in self.objects if not key.endswith(".manifest")]
        return sorted(keys, key=lambda key: int(key.rsplit(".", 2)[1].partition("-")[0]))

    def ending(self, suffix: str) -> str:
        """Return the only key with this ending."""
        (key,) = (key for key in self.objects if key.endswith(suffix))
        return key
