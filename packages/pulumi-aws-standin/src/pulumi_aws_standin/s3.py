"""S3 buckets and what is set on them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.quirks import from_emulator, resource_policy_for_emulator
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import (
    Flag,
    ListOf,
    Policy,
    Problem,
    Property,
    Record,
    Text,
    Whole,
    policy_text,
)
from pulumi_aws_standin.tags import S3_BUCKET, TAGS
from pulumi_aws_standin.values import flag, present, record, records, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.session import Session

_NO_BUCKET = ("NoSuchBucket", "404")
_BUCKET = Property(name="bucket", type=Text(), required=True, force_new=True)
_KEYS_PER_DELETION = 1000


class Bucket(Resource):
    """A bucket. Its id is its name."""

    type_name: ClassVar[str] = "aws:s3/bucket:Bucket"
    properties = (
        Property(
            name="bucket",
            type=Text(pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
            force_new=True,
            autoname=Autoname(longest=63, lower_case=True),
        ),
        Property(name="forceDestroy", type=Flag(), default=False),
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
    missing = _NO_BUCKET
    tagging = S3_BUCKET

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        name = text(inputs["bucket"])
        request: dict[str, Any] = {"Bucket": name}
        if session.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": session.region}
        session.s3.create_bucket(**request)
        return name

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.head_bucket(Bucket=identifier)
            return Observed(
                inputs={"bucket": identifier},
                computed={
                    "arn": f"arn:{session.partition}:s3:::{identifier}",
                    "bucketDomainName": f"{identifier}.s3.amazonaws.com",
                    "bucketRegion": session.region,
                    "bucketRegionalDomainName": (f"{identifier}.s3.{session.region}.amazonaws.com"),
                },
            )
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        with missing_is_fine(*_NO_BUCKET):
            if flag(known.inputs.get("forceDestroy")):
                self._empty(session, identifier)
            session.s3.delete_bucket(Bucket=identifier)

    def _empty(self, session: Session, name: str) -> None:
        for page in session.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found: list[Any] = [
                {"Key": version["Key"], "VersionId": version["VersionId"]}
                for version in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            ]
            for start in range(0, len(found), _KEYS_PER_DELETION):
                objects = found[start : start + _KEYS_PER_DELETION]
                session.s3.delete_objects(Bucket=name, Delete={"Objects": objects})
        for uploads in session.s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for upload in uploads.get("Uploads", []):
                session.s3.abort_multipart_upload(
                    Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"]
                )


class _BucketSetting(Resource):
    """Something that a bucket has one of. Its id is the bucket's name."""

    computed = (Computed(name="region"),)
    identity = ("bucket",)

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        identifier = text(inputs["bucket"])
        self.put(session, identifier, inputs)
        return identifier

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        with applying(*sorted(changed.names)):
            self.put(session, identifier, wanted)

    @abstractmethod
    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """Set it as a whole."""


#: The settings of a public access block in the S3 API by their property.
_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(_BucketSetting):
    """What a bucket refuses to make public."""

    type_name: ClassVar[str] = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    properties = (
        _BUCKET,
        *(Property(name=name, type=Flag(), default=False) for name in _BLOCKS),
    )
    #: A bucket without a block of its own shows S3's default block.
    vanishes = False

    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """See the base class."""
        block: Any = {api: inputs[name] for name, api in _BLOCKS.items()}
        session.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET, "NoSuchPublicAccessBlockConfiguration"):
            answer = session.s3.get_public_access_block(Bucket=identifier)
            block: Mapping[str, object] = answer["PublicAccessBlockConfiguration"]
            told = {name: block.get(api, False) for name, api in _BLOCKS.items()}
            return Observed(inputs={"bucket": identifier, **told})
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.delete_public_access_block(Bucket=identifier)


class BucketServerSideEncryptionConfiguration(_BucketSetting):
    """How a bucket encrypts new objects."""

    type_name: ClassVar[str] = (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    properties = (
        _BUCKET,
        Property(
            name="rules",
            required=True,
            type=ListOf(
                minimum=1,
                ordered=False,
                item=Record(
                    properties=(
                        Property(
                            name="applyServerSideEncryptionByDefault",
                            type=Record(
                                properties=(
                                    Property(
                                        name="sseAlgorithm",
                                        type=Text(values=("AES256", "aws:kms", "aws:kms:dsse")),
                                        required=True,
                                    ),
                                    Property(name="kmsMasterKeyId", type=Text()),
                                )
                            ),
                        ),
                        Property(name="bucketKeyEnabled", type=Flag(), default=False),
                    )
                ),
            ),
        ),
    )
    #: Every bucket has an encryption: after the deletion S3's default shows.
    vanishes = False

    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """See the base class."""
        configuration: Any = {
            "Rules": [_encryption_rule(rule) for rule in records(inputs["rules"])]
        }
        session.s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration=configuration
        )

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET, "ServerSideEncryptionConfigurationNotFoundError"):
            answer = session.s3.get_bucket_encryption(Bucket=identifier)
            rules = []
            for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
                default = rule.get("ApplyServerSideEncryptionByDefault")
                applied = default and present(
                    {
                        "sseAlgorithm": default["SSEAlgorithm"],
                        "kmsMasterKeyId": default.get("KMSMasterKeyID"),
                    }
                )
                rules.append(
                    present(
                        {
                            "applyServerSideEncryptionByDefault": applied,
                            "bucketKeyEnabled": rule.get("BucketKeyEnabled", False),
                        }
                    )
                )
            return Observed(inputs={"bucket": identifier, "rules": rules})
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.delete_bucket_encryption(Bucket=identifier)


