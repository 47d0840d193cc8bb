"""Where the items of a conversion go: a folder or a part of an S3 bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ops.errors import OpsError, aws_errors
from ops.terminal_text import printable

if TYPE_CHECKING:
    from ops.exports.bucket import Bucket

_S3 = "s3://"


class Destination(Protocol):
    """Takes objects. Another process opens the same one by `open_destination`.

    Attributes
    ----------
    location
        As the user wrote it, with a slash at its end.
    """

    @property
    def location(self) -> str:
        """The folder or ``s3://`` location."""

    def refuse_unless_empty(self) -> None:
        """Raise an `OpsError` if anything is there, which DynamoDB would import too."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write an object.

        Parameters
        ----------
        key
            Its key below the location.
        content
            Its bytes.
        content_type
            Its MIME type, which a folder does not keep.
        """


def open_destination(location: str) -> Destination:
    """Open a folder or ``s3://bucket/prefix``.

    Raises
    ------
    OpsError
        If it names no bucket.
    """
    location = location if location.endswith("/") else f"{location}/"
    if location.lower().startswith(_S3):
        # A folder needs no AWS, and each process of a conversion would import boto3.
        from ops.exports.bucket import open_bucket  # noqa: PLC0415 (see above)

        return BucketDestination(location, open_bucket(location))
    return FolderDestination(location)


def _refusal(location: str) -> OpsError:
    return OpsError(
        f"{printable(location)} is not empty, and DynamoDB imports everything that is there: name "
        "another folder or prefix with --to, or empty it"
    )


class FolderDestination:
    """A folder, which is made.

    Parameters
    ----------
    location
        Its path.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._folder = Path(location)

    def refuse_unless_empty(self) -> None:
        """See `Destination.refuse_unless_empty`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_empty = next(self._folder.iterdir(), None) is None
        except OSError as error:
            raise OpsError(
                f"{printable(self.location)} cannot be written: {error.strerror}"
            ) from None
        if not is_empty:
            raise _refusal(self.location)

    def put(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 (protocol)
        """See `Destination.put`."""
        path = self._folder / key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise OpsError(f"{printable(str(path))} cannot be written: {error.strerror}") from None


class BucketDestination:
    """A part of a bucket.

    Parameters
    ----------
    location
        As the user wrote it.
    bucket
        The bucket.
    """

    def __init__(self, location: str, bucket: Bucket) -> None:
        self.location = location
        self._bucket = bucket
        self._client: Any = None

    def refuse_unless_empty(self) -> None:
        """See `Destination.refuse_unless_empty`."""
        if next(iter(self._bucket.entries()), None) is not None:
            raise _refusal(self.location)

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """See `Destination.put`."""
        if self._client is None:
            from ops import connections  # noqa: PLC0415 (see `open_destination`)

            self._client = connections.client("s3", None)
        with aws_errors(f"bucket {self._bucket.name}"):
            self._client.put_object(
                Bucket=self._bucket.name,
                Key=f"{self._bucket.prefix}{key}",
                Body=content,
                ContentType=content_type,
            )
