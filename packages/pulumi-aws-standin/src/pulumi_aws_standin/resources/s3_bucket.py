"""S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.schema import Boolean, Property, String
from pulumi_aws_standin.tags import S3_BUCKET, TAGS
from pulumi_aws_standin.values import as_boolean, as_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session

_MAX_KEYS_PER_DELETION: Final = 1000
"""S3 API, DeleteObjects."""

MISSING: Final = ("NoSuchBucket", "404")
"""The error codes of a bucket that does not exist; HEAD has no other than the status."""


class Bucket(Resource):
    """A bucket. Its id is its name."""

    type_name: ClassVar[str] = "aws:s3/bucket:Bucket"
    properties = (
        Property(
            name="bucket",
            type=String(pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            force_new=True,
            autoname=Autoname(max_length=63, lower_case=True),
        ),
        Property(name="forceDestroy", type=Boolean(), default=False),
        TAGS,
    )
    computed = (
        Computed(name="arn"),
        Computed(name="bucketDomainName"),
        Computed(name="bucketRegion"),
        Computed(name="bucketRegionalDomainName"),
        Computed(name="region"),
    )
    identity = ("bucket",)
    state_only = frozenset({"forceDestroy"})
    missing = MISSING
    tagging = S3_BUCKET

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        name = as_string(inputs["bucket"])
        request: dict[str, Any] = {"Bucket": name}
        if session.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": session.region}
        session.s3.create_bucket(**request)
        return name

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        session.s3.head_bucket(Bucket=identifier)
        return Observed(
            inputs={"bucket": identifier},
            computed={
                "arn": f"arn:{session.partition}:s3:::{identifier}",
                "bucketDomainName": f"{identifier}.s3.amazonaws.com",
                "bucketRegion": session.region,
                "bucketRegionalDomainName": f"{identifier}.s3.{session.region}.amazonaws.com",
            },
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        if as_boolean(known.inputs.get("forceDestroy")):
            self._empty(session, identifier)
        session.s3.delete_bucket(Bucket=identifier)

    def _empty(self, session: Session, name: str) -> None:
        for page in session.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found: list[Any] = [
                {"Key": version["Key"], "VersionId": version["VersionId"]}
                for version in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            ]
            for start in range(0, len(found), _MAX_KEYS_PER_DELETION):
                objects = found[start : start + _MAX_KEYS_PER_DELETION]
                session.s3.delete_objects(Bucket=name, Delete={"Objects": objects})
        for uploads in session.s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for upload in uploads.get("Uploads", []):
                session.s3.abort_multipart_upload(
                    Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"]
                )