class BucketLifecycleConfiguration(_BucketSetting):
    """When a bucket's objects expire."""

    type_name: ClassVar[str] = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    properties = (
        _BUCKET,
        Property(
            name="rules",
            required=True,
            type=ListOf(
                minimum=1,
                item=Record(
                    properties=(
                        Property(name="id", type=Text(pattern=r"(?s).{1,255}"), required=True),
                        Property(
                            name="status",
                            type=Text(values=("Enabled", "Disabled")),
                            required=True,
                        ),
                        Property(
                            name="filter",
                            type=Record(properties=(Property(name="prefix", type=Text()),)),
                        ),
                        Property(
                            name="expiration",
                            type=Record(
                                properties=(
                                    Property(name="days", type=Whole(minimum=1)),
                                    Property(name="expiredObjectDeleteMarker", type=Flag()),
                                )
                            ),
                        ),
                        Property(
                            name="abortIncompleteMultipartUpload",
                            type=Record(
                                properties=(
                                    Property(
                                        name="daysAfterInitiation",
                                        type=Whole(minimum=1),
                                        required=True,
                                    ),
                                )
                            ),
                        ),
                        Property(
                            name="noncurrentVersionExpiration",
                            type=Record(
                                properties=(
                                    Property(
                                        name="noncurrentDays", type=Whole(minimum=1), required=True
                                    ),
                                    Property(
                                        name="newerNoncurrentVersions",
                                        type=Whole(minimum=1, maximum=100),
                                    ),
                                )
                            ),
                        ),
                    )
                ),
            ),
        ),
    )

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """See the base class."""
        actions = ("expiration", "abortIncompleteMultipartUpload", "noncurrentVersionExpiration")
        for index, rule in enumerate(records(inputs["rules"])):
            if isinstance(rule, dict) and not any(rule.get(action) for action in actions):
                yield Problem(f"rules[{index}]", f"needs one of {', '.join(actions)}")

    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """See the base class."""
        configuration: Any = {"Rules": [_lifecycle_rule(rule) for rule in records(inputs["rules"])]}
        session.s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration=configuration
        )

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET, "NoSuchLifecycleConfiguration"):
            answer = session.s3.get_bucket_lifecycle_configuration(Bucket=identifier)
            rules = [_lifecycle_input(rule) for rule in answer["Rules"]]
            return Observed(inputs={"bucket": identifier, "rules": rules})
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.delete_bucket_lifecycle(Bucket=identifier)


class BucketPolicy(_BucketSetting):
    """Who may do what with a bucket."""

    type_name: ClassVar[str] = "aws:s3/bucketPolicy:BucketPolicy"
    properties = (_BUCKET, Property(name="policy", type=Policy(), required=True))

    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """See the base class."""
        session.s3.put_bucket_policy(
            Bucket=bucket, Policy=resource_policy_for_emulator(policy_text(inputs["policy"]))
        )

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET, "NoSuchBucketPolicy"):
            policy = session.s3.get_bucket_policy(Bucket=identifier)["Policy"]
            return Observed(
                inputs={
                    "bucket": identifier,
                    "policy": from_emulator(policy, resource_policy_for_emulator),
                }
            )
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.delete_bucket_policy(Bucket=identifier)


