"""Reads messages of the failure queue. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import unquote_plus

_TEST_EVENT = "s3:TestEvent"
_CREATED = "ObjectCreated:"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A message that S3 sent.

    Attributes
    ----------
    keys
        The objects that were created; none in the test event that S3 sends to check the queue.
    """

    keys: tuple[str, ...]


def read_notification(body: str, bucket: str) -> Notification | None:
    """Read a message.

    Amazon S3 user guide, "Event message structure": keys are URL-encoded, and ``s3:TestEvent`` has
    a different form.

    Parameters
    ----------
    body
        Body of the message.
    bucket
        Name of the failure bucket.

    Returns
    -------
    Notification or None
        None for a message that is not S3's notification of new objects in this bucket.
    """
    try:
        fields = json.loads(body)
        if fields.get("Event") == _TEST_EVENT:
            return Notification(keys=())
        keys = tuple(_key(record, bucket) for record in fields["Records"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Notification(keys=keys) if keys else None


def _key(record: dict[str, object], bucket: str) -> str:
    s3 = record["s3"]
    if not isinstance(s3, dict) or s3["bucket"]["name"] != bucket:
        raise ValueError("a notification of another bucket")
    if not str(record["eventName"]).startswith(_CREATED):
        raise ValueError("another event")
    return unquote_plus(s3["object"]["key"])
