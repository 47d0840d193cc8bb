"""Reads and writes the objects by which the steps of a distributed replay share work."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from botocore.exceptions import ClientError

from ops.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

_GONE = "NoSuchKey"
READS_IN_FLIGHT = 16
"""Objects that are read at a time; `connections` of the client should be as many."""


class ObjectClient(Protocol):
    """The part of S3's client that this needs."""

    @property
    def get_object(self) -> Callable[..., Any]:
        """Read one object."""

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""

    @property
    def list_objects_v2(self) -> Callable[..., Any]:
        """List one page of keys."""


class ReplayBucket:
    """The bucket of a stack's distributed replays.

    Parameters
    ----------
    client
        Of S3.
    name
        The bucket.
    """

    def __init__(self, client: ObjectClient, name: str) -> None:
        self._client = client
        self.name = name
        self._what = f"bucket {name}"

    def put(self, key: str, content: object) -> None:
        """Write an object.

        Parameters
        ----------
        key
            Its key.
        content
            JSON.

        Raises
        ------
        OpsError
            If S3 does not take it.
        """
        self._put(key, orjson.dumps(content), "application/json")

    def put_bytes(self, key: str, content: bytes) -> None:
        """Write an object that is not JSON.

        Raises
        ------
        OpsError
            If S3 does not take it.
        """
        self._put(key, content, "application/octet-stream")

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        with aws_errors(self._what):
            self._client.put_object(
                Bucket=self.name, Key=key, Body=content, ContentType=content_type
            )

    def get(self, key: str) -> Any:  # noqa: ANN401 (JSON)
        """Return the content of an object of JSON; None if it does not exist.

        Raises
        ------
        OpsError
            If it cannot be read.
        """
        content = self.get_bytes(key)
        return None if content is None else orjson.loads(content)

    def get_bytes(self, key: str) -> bytes | None:
        """Return the bytes of an object; None if it does not exist.

        Raises
        ------
        OpsError
            If it cannot be read.
        """
        with aws_errors(self._what, passes=(_GONE,)):
            try:
                answer = self._client.get_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == _GONE:
                    return None
                raise
            with answer["Body"] as body:
                content: bytes = body.read()
                return content

    def get_all(self, keys: Iterable[str]) -> Iterator[Any]:
        """Yield the contents of objects, in the order of their keys.

        Raises
        ------
        OpsError
            If one cannot be read.
        """
        with ThreadPoolExecutor(READS_IN_FLIGHT) as pool:
            ahead: deque[Future[Any]] = deque()
            # Not `map`, which reads all of them at once, however slow the caller is.
            for key in keys:
                ahead.append(pool.submit(self.get, key))
                if len(ahead) >= 2 * READS_IN_FLIGHT:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield all keys that start with a prefix, in their order.

        Raises
        ------
        OpsError
            If the bucket cannot be listed.
        """
        position: dict[str, str] = {}
        while True:
            with aws_errors(self._what):
                page = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, **position)
            for each in page.get("Contents", []):
                yield each["Key"]
            if not page.get("IsTruncated"):
                return
            position = {"ContinuationToken": page["NextContinuationToken"]}
