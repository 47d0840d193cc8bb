"""The failure bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from ops.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_GONE = frozenset({"NoSuchKey", "404"})
_CHANGED = _GONE | {"PreconditionFailed", "ConditionalRequestConflict", "412"}


class BucketClient(Protocol):
    """The part of S3's client that `FailureBucket` needs."""

    @property
    def get_object(self) -> Callable[..., Any]:
        """Read one object."""

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""

    @property
    def delete_object(self) -> Callable[..., Any]:
        """Delete one object."""

    @property
    def list_objects_v2(self) -> Callable[..., Any]:
        """List one page of keys."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object as it was read.

    Attributes
    ----------
    body
        Content of the object.
    etag
        Identifies this state of the object; None if the service returns none.
    """

    body: bytes
    etag: str | None


class FailureBucket:
    """Reads and changes objects of the failure bucket.

    Parameters
    ----------
    client
        An S3 client.
    name
        Name of the bucket.

    Raises
    ------
    OpsError
        From every method, if AWS refuses the request.
    """

    def __init__(self, client: BucketClient, name: str) -> None:
        self._client = client
        self.name = name
        self._what = f"bucket {name}"

    def get(self, key: str) -> StoredObject | None:
        """Return an object; None if there is none."""
        with aws_errors(self._what):
            try:
                answer = self._client.get_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if _code(error) in _GONE:
                    return None
                raise
            return StoredObject(body=answer["Body"].read(), etag=answer.get("ETag"))

    def put(self, key: str, body: bytes) -> None:
        """Write an object, replacing any that is there."""
        with aws_errors(self._what):
            self._client.put_object(
                Bucket=self.name, Key=key, Body=body, ContentType="application/json"
            )

    def replace(self, key: str, body: bytes, read: StoredObject) -> bool:
        """Replace an object, unless it has changed since it was read.

        Amazon S3 user guide, "Conditional writes": with `If-Match`, S3 refuses if the object has
        changed or is gone. So an object that another run settled meanwhile does not come back.

        Returns
        -------
        bool
            False if the object has changed or is gone.
        """
        condition = {} if read.etag is None else {"IfMatch": read.etag}
        with aws_errors(self._what):
            try:
                self._client.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    **condition,
                )
            except ClientError as error:
                if condition and _code(error) in _CHANGED:
                    return False
                raise
        return True

    def delete_unchanged(self, key: str, read: StoredObject) -> bool:
        """Delete an object, unless it has changed since it was read.

        Amazon S3 user guide, "How to perform conditional deletes"; like the read before, the
        condition needs the permission to read the object.

        Returns
        -------
        bool
            False if the object has changed or is gone.
        """
        condition = {} if read.etag is None else {"IfMatch": read.etag}
        with aws_errors(self._what):
            try:
                self._client.delete_object(Bucket=self.name, Key=key, **condition)
            except ClientError as error:
                if condition and _code(error) in _CHANGED:
                    return False
                raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Return the keys that start with a prefix, in order."""
        position: dict[str, str] = {}
        while True:
            with aws_errors(self._what):
                page = self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, **position)
            yield from (entry["Key"] for entry in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            position = {"ContinuationToken": page["NextContinuationToken"]}


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
