"""S3 in memory, behind the calls of boto3's client that the failure store and `ops` make."""

from __future__ import annotations

import hashlib
import io
import threading
from typing import TYPE_CHECKING, Any

from tests.support.faults import Faults, NoFaults, client_error

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_FAULTS = NoFaults()
_MAX_KEYS = 1000


class Buckets:
    """The stored objects, shared by any number of clients.

    Parameters
    ----------
    names
        Names of the buckets.
    on_created
        Called with bucket and key after each put, like S3's notification of ``ObjectCreated``.
    """

    def __init__(
        self, *names: str, on_created: Callable[[str, str], object] = lambda _bucket, _key: None
    ) -> None:
        self._objects: dict[str, dict[str, bytes]] = {name: {} for name in names}
        self._on_created = on_created
        self._lock = threading.RLock()

    def stored(self, operation: str, bucket: str) -> dict[str, bytes]:
        """Return one bucket's objects, for an operation on it.

        Raises
        ------
        ClientError
            If the bucket does not exist.
        """
        if bucket not in self._objects:
            raise client_error(operation, "NoSuchBucket", "No such bucket", status=404)
        return self._objects[bucket]

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return a copy of one bucket: bodies by key, in the order of the keys."""
        with self._lock:
            return dict(sorted(self.stored("ListObjectsV2", bucket).items()))

    def put(self, bucket: str, key: str, body: bytes, *, if_match: str | None = None) -> None:
        """Store an object; under a condition, only in place of a certain object."""
        with self._lock:
            stored = self.stored("PutObject", bucket)
            old = stored.get(key)
            if if_match is not None and old is None:
                raise client_error("PutObject", "NoSuchKey", "No such key", status=404)
            if if_match is not None and etag(old or b"") != if_match:
                raise client_error("PutObject", "PreconditionFailed", "Another one", status=412)
            stored[key] = body
        self._on_created(bucket, key)

    def get(self, bucket: str, key: str) -> bytes:
        """Return an object's body."""
        with self._lock:
            body = self.stored("GetObject", bucket).get(key)
        if body is None:
            raise client_error("GetObject", "NoSuchKey", "No such key", status=404)
        return body

    def delete(self, bucket: str, key: str, *, if_match: str | None = None) -> None:
        """Remove an object if it exists; under a condition, only a certain object."""
        with self._lock:
            stored = self.stored("DeleteObject", bucket)
            if if_match is not None and (key not in stored or etag(stored[key]) != if_match):
                raise client_error("DeleteObject", "PreconditionFailed", "Another one", status=412)
            stored.pop(key, None)


class MemoryS3:
    """One client of `Buckets`, with its own faults.

    Parameters
    ----------
    buckets
        Shared with other clients.
    faults
        Called before and after each request for one object.
    page_size
        Number of keys in a page of a listing.
    """

    def __init__(
        self, buckets: Buckets, faults: Faults = _NO_FAULTS, *, page_size: int = _MAX_KEYS
    ) -> None:
        self._buckets = buckets
        self._faults = faults
        self._page_size = page_size

    def put_object(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (the client's own)
        """Store an object; with ``IfMatch`` only in place of that one.

        Amazon S3 user guide, "Conditional writes".
        """
        body = arguments["Body"]
        data = body.encode() if isinstance(body, str) else bytes(body)
        key, expected = arguments["Key"], arguments.get("IfMatch")

        def put() -> dict[str, Any]:
            self._buckets.put(arguments["Bucket"], key, data, if_match=expected)
            return {"ETag": etag(data)}

        return self._answer("PutObject", key, put)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        """Return an object, whose body is a stream that can be read once."""

        def get() -> dict[str, Any]:
            body = self._buckets.get(Bucket, Key)
            return {"Body": io.BytesIO(body), "ContentLength": len(body), "ETag": etag(body)}

        return self._answer("GetObject", Key, get)

    def delete_object(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (the client's own)
        """Remove an object; as on S3, not an error if there is none.

        With ``IfMatch`` only that one: Amazon S3 user guide, "How to perform conditional deletes".
        """
        bucket, key = arguments["Bucket"], arguments["Key"]

        def delete() -> dict[str, Any]:
            self._buckets.delete(bucket, key, if_match=arguments.get("IfMatch"))
            return {}

        return self._answer("DeleteObject", key, delete)

    def list_objects_v2(
        self,
        *,
        Bucket: str,  # noqa: N803 (boto3's name)
        Prefix: str = "",  # noqa: N803 (boto3's name)
        ContinuationToken: str = "",  # noqa: N803 (boto3's name)
    ) -> dict[str, Any]:
        """Return a page of the keys that start with a prefix; the token is the previous key."""
        objects = self._buckets.objects(Bucket)
        keys = [key for key in objects if key.startswith(Prefix) and key > ContinuationToken]
        page = keys[: self._page_size]
        answer: dict[str, Any] = {"KeyCount": len(page), "IsTruncated": len(page) < len(keys)}
        if page:
            answer["Contents"] = [
                {"Key": key, "Size": len(objects[key]), "ETag": etag(objects[key])} for key in page
            ]
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def _answer(
        self,
        operation: str,
        key: str,  # noqa: ARG002 (for subclasses)
        work: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        fault = self._faults.before_request(operation)
        if fault is not None and not fault.applied:
            raise fault.error
        answer = work()
        self._faults.after_request(operation)
        if fault is not None:
            raise fault.error
        return answer


def etag(body: bytes) -> str:
    """Return the ETag of an object that was written in one request."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
