"""Where a journal export is: a folder, a file or a part of an S3 bucket."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from journal.errors import DamagedObject
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK_BYTES = 1024 * 1024
"""Maximum size of a piece of an object."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_S3 = re.compile(r"s3://", re.IGNORECASE)
_ARN = re.compile(r"arn:[a-z0-9-]+:s3:::(.+)", re.ASCII)
_OTHER_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class ObjectError(OpsError):
    """One object cannot be read; others may be readable.

    Attributes
    ----------
    key
        The object.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key

    def __reduce__(self) -> tuple[type[ObjectError], tuple[str, str]]:
        """Return what makes the same error in another process."""
        return type(self), (self.key, str(self))


class Entry(NamedTuple):
    """An object of a source.

    Attributes
    ----------
    key
        Names the object in the source: the key in the bucket, or the path below the folder.
    size
        Its bytes as stored.
    modified
        When it was last changed, in seconds since 1970; 0 if unknown.
    problem
        Why it cannot be read, such as a link that leads nowhere; None for other objects.
    etag
        Another text for each content of the object; empty if the source does not tell (S3 API
        reference, "Object").
    """

    key: str
    size: int
    modified: float
    problem: str | None = None
    etag: str = ""


class Source(Protocol):
    """Reads objects. Another process opens the same one by `open_source` with its location.

    Attributes
    ----------
    location
        As the user wrote it.
    """

    @property
    def location(self) -> str:
        """The folder, file or ``s3://`` location."""

    def entries(self) -> Iterator[Entry]:
        """Return all objects, in the order of their keys.

        Raises
        ------
        OpsError
            If the location cannot be listed.
        """

    def chunks(self, key: str, etag: str = "") -> Iterator[bytes]:
        """Return the content of an object in pieces of at most `CHUNK_BYTES`, without gzip.

        Parameters
        ----------
        key
            The object.
        etag
            Which copy of it to read: its `Entry.etag`; empty for whichever is there.

        Raises
        ------
        ObjectError
            If this object is gone or may not be read, or is another copy.
        DamagedObject
            If the object is gzip and damaged.
        OpsError
            If the source cannot be read at all.
        """

    def encryption(self, key: str) -> str | None:
        """Return how an object is encrypted at rest; None if the source does not tell."""


def open_source(location: str) -> Source:
    """Open a folder, a file or an ``s3://bucket/prefix``.

    Raises
    ------
    OpsError
        If the location is neither, or does not exist.
    """
    # A folder needs no AWS, and importing boto3 takes a good part of a second.
    if _S3.match(location):
        from ops.exports.bucket import open_bucket  # noqa: PLC0415 (see above)

        return open_bucket(location)
    if (arn := _ARN.fullmatch(location)) is not None:
        raise OpsError(f"{location} is an ARN: write s3://{arn[1]}")
    if (scheme := _OTHER_SCHEME.match(location)) is not None:
        raise OpsError(
            f"{location}: {scheme[1]} is not supported: expected a folder, a file or "
            "s3://bucket/prefix"
        )
    from ops.exports.folder import open_folder  # noqa: PLC0415 (only where it is needed)

    return open_folder(location)


def read(source: Source, key: str, max_bytes: int) -> bytes:
    """Return the first bytes of an object, without gzip.

    Raises
    ------
    ObjectError, DamagedObject, OpsError
        As `Source.chunks`.
    """
    pieces = []
    left = max_bytes
    for chunk in source.chunks(key):
        pieces.append(chunk[:left])
        left -= len(pieces[-1])
        if not left:
            break
    return b"".join(pieces)


def uncompressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the content of an object without gzip, if it is gzip.

    Raises
    ------
    DamagedObject
        If the gzip is damaged or cut. Its offset counts the bytes without compression.
    """
    pieces = iter(chunks)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= len(_GZIP_MAGIC):
            break
    if not head.startswith(_GZIP_MAGIC):
        if head:
            yield head
        yield from pieces
        return
    yield from _gunzipped(head, pieces)


def _gunzipped(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(_GZIP_FORMAT)
    offset = 0
    compressed: bytes | None = head
    while compressed is not None:
        while compressed:
            if decompressor.eof:
                # A file may have several members, and zeros after them (RFC 1952; GNU gzip manual).
                compressed = compressed.lstrip(b"\0")
                if not compressed:
                    break
                decompressor = zlib.decompressobj(_GZIP_FORMAT)
            try:
                content = decompressor.decompress(compressed, CHUNK_BYTES)
            except zlib.error:
                raise DamagedObject("expected gzip, which is damaged here", offset) from None
            compressed = decompressor.unconsumed_tail or decompressor.unused_data
            offset += len(content)
            if content:
                yield content
        compressed = next(pieces, None)
    if not decompressor.eof:
        raise DamagedObject("expected more gzip: the object is cut here", offset)
