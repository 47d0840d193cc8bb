"""A bucket with an export, in memory, behind the calls of boto3's client that reading makes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ReadTimeoutError
from typing_extensions import override

from tests.support.faults import client_error
from tests.support.memory_s3 import Buckets, MemoryS3, etag

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKET = "exports-bucket"
MODIFIED = datetime(2021, 2, 4, 1, 2, 3, tzinfo=UTC)


class ExportS3(MemoryS3):
    """S3 with one bucket, with ranges, conditions, dates and broken connections.

    Parameters
    ----------
    files
        Bodies by key.

    Attributes
    ----------
    buckets
        The stored objects.
    errors
        Codes of the errors that reading an object returns, by key.
    breaks
        How many more connections break, by key, each after half of what was asked for.
    breaks_at_end
        Keys of objects whose connection breaks after their last byte.
    ranges
        The ranges that were asked for.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.buckets = Buckets(BUCKET)
        for key, body in files.items():
            self.buckets.put(BUCKET, key, body)
        self.errors: dict[str, str] = {}
        self.breaks: dict[str, int] = {}
        self.breaks_at_end: set[str] = set()
        self.ranges: list[str] = []
        super().__init__(self.buckets, page_size=2)

    @override
    def get_object(self, **arguments: Any) -> dict[str, Any]:
        key = arguments["Key"]
        if key in self.errors:
            raise client_error("GetObject", self.errors[key], "no", status=403)
        answer = super().get_object(Bucket=arguments["Bucket"], Key=key)
        body = self.buckets.get(BUCKET, key)
        if key in self.breaks_at_end and "Range" not in arguments:
            return answer | {"Body": _Broken(body * 2)}
        if arguments.get("IfMatch", answer["ETag"]) != answer["ETag"]:
            raise client_error("GetObject", "PreconditionFailed", "no", status=412)
        if "Range" in arguments:
            self.ranges.append(arguments["Range"])
            start = int(arguments["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                raise client_error("GetObject", "InvalidRange", "no", status=416)
            body = body[start:]
        breaks = self.breaks.get(key, 0)
        self.breaks[key] = breaks - 1
        return answer | {"Body": _Broken(body) if breaks > 0 else io.BytesIO(body)}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        """Return the properties of an object."""
        body = self.buckets.get(Bucket, Key)
        return {"ETag": etag(body), "ServerSideEncryption": "aws:kms"}

    @override
    def list_objects_v2(self, **arguments: Any) -> dict[str, Any]:
        answer = super().list_objects_v2(**arguments)
        for each in answer.get("Contents", []):
            each["LastModified"] = MODIFIED
        return answer


class _Broken(io.BytesIO):
    """A body whose connection breaks in the middle."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body[: len(body) // 2])

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if not chunk:
            raise ReadTimeoutError(endpoint_url="https://s3.example")
        return chunk
