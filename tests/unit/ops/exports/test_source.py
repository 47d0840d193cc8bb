"""Sources by their location, and the content of objects that were compressed by hand."""

from __future__ import annotations

import gzip
import pickle
import random
from typing import TYPE_CHECKING

import pytest

from journal.errors import DamagedObject
from ops.errors import OpsError
from ops.exports.source import CHUNK_BYTES, ObjectError, open_source, read, uncompressed

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = random.Random(3).randbytes(3 * CHUNK_BYTES + 17)


def pieces(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_gzip_is_read_as_what_it_holds(size: int) -> None:
    content = CONTENT[:5000]
    assert b"".join(uncompressed(pieces(gzip.compress(content), size))) == content


def test_other_content_stays_as_it_is() -> None:
    for content in (b"", b"\x1f", b"\x1fx", b"x" * 10):
        assert b"".join(uncompressed(pieces(content, 1))) == content


def test_a_highly_compressed_object_comes_in_bounded_pieces() -> None:
    content = b"\0" * (20 * CHUNK_BYTES)
    found = list(uncompressed([gzip.compress(content)]))
    assert max(map(len, found)) <= CHUNK_BYTES
    assert b"".join(found) == content


def test_members_after_each_other_and_padding_are_one_content() -> None:
    content = gzip.compress(b"one") + gzip.compress(b"two") + b"\0" * 512
    for size in (1, 4096):
        assert b"".join(uncompressed(pieces(content, size))) == b"onetwo"


def read_until_damage(content: bytes) -> tuple[bytes, DamagedObject]:
    """Return what is read before the damage, and the error."""
    found = bytearray()
    chunks = uncompressed(pieces(content, 4096))
    try:
        for piece in chunks:
            found += piece
    except DamagedObject as error:
        return bytes(found), error
    raise AssertionError("the damage was not found")


def test_a_cut_gzip_names_the_place_without_compression() -> None:
    content = gzip.compress(CONTENT)
    found, error = read_until_damage(content[:-1000])
    assert "the object is cut here" in error.code
    assert error.offset == len(found) > 2 * CHUNK_BYTES
    assert found == CONTENT[: len(found)]


def test_a_damaged_gzip_names_the_place_without_compression() -> None:
    content = bytearray(gzip.compress(CONTENT))
    content[-5] ^= 0xFF
    found, error = read_until_damage(bytes(content))
    assert "damaged here" in error.code
    assert error.offset == len(found) > 2 * CHUNK_BYTES


def test_what_follows_a_gzip_is_damage() -> None:
    with pytest.raises(DamagedObject):
        list(uncompressed([gzip.compress(b"one") + b"rest"]))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://", "names no bucket: expected s3://bucket/prefix"),
        ("s3:///prefix", "names no bucket"),
        ("s3://a bucket/prefix", "names no bucket"),
        ("https://bucket.s3.amazonaws.com/x", "https is not supported: expected a folder"),
        ("arn:aws:s3:::bucket/prefix/", "is an ARN: write s3://bucket/prefix/"),
        ("", "expected a folder, a file or s3://bucket/prefix"),
        ("not/here", "not/here does not exist: expected a folder, a file or s3://bucket/prefix"),
        ("a\0b", "cannot be read"),
    ],
)
def test_a_location_that_is_none_names_the_remedy(location: str, message: str) -> None:
    with pytest.raises(OpsError) as caught:
        open_source(location)
    assert message in str(caught.value)


def test_opening_a_bucket_makes_no_request() -> None:
    source = open_source("S3://my-exports/2025")
    assert source.location == "S3://my-exports/2025"


def test_reading_stops_at_a_limit(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(CONTENT)
    source = open_source(str(tmp_path))
    assert read(source, "one", 10) == CONTENT[:10]
    assert read(source, "one", CHUNK_BYTES + 1) == CONTENT[: CHUNK_BYTES + 1]
    assert read(source, "one", len(CONTENT) + 1) == CONTENT


def test_an_error_about_an_object_reaches_another_process() -> None:
    error = pickle.loads(pickle.dumps(ObjectError("key", "has gone")))  # noqa: S301 (own bytes)
    assert (error.key, str(error)) == ("key", "has gone")
