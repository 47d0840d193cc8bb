"""Tags of resources, which each service reads, adds and removes in a different way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import quote, urlencode

from typing_extensions import override

from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.schema import Problem, Property, StringMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pulumi_aws_standin.session import Session

_NAME: Final = "tags"
_RESERVED_PREFIX: Final = "aws:"
_KEY: Final = re.compile(r"[\w .:/=+@-]{1,128}")
_VALUE: Final = re.compile(r"[\w .:/=+@-]{0,256}")
"""AWS Tagging user guide, "Tag naming limits and requirements". Some services accept more;
these are the ones that all of them accept."""

TAGS_ALL: Final = "tagsAll"
"""Name of the output that holds all tags of a resource."""


@dataclass(frozen=True, kw_only=True)
class TagMap(StringMap):
    """Tags: values by key."""

    @override
    def problems(self, path: str, value: object) -> Iterator[Problem]:
        yield from super().problems(path, value)
        for key, member in value.items() if isinstance(value, dict) else ():
            if key.lower().startswith(_RESERVED_PREFIX):
                yield Problem(f"{path}.{key}", f"the prefix {_RESERVED_PREFIX} is reserved by AWS")
            if not _KEY.fullmatch(key):
                yield Problem(f"{path}.{key}", f"a key must match {_KEY.pattern}")
            if isinstance(member, str) and not _VALUE.fullmatch(member):
                yield Problem(f"{path}.{key}", f"a value must match {_VALUE.pattern}")


TAGS: Final = Property(name=_NAME, type=TagMap())
"""The input that every tagged resource declares."""


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """The way in which a service tags its resources.

    Attributes
    ----------
    target
        Whether the service identifies a resource by its ARN or by Pulumi's id.
    fetch
        Returns all tags of a target.
    add
        Adds tags, or changes their values.
    remove
        Removes the tags with the given keys.
    """

    target: Literal["arn", "id"]
    fetch: Callable[[Session, str], Mapping[str, str]]
    add: Callable[[Session, str, dict[str, str]], object]
    remove: Callable[[Session, str, list[str]], object]

    def read(self, session: Session, target: str) -> dict[str, str]:
        """Return the tags of a resource, without those that AWS itself sets."""
        tags = self.fetch(session, target)
        return {key: tags[key] for key in tags if not key.startswith(_RESERVED_PREFIX)}

    def update(self, session: Session, target: str, before: object, after: object) -> None:
        """Change the tags of a resource in place.

        Parameters
        ----------
        session
            The configured connections.
        target
            ARN or id, according to `target`.
        before
            The tags that the service reports; absent counts as none.
        after
            The wanted tags.
        """
        old, new = _tags(before), _tags(after)
        gone = sorted(set(old) - set(new))
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        with applying(_NAME):
            if gone:
                self.remove(session, target, gone)
            if changed:
                self.add(session, target, changed)


def _tags(value: object) -> dict[str, str]:
    return cast("dict[str, str]", value or {})


def _pairs(tags: Mapping[str, str]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _from_pairs(pairs: Iterable[Mapping[str, object]]) -> dict[str, str]:
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs}


def _bucket_tags(session: Session, bucket: str) -> dict[str, str]:
    with missing_is_fine("NoSuchTagSet"):
        return _from_pairs(session.s3.get_bucket_tagging(Bucket=bucket)["TagSet"])
    return {}


def _set_bucket_tags(session: Session, bucket: str, tags: Mapping[str, str]) -> None:
    if tags:
        session.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": _pairs(tags)})
    else:
        session.s3.delete_bucket_tagging(Bucket=bucket)


def _add_bucket_tags(session: Session, bucket: str, tags: Mapping[str, str]) -> None:
    _set_bucket_tags(session, bucket, {**_bucket_tags(session, bucket), **tags})


def _remove_bucket_tags(session: Session, bucket: str, keys: list[str]) -> None:
    tags = _bucket_tags(session, bucket)
    _set_bucket_tags(session, bucket, {key: tags[key] for key in tags if key not in keys})


def _remove_qldb_tags(session: Session, arn: str, keys: list[str]) -> None:
    query = urlencode([("tagKeys", key) for key in keys], quote_via=quote)
    session.qldb.call("DELETE", _NAME, arn, query=query)


CLOUDWATCH: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: _from_pairs(
        session.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    ),
    add=lambda session, arn, tags: session.cloudwatch.tag_resource(
        ResourceARN=arn, Tags=_pairs(tags)
    ),
    remove=lambda session, arn, keys: session.cloudwatch.untag_resource(
        ResourceARN=arn, TagKeys=keys
    ),
)

DYNAMODB: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: _from_pairs(
        session.dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", [])
    ),
    add=lambda session, arn, tags: session.dynamodb.tag_resource(
        ResourceArn=arn, Tags=_pairs(tags)
    ),
    remove=lambda session, arn, keys: session.dynamodb.untag_resource(
        ResourceArn=arn, TagKeys=keys
    ),
)

IAM_ROLE: Final = Tagging(
    target="id",
    fetch=lambda session, role: _from_pairs(session.iam.list_role_tags(RoleName=role)["Tags"]),
    add=lambda session, role, tags: session.iam.tag_role(RoleName=role, Tags=_pairs(tags)),
    remove=lambda session, role, keys: session.iam.untag_role(RoleName=role, TagKeys=keys),
)

KINESIS: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: _from_pairs(
        session.kinesis.list_tags_for_stream(StreamARN=arn)["Tags"]
    ),
    add=lambda session, arn, tags: session.kinesis.add_tags_to_stream(StreamARN=arn, Tags=tags),
    remove=lambda session, arn, keys: session.kinesis.remove_tags_from_stream(
        StreamARN=arn, TagKeys=keys
    ),
)

LAMBDA: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: session.lambda_.list_tags(Resource=arn).get("Tags", {}),
    add=lambda session, arn, tags: session.lambda_.tag_resource(Resource=arn, Tags=tags),
    remove=lambda session, arn, keys: session.lambda_.untag_resource(Resource=arn, TagKeys=keys),
)

LOGS: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: session.logs.list_tags_for_resource(resourceArn=arn).get("tags", {}),
    add=lambda session, arn, tags: session.logs.tag_resource(resourceArn=arn, tags=tags),
    remove=lambda session, arn, keys: session.logs.untag_resource(resourceArn=arn, tagKeys=keys),
)

QLDB: Final = Tagging(
    target="arn",
    fetch=lambda session, arn: _tags(session.qldb.call("GET", _NAME, arn).get("Tags")),
    add=lambda session, arn, tags: session.qldb.call("POST", _NAME, arn, body={"Tags": tags}),
    remove=_remove_qldb_tags,
)

S3_BUCKET: Final = Tagging(
    target="id", fetch=_bucket_tags, add=_add_bucket_tags, remove=_remove_bucket_tags
)

SFN: Final = Tagging(
    target="id",
    fetch=lambda session, arn: {
        pair["key"]: pair["value"]
        for pair in session.sfn.list_tags_for_resource(resourceArn=arn)["tags"]
    },
    add=lambda session, arn, tags: session.sfn.tag_resource(
        resourceArn=arn, tags=[{"key": key, "value": value} for key, value in tags.items()]
    ),
    remove=lambda session, arn, keys: session.sfn.untag_resource(resourceArn=arn, tagKeys=keys),
)

SNS_TOPIC: Final = Tagging(
    target="id",
    fetch=lambda session, arn: _from_pairs(
        session.sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    ),
    add=lambda session, arn, tags: session.sns.tag_resource(ResourceArn=arn, Tags=_pairs(tags)),
    remove=lambda session, arn, keys: session.sns.untag_resource(ResourceArn=arn, TagKeys=keys),
)

SQS_QUEUE: Final = Tagging(
    target="id",
    fetch=lambda session, url: session.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
    add=lambda session, url, tags: session.sqs.tag_queue(QueueUrl=url, Tags=tags),
    remove=lambda session, url, keys: session.sqs.untag_queue(QueueUrl=url, TagKeys=keys),
)
