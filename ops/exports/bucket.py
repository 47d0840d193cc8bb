"""Reads exports from S3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from ops.errors import OpsError, aws_errors
from ops.exports.source import CHUNK_BYTES, Entry, ObjectError, uncompressed
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.exports.bucket_client import BucketClient

_LOCATION = re.compile(r"s3://([^/]*)(?:/(.*))?", re.IGNORECASE | re.DOTALL)
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}", re.ASCII)
"""Of general purpose buckets and of access point aliases (S3 user guide, "Bucket naming rules")."""

_MAX_CONTINUATIONS = 5
"""How often the reading of an object is continued where its connection broke."""

_BROKEN = (
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    OSError,
)
_GONE = frozenset({"NoSuchKey", "404"})
_CHANGED = frozenset({"PreconditionFailed", "412"})
_DENIED = frozenset({"AccessDenied", "403"})
_ARCHIVED = "InvalidObjectState"
_PAST_THE_END = frozenset({"InvalidRange", "416"})


def open_bucket(location: str, owner: str | None = None) -> Bucket:
    """Open ``s3://bucket/prefix``.

    Parameters
    ----------
    location
        The bucket, and how its keys start.
    owner
        As of `Bucket`.

    Raises
    ------
    OpsError
        If the location names no bucket.
    """
    found = _LOCATION.fullmatch(location)
    if found is None or not _BUCKET_NAME.fullmatch(found[1]):
        raise OpsError(
            f"{printable(location)} names no bucket: expected s3://bucket/prefix, such as "
            "s3://my-exports/2025/"
        )
    return Bucket(location, found[1], found[2] or "", owner)


class Bucket:
    """The objects of a bucket whose keys start with a prefix.

    The client is made at the first request: clients cannot be handed to another process.

    Parameters
    ----------
    location
        As the user wrote it.
    name, prefix
        The bucket; and the keys' start, with or without a slash at its end, as of an export.
    owner
        Id of the AWS account that has to own the bucket; None for any (S3 user guide, "Verifying
        bucket ownership with bucket owner condition").
    """

    def __init__(self, location: str, name: str, prefix: str, owner: str | None = None) -> None:
        self.location = location
        self.name = name
        self.prefix = prefix
        self._named = {"Bucket": name} | ({} if owner is None else {"ExpectedBucketOwner": owner})
        self._client: BucketClient | None = None
        self._what = f"bucket {name}"

    def entries(self) -> Iterator[Entry]:
        """Return all objects below the prefix, in the order of their keys."""
        position: dict[str, str] = {}
        while True:
            with aws_errors(self._what):
                page = self._connected().list_objects_v2(
                    **self._named, Prefix=self.prefix, **position
                )
            for each in page.get("Contents", []):
                # The console makes an empty object for a folder.
                if not each["Key"].endswith("/"):
                    yield _entry(each)
            if not page.get("IsTruncated"):
                return
            position = {"ContinuationToken": page["NextContinuationToken"]}

    def chunks(self, key: str, etag: str = "") -> Iterator[bytes]:
        """Return the content of an object, without gzip."""
        return uncompressed(self._stored(key, etag))

    def encryption(self, key: str) -> str | None:
        """Return how an object is encrypted: ``AES256``, ``aws:kms``, ``aws:kms:dsse`` or none."""
        with aws_errors(self._what):
            try:
                answer = self._connected().head_object(**self._named, Key=key)
            except ClientError:
                return None
            method = answer.get("ServerSideEncryption")
            return None if method is None else str(method)

    def _connected(self) -> BucketClient:
        if self._client is None:
            with aws_errors(self._what):
                self._client = _new_client()
        return self._client

    def _stored(self, key: str, etag: str) -> Iterator[bytes]:
        position, continuations = 0, 0
        while True:
            condition = {"IfMatch": etag} if etag else {}
            if position:
                condition["Range"] = f"bytes={position}-"
            with aws_errors(self._what):
                try:
                    answer = self._connected().get_object(**self._named, Key=key, **condition)
                except ClientError as error:
                    if position and _code(error) in _PAST_THE_END:
                        return
                    raise self._object_error(key, error) from None
                # What follows a broken connection has to be of the same object.
                etag = answer.get("ETag", "*")
                body = answer["Body"]
                try:
                    while chunk := body.read(CHUNK_BYTES):
                        position += len(chunk)
                        yield chunk
                except _BROKEN:
                    continuations += 1
                    if continuations > _MAX_CONTINUATIONS:
                        raise ObjectError(
                            key,
                            f"{printable(key)}: the connection broke {continuations} times: check "
                            "the network, and run the command again",
                        ) from None
                    continue
                finally:
                    body.close()
                return

    def _object_error(self, key: str, error: ClientError) -> Exception:
        code = _code(error)
        shown = f"s3://{self.name}/{printable(key)}"
        if code in _GONE:
            return ObjectError(key, f"{shown} has gone")
        if code in _CHANGED:
            return ObjectError(key, f"{shown} changed after it was listed: run the command again")
        if code in _DENIED:
            return ObjectError(
                key,
                f"{shown}: no permission: allow your user or role the action s3:GetObject, and "
                "kms:Decrypt for the key if the object is encrypted with AWS KMS",
            )
        if code == _ARCHIVED:
            return ObjectError(
                key, f"{shown} is archived: restore it first (`aws s3api restore-object`)"
            )
        return error


def _new_client() -> BucketClient:
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 5},
    )
    client: Any = boto3.client("s3", config=config)
    return client  # type: ignore[no-any-return]


def _entry(each: dict[str, Any]) -> Entry:
    modified = each.get("LastModified")
    return Entry(
        key=each["Key"],
        size=each["Size"],
        modified=modified.timestamp() if modified is not None else 0.0,
        etag=each.get("ETag", ""),
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
