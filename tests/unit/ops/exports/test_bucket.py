"""Exports in a bucket, on S3 in memory."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from ops.errors import OpsError
from ops.exports import bucket
from ops.exports.source import CHUNK_BYTES, ObjectError, Source, open_source
from tests.support.export_buckets import BUCKET, MODIFIED, ExportS3
from tests.support.memory_s3 import etag

CONTENT = bytes(range(256)) * (CHUNK_BYTES // 64)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> ExportS3:
    s3 = ExportS3(
        {
            "exports/": b"",
            "exports/a.ion": CONTENT,
            "exports/b/c.ion": b"22",
            "exports/d.ion.gz": gzip.compress(b"333"),
            "other/e.ion": b"4",
        }
    )
    monkeypatch.setattr(bucket, "_new_client", lambda: s3)
    return s3


@pytest.fixture
def source(s3: ExportS3) -> Source:
    del s3  # takes the client's place
    return open_source(f"s3://{BUCKET}/exports/")


def test_all_pages_of_the_prefix_are_listed(source: Source) -> None:
    found = list(source.entries())
    assert [entry.key for entry in found] == [
        "exports/a.ion",
        "exports/b/c.ion",
        "exports/d.ion.gz",
    ]
    assert found[0].size == len(CONTENT)
    assert found[0].modified == MODIFIED.timestamp()
    assert found[0].etag == etag(CONTENT)


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("location", [f"s3://{BUCKET}", f"s3://{BUCKET}/"])
def test_a_bucket_alone_is_all_of_it(location: str) -> None:
    assert len(list(open_source(location).entries())) == 4


def test_an_object_is_read_in_pieces(source: Source) -> None:
    found = list(source.chunks("exports/a.ion"))
    assert b"".join(found) == CONTENT
    assert max(map(len, found)) <= CHUNK_BYTES


def test_an_object_that_was_compressed_by_hand_is_read(source: Source) -> None:
    assert b"".join(source.chunks("exports/d.ion.gz")) == b"333"


def test_the_encryption_is_that_of_the_object(source: Source) -> None:
    assert source.encryption("exports/a.ion") == "aws:kms"
    assert source.encryption("exports/gone") is None


def test_a_broken_connection_is_continued_where_it_broke(s3: ExportS3, source: Source) -> None:
    s3.breaks["exports/a.ion"] = 2
    assert b"".join(source.chunks("exports/a.ion")) == CONTENT
    half = len(CONTENT) // 2
    assert s3.ranges == [f"bytes={half}-", f"bytes={half + half // 2}-"]


def test_a_connection_that_breaks_at_the_end_is_no_error(s3: ExportS3, source: Source) -> None:
    s3.breaks_at_end.add("exports/b/c.ion")
    assert b"".join(source.chunks("exports/b/c.ion")) == b"22"
    assert s3.ranges == ["bytes=2-"]


def test_a_connection_that_keeps_breaking_is_an_error_of_that_object(
    s3: ExportS3, source: Source
) -> None:
    s3.breaks["exports/a.ion"] = 100
    with pytest.raises(ObjectError, match="the connection broke 6 times"):
        list(source.chunks("exports/a.ion"))


def test_an_object_that_changed_meanwhile_is_not_continued(s3: ExportS3, source: Source) -> None:
    s3.breaks["exports/a.ion"] = 1
    chunks = source.chunks("exports/a.ion")
    next(chunks)
    s3.buckets.put(BUCKET, "exports/a.ion", b"other" * len(CONTENT))
    with pytest.raises(ObjectError, match="changed after it was listed"):
        list(chunks)


def test_another_copy_than_was_listed_is_not_read(s3: ExportS3, source: Source) -> None:
    [entry, *_] = source.entries()
    assert b"".join(source.chunks(entry.key, entry.etag)) == CONTENT
    s3.buckets.put(BUCKET, entry.key, bytes(len(CONTENT)))
    with pytest.raises(ObjectError, match="changed after it was listed: run the command again"):
        list(source.chunks(entry.key, entry.etag))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NoSuchKey", "has gone"),
        ("AccessDenied", "allow your user or role the action s3:GetObject, and kms:Decrypt"),
        ("InvalidObjectState", "is archived: restore it first"),
    ],
)
def test_an_object_that_cannot_be_read_is_an_error_of_that_object(
    s3: ExportS3, source: Source, code: str, message: str
) -> None:
    s3.errors["exports/a.ion"] = code
    with pytest.raises(ObjectError) as caught:
        list(source.chunks("exports/a.ion"))
    assert caught.value.key == "exports/a.ion"
    assert f"s3://{BUCKET}/exports/a.ion" in str(caught.value)
    assert message in str(caught.value)
    assert b"".join(source.chunks("exports/b/c.ion")) == b"22"


def test_refused_credentials_are_an_error_of_the_whole_source(s3: ExportS3, source: Source) -> None:
    s3.errors["exports/a.ion"] = "ExpiredToken"
    with pytest.raises(OpsError, match="AWS refuses the credentials") as caught:
        list(source.chunks("exports/a.ion"))
    assert not isinstance(caught.value, ObjectError)


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_does_not_exist_is_told() -> None:
    with pytest.raises(OpsError, match="bucket no-such-bucket does not exist: check its name"):
        list(open_source("s3://no-such-bucket/").entries())


def test_the_owner_of_the_bucket_is_asked_for_with_each_request(
    s3: ExportS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a bucket that has to belong to an account
    owned = bucket.open_bucket(f"s3://{BUCKET}/exports/", "123456789012")
    asked = []

    class Client:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (one of the client's operations)
            def operation(*, ExpectedBucketOwner: str, **arguments: Any) -> Any:  # noqa: ANN401, N803 (the API's)
                asked.append(ExpectedBucketOwner)
                return getattr(s3, name)(**arguments)

            return operation

    monkeypatch.setattr(bucket, "_new_client", Client)
    # when it is listed and read
    [entry, *_] = owned.entries()
    list(owned.chunks(entry.key))
    owned.encryption(entry.key)
    # then
    assert set(asked) == {"123456789012"}
    assert len(asked) >= 3
