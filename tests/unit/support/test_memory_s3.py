"""The in-memory S3 answers as documented for S3.

Amazon offers no engine to compare with: the cases follow the Amazon S3 API reference and the
user guide's "Conditional writes".
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support.faults import NoFaults, RequestFault
from tests.support.memory_s3 import Buckets, MemoryS3

BUCKET = "failures"


def client() -> MemoryS3:
    return MemoryS3(Buckets(BUCKET))


def body_of(s3: MemoryS3, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def code_of(refusal: pytest.ExceptionInfo[ClientError]) -> str:
    return refusal.value.response["Error"]["Code"]


def test_an_object_is_replaced_under_its_key() -> None:
    s3 = client()
    s3.put_object(Bucket=BUCKET, Key="a/1", Body=b"one")
    s3.put_object(Bucket=BUCKET, Key="a/1", Body="two")
    assert body_of(s3, "a/1") == b"two"


def test_a_listing_has_the_keys_of_a_prefix_in_order() -> None:
    s3 = client()
    for key in ("b/1", "a/2", "a/1"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    listing = s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")
    assert [entry["Key"] for entry in listing["Contents"]] == ["a/1", "a/2"]


def test_a_listing_of_many_keys_has_pages() -> None:
    # given more objects than a page holds
    s3 = MemoryS3(Buckets(BUCKET), page_size=2)
    for key in ("a/3", "a/1", "a/2"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    # when the second page is asked for with the first one's token
    first = s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")
    second = s3.list_objects_v2(
        Bucket=BUCKET, Prefix="a/", ContinuationToken=first["NextContinuationToken"]
    )
    # then both together have every key once
    assert [entry["Key"] for entry in first["Contents"]] == ["a/1", "a/2"]
    assert [entry["Key"] for entry in second["Contents"]] == ["a/3"]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)


def test_reading_an_absent_object_is_refused() -> None:
    with pytest.raises(ClientError) as refusal:
        client().get_object(Bucket=BUCKET, Key="none")
    assert code_of(refusal) == "NoSuchKey"


def test_deleting_an_absent_object_is_no_error() -> None:
    s3 = client()
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")
    s3.delete_object(Bucket=BUCKET, Key="none")
    assert body_of(s3, "a") == b"one"


def test_writing_to_an_absent_bucket_is_refused() -> None:
    with pytest.raises(ClientError) as refusal:
        client().put_object(Bucket="none", Key="a", Body=b"")
    assert code_of(refusal) == "NoSuchBucket"


def test_a_conditional_put_replaces_the_object_that_was_read() -> None:
    s3 = client()
    read = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", IfMatch=read)
    assert body_of(s3, "a") == b"two"


def test_a_conditional_put_over_a_changed_object_is_refused() -> None:
    # given an object that another client replaced after it was read
    s3 = client()
    read = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two")
    # when it is written under the condition
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"three", IfMatch=read)
    # then the other one's object stays
    assert code_of(refusal) == "PreconditionFailed"
    assert body_of(s3, "a") == b"two"


def test_a_conditional_put_over_a_deleted_object_is_refused() -> None:
    # given an object that another client deleted after it was read
    s3 = client()
    read = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")["ETag"]
    s3.delete_object(Bucket=BUCKET, Key="a")
    # when it is written under the condition
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", IfMatch=read)
    # then it does not come back
    assert code_of(refusal) == "NoSuchKey"
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize("applied", [False, True])
def test_a_request_without_answer_may_have_been_carried_out(*, applied: bool) -> None:
    class Faulty(NoFaults):
        def before_request(self, operation: str) -> RequestFault | None:
            assert operation == "PutObject"
            return RequestFault(error=ReadTimeoutError(endpoint_url=""), applied=applied)

    buckets = Buckets(BUCKET)
    with pytest.raises(ReadTimeoutError):
        MemoryS3(buckets, Faulty()).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert ("a" in buckets.objects(BUCKET)) is applied
