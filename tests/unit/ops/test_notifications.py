"""The objects that a message names.

Proves the reading of S3's documented format, not that S3 writes it.
"""

from __future__ import annotations

import json

import pytest

from ops.notifications import Notification, read_notification
from tests.support.failure_bucket import BUCKET, notification


def test_the_key_of_a_new_object_is_read_with_its_escapes() -> None:
    key = "aws/lambda/a b+c/ü"
    assert read_notification(notification(key), BUCKET) == Notification(keys=(key,))


def test_a_message_may_name_several_objects() -> None:
    records = [json.loads(notification(key))["Records"][0] for key in ("records/1", "records/2")]
    read = read_notification(json.dumps({"Records": records}), BUCKET)
    assert read == Notification(keys=("records/1", "records/2"))


def test_the_test_event_names_no_object() -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    assert read_notification(body, BUCKET) == Notification(keys=())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        "null",
        "7",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Records": null}',
        '{"Records": [7]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {}}]}',
        notification("records/1", bucket="another"),
        notification("records/1", event="ObjectRemoved:Delete"),
    ],
)
def test_any_other_message_is_foreign(body: str) -> None:
    assert read_notification(body, BUCKET) is None
