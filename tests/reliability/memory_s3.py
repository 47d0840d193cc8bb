"""An in-memory S3 behind the calls of boto3's client that the failure store and redrive make."""

from __future__ import annotations

import hashlib
import io
import threading
from typing import TYPE_CHECKING, Any

from tests.reliability.faults import Faults, NoFaults, client_error

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_FAULTS = NoFaults()


class Buckets:
    """The stored objects, shared by any number of clients.

    Parameters
    ----------
    names
        Of the buckets that exist.
    """

    def __init__(self, *names: str) -> None:
        self._objects: dict[str, dict[str, bytes]] = {name: {} for name in names}
        self._lock = threading.RLock()

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Copy one bucket: bodies by their key, in the order of the keys."""
        with self._lock:
            return dict(sorted(self._objects[bucket].items()))

    def put(self, bucket: str, key: str, body: bytes, *, if_match: str | None = None) -> None:
        """Store an object, in place of one under the same key; under a condition, only of that."""
        with self._lock:
            if bucket not in self._objects:
                raise client_error("PutObject", "NoSuchBucket", "No such bucket", status=404)
            old = self._objects[bucket].get(key)
            if if_match is not None and old is None:
                raise client_error("PutObject", "NoSuchKey", "No such key", status=404)
            if if_match is not None and etag(old or b"") != if_match:
                raise client_error("PutObject", "PreconditionFailed", "Another one", status=412)
            self._objects[bucket][key] = body

    def get(self, bucket: str, key: str) -> bytes:
        """Read an object."""
        with self._lock:
            body = self._objects.get(bucket, {}).get(key)
        if body is None:
            raise client_error("GetObject", "NoSuchKey", "No such key", status=404)
        return body

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object, if there."""
        with self._lock:
            self._objects[bucket].pop(key, None)


class MemoryS3:
    """One client of `Buckets`, with its own faults.

    Parameters
    ----------
    buckets
        Shared with other clients.
    faults
        Asked before and after each request.
    """

    def __init__(self, buckets: Buckets, faults: Faults = _NO_FAULTS) -> None:
        self._buckets = buckets
        self._faults = faults

    def put_object(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - the client's own
        """Store an object, with ``IfMatch`` only in place of that one.

        Amazon S3 user guide, "Conditional writes".
        """
        body = arguments["Body"]
        data = body.encode() if isinstance(body, str) else bytes(body)
        key, expected = arguments["Key"], arguments.get("IfMatch")

        def put() -> dict[str, Any]:
            self._buckets.put(arguments["Bucket"], key, data, if_match=expected)
            return {"ETag": etag(data)}

        return self._answer("PutObject", put)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Read an object; its body is a stream that can be read once."""

        def get() -> dict[str, Any]:
            body = self._buckets.get(Bucket, Key)
            return {"Body": io.BytesIO(body), "ContentLength": len(body), "ETag": etag(body)}

        return self._answer("GetObject", get)

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Remove an object; no error where there is none, as on S3."""

        def delete() -> dict[str, Any]:
            self._buckets.delete(Bucket, Key)
            return {}

        return self._answer("DeleteObject", delete)

    def list_objects_v2(
        self,
        *,
        Bucket: str,  # noqa: N803 - boto3's name
        Prefix: str = "",  # noqa: N803 - boto3's name
    ) -> dict[str, Any]:
        """List the keys that start with a prefix, in one page."""
        objects = self._buckets.objects(Bucket)
        contents = [
            {"Key": key, "Size": len(body)}
            for key, body in objects.items()
            if key.startswith(Prefix)
        ]
        return {"Contents": contents, "KeyCount": len(contents), "IsTruncated": False}

    def _answer(self, operation: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        fault = self._faults.before_request(operation)
        if fault is not None and not fault.applied:
            raise fault.error
        answer = work()
        self._faults.after_request(operation)
        if fault is not None:
            raise fault.error
        return answer


def etag(body: bytes) -> str:
    """Give the ETag of an object that was written at once."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