class BucketNotification(_BucketSetting):
    """Which queues a bucket tells about its objects.

    S3 keeps one configuration per bucket and replaces it as a whole; the other kinds of target are
    left out of it.
    """

    type_name: ClassVar[str] = "aws:s3/bucketNotification:BucketNotification"
    properties = (
        _BUCKET,
        Property(
            name="queues",
            required=True,
            type=ListOf(
                minimum=1,
                ordered=False,
                item=Record(
                    properties=(
                        Property(name="id", type=Text()),
                        Property(name="queueArn", type=Text(), required=True),
                        Property(
                            name="events",
                            type=ListOf(
                                item=Text(pattern=r"s3:[A-Za-z*:]+"), ordered=False, minimum=1
                            ),
                            required=True,
                        ),
                        Property(name="filterPrefix", type=Text()),
                        Property(name="filterSuffix", type=Text()),
                    )
                ),
            ),
        ),
    )

    def put(self, session: Session, bucket: str, inputs: Mapping[str, object]) -> None:
        """See the base class."""
        queues = [_queue_configuration(queue) for queue in records(inputs["queues"])]
        configuration: Any = {"QueueConfigurations": queues}
        session.s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=configuration
        )

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        with missing_is_fine(*_NO_BUCKET):
            answer = session.s3.get_bucket_notification_configuration(Bucket=identifier)
            configured = answer.get("QueueConfigurations", [])
            if configured:
                named = {queue.get("id") for queue in records(known.inputs.get("queues"))}
                queues = [_queue_input(queue, named) for queue in configured]
                return Observed(inputs={"bucket": identifier, "queues": queues})
        return None

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(*_NO_BUCKET):
            session.s3.put_bucket_notification_configuration(
                Bucket=identifier, NotificationConfiguration={}
            )


def _encryption_rule(rule: Mapping[str, object]) -> dict[str, object]:
    default = record(rule.get("applyServerSideEncryptionByDefault"))
    applied = present(
        {
            "SSEAlgorithm": default.get("sseAlgorithm"),
            "KMSMasterKeyID": default.get("kmsMasterKeyId"),
        }
    )
    return present(
        {
            "ApplyServerSideEncryptionByDefault": applied or None,
            "BucketKeyEnabled": rule["bucketKeyEnabled"],
        }
    )


def _lifecycle_rule(rule: Mapping[str, object]) -> dict[str, object]:
    expiration = record(rule.get("expiration"))
    abort = record(rule.get("abortIncompleteMultipartUpload"))
    noncurrent = record(rule.get("noncurrentVersionExpiration"))
    return {
        "ID": rule["id"],
        "Status": rule["status"],
        "Filter": {"Prefix": record(rule.get("filter")).get("prefix") or ""},
        **_named(
            "Expiration",
            {
                "Days": expiration.get("days"),
                "ExpiredObjectDeleteMarker": expiration.get("expiredObjectDeleteMarker"),
            },
        ),
        **_named(
            "AbortIncompleteMultipartUpload",
            {"DaysAfterInitiation": abort.get("daysAfterInitiation")},
        ),
        **_named(
            "NoncurrentVersionExpiration",
            {
                "NoncurrentDays": noncurrent.get("noncurrentDays"),
                "NewerNoncurrentVersions": noncurrent.get("newerNoncurrentVersions"),
            },
        ),
    }


def _lifecycle_input(rule: Mapping[str, Any]) -> dict[str, object]:
    expiration = rule.get("Expiration", {})
    abort = rule.get("AbortIncompleteMultipartUpload", {})
    noncurrent = rule.get("NoncurrentVersionExpiration", {})
    return {
        "id": rule.get("ID", ""),
        "status": rule["Status"],
        **_named("filter", {"prefix": rule.get("Filter", {}).get("Prefix") or None}),
        **_named(
            "expiration",
            {
                "days": expiration.get("Days"),
                "expiredObjectDeleteMarker": expiration.get("ExpiredObjectDeleteMarker"),
            },
        ),
        **_named(
            "abortIncompleteMultipartUpload",
            {"daysAfterInitiation": abort.get("DaysAfterInitiation")},
        ),
        **_named(
            "noncurrentVersionExpiration",
            {
                "noncurrentDays": noncurrent.get("NoncurrentDays"),
                "newerNoncurrentVersions": noncurrent.get("NewerNoncurrentVersions"),
            },
        ),
    }


def _queue_configuration(queue: Mapping[str, object]) -> dict[str, object]:
    rules = [
        {"Name": name, "Value": queue[key]}
        for name, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if queue.get(key)
    ]
    return present(
        {
            "Id": queue.get("id"),
            "QueueArn": queue["queueArn"],
            "Events": queue["events"],
            "Filter": {"Key": {"FilterRules": rules}} if rules else None,
        }
    )


def _queue_input(queue: Mapping[str, Any], named: set[object]) -> dict[str, object]:
    rules = {
        rule["Name"].lower(): rule["Value"]
        for rule in queue.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    }
    identifier = queue.get("Id")
    return present(
        {
            # S3 makes an id where the program gives none; that is no difference.
            "id": identifier if identifier in named else None,
            "queueArn": queue["QueueArn"],
            "events": list(queue["Events"]),
            "filterPrefix": rules.get("prefix"),
            "filterSuffix": rules.get("suffix"),
        }
    )


def _named(name: str, values: Mapping[str, object]) -> dict[str, object]:
    given = present(values)
    return {name: given} if given else {}
