"""Notifications of S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.resource import Observed
from pulumi_aws_standin.resources.s3_bucket import MISSING
from pulumi_aws_standin.resources.s3_bucket_setting import BUCKET, BucketSetting
from pulumi_aws_standin.schema import ListOf, Object, Property, String
from pulumi_aws_standin.values import as_objects, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


_QUEUE: Final = Object(
    properties=(
        Property(name="id", type=String()),
        Property(name="queueArn", type=String(), required=True),
        Property(
            name="events",
            type=ListOf(item=String(pattern=r"s3:[A-Za-z*:]+"), ordered=False, minimum=1),
            required=True,
        ),
        Property(name="filterPrefix", type=String()),
        Property(name="filterSuffix", type=String()),
    )
)


class BucketNotification(BucketSetting):
    """The queues that a bucket notifies about its objects.

    S3 keeps one configuration per bucket and replaces it as a whole. Other kinds of target are not
    implemented.
    """

    type_name: ClassVar[str] = "aws:s3/bucketNotification:BucketNotification"
    properties = (
        BUCKET,
        Property(name="queues", type=ListOf(item=_QUEUE, minimum=1, ordered=False), required=True),
    )
    missing = MISSING

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        queues = [_queue_configuration(queue) for queue in as_objects(inputs["queues"])]
        configuration: Any = {"QueueConfigurations": queues}
        session.s3.put_bucket_notification_configuration(
            Bucket=identifier, NotificationConfiguration=configuration
        )

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        answer = session.s3.get_bucket_notification_configuration(Bucket=identifier)
        configured = answer.get("QueueConfigurations", [])
        if not configured:
            return None
        named = {queue.get("id") for queue in as_objects(known.inputs.get("queues"))}
        queues = [_queue_input(queue, named) for queue in configured]
        return Observed(inputs={"bucket": identifier, "queues": queues})

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.s3.put_bucket_notification_configuration(
            Bucket=identifier, NotificationConfiguration={}
        )


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
            # S3 generates an id if the program sets none; this is not a difference.
            "id": identifier if identifier in named else None,
            "queueArn": queue["QueueArn"],
            "events": list(queue["Events"]),
            "filterPrefix": rules.get("prefix"),
            "filterSuffix": rules.get("suffix"),
        }
    )
