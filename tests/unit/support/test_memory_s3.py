"""The in-memory S3 answers the failure store and redrive as S3 documents it.

There is no engine of Amazon's to compare with: the cases follow the Amazon S3 API reference and the
user guide's "Conditional writes".
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support.faults import NoFaults, RequestFault
from tests.support.memory_s3 import Buckets, MemoryS3


def client() -> MemoryS3:
    return MemoryS3(Buckets("failures"))


def body_of(s3: MemoryS3, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="failures", Key=key)["Body"].read())


def code_of(refusal: pytest.ExceptionInfo[ClientError]) -> str:
    return refusal.value.response["Error"]["Code"]


def test_an_object_is_replaced_under_its_key() -> None:
    s3 = client()
    s3.put_object(Bucket="failures", Key="a/1", Body=b"one")
    s3.put_object(Bucket="failures", Key="a/1", Body="two")
    assert body_of(s3, "a/1") == b"two"


def test_a_listing_has_the_keys_of_a_prefix_in_order() -> None:
    s3 = client()
    for key in ("b/1", "a/2", "a/1"):
        s3.put_object(Bucket="failures", Key=key, Body=b"x")
    listing = s3.list_objects_v2(Bucket="failures", Prefix="a/")
    assert [entry["Key"] for entry in listing["Contents"]] == ["a/1", "a/2"]


def test_what_is_missing_is_refused_on_reading_but_not_on_deleting() -> None:
    s3 = client()
    s3.delete_object(Bucket="failures", Key="none")
    with pytest.raises(ClientError) as refusal:
        s3.get_object(Bucket="failures", Key="none")
    assert code_of(refusal) == "NoSuchKey"
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket="none", Key="a", Body=b"")
    assert code_of(refusal) == "NoSuchBucket"


def test_a_conditional_put_replaces_only_the_object_that_was_read() -> None:
    s3 = client()
    first = s3.put_object(Bucket="failures", Key="a", Body=b"one")["ETag"]
    s3.put_object(Bucket="failures", Key="a", Body=b"two", IfMatch=first)
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket="failures", Key="a", Body=b"three", IfMatch=first)
    assert code_of(refusal) == "PreconditionFailed"
    s3.delete_object(Bucket="failures", Key="a")
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket="failures", Key="a", Body=b"three", IfMatch=first)
    assert code_of(refusal) == "NoSuchKey"


@pytest.mark.parametrize("applied", [False, True])
def test_a_request_without_answer_may_have_been_carried_out(*, applied: bool) -> None:
    class Faulty(NoFaults):
        def before_request(self, operation: str) -> RequestFault | None:
            assert operation == "PutObject"
            return RequestFault(error=ReadTimeoutError(endpoint_url=""), applied=applied)

    buckets = Buckets("failures")
    with pytest.raises(ReadTimeoutError):
        MemoryS3(buckets, Faulty()).put_object(Bucket="failures", Key="a", Body=b"x")
    assert ("a" in buckets.objects("failures")) is applied
