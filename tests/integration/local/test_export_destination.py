"""Bucket and role for exports on the emulator: made once, and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import aws
from local.emulator import Emulator
from local.errors import LocalError
from local.export_destination import default_bucket, prepare_destination
from local.service_process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with Emulator(free_port(), log) as running:
        yield running.endpoint


def test_what_exists_is_used_again(endpoint: str) -> None:
    # given a bucket with an object
    bucket, s3 = default_bucket("Registry"), aws.client("s3", endpoint)
    first = prepare_destination(endpoint, ledger="Registry", bucket=bucket)
    s3.put_object(Bucket=bucket, Key="kept", Body=b"")
    # when the destination is prepared again / then it is the same, with the object
    assert prepare_destination(endpoint, ledger="Registry", bucket=bucket) == first
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["kept"]


def test_the_role_may_write_to_every_bucket_that_was_asked_for(endpoint: str) -> None:
    roles = {
        prepare_destination(endpoint, ledger="one", bucket=bucket).role_arn
        for bucket in ("first-bucket", "second-bucket")
    }

    (arn,) = roles
    policies = aws.client("iam", endpoint).list_role_policies(RoleName=arn.rpartition("/")[2])
    assert policies["PolicyNames"] == ["write-first-bucket", "write-second-bucket"]


def test_a_role_that_was_changed_is_set_right(endpoint: str) -> None:
    iam = aws.client("iam", endpoint)
    name = prepare_destination(endpoint, ledger="two", bucket="third").role_arn.rpartition("/")[2]
    expected = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(
        RoleName=name, PolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )

    prepare_destination(endpoint, ledger="two", bucket="third")

    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == expected


def test_a_name_that_is_no_buckets_is_refused_in_one_line(endpoint: str) -> None:
    with pytest.raises(LocalError, match=r"bucket Not_A_Bucket cannot be used .*--bucket") as error:
        prepare_destination(endpoint, ledger="one", bucket="Not_A_Bucket")

    assert "\n" not in str(error.value)
