"""Public access blocks of S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.resource import Observed
from pulumi_aws_standin.resources.s3_bucket import MISSING
from pulumi_aws_standin.resources.s3_bucket_setting import BUCKET, BucketSetting
from pulumi_aws_standin.schema import Boolean, Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session

_BLOCKS: Final = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}
"""The settings' names in the S3 API by their property."""


class BucketPublicAccessBlock(BucketSetting):
    """A bucket's restrictions of public access."""

    type_name: ClassVar[str] = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    properties = (
        BUCKET,
        *(Property(name=name, type=Boolean(), default=False) for name in _BLOCKS),
    )
    missing = (*MISSING, "NoSuchPublicAccessBlockConfiguration")
    # A bucket without a block has S3's default block.
    vanishes = False

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        block: Any = {api: inputs[name] for name, api in _BLOCKS.items()}
        session.s3.put_public_access_block(Bucket=identifier, PublicAccessBlockConfiguration=block)

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        answer = session.s3.get_public_access_block(Bucket=identifier)
        block: Mapping[str, object] = answer["PublicAccessBlockConfiguration"]
        reported = {name: block.get(api, False) for name, api in _BLOCKS.items()}
        return Observed(inputs={"bucket": identifier, **reported})

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.s3.delete_public_access_block(Bucket=identifier)
