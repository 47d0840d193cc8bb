"""S3, SQS and a table in memory, behind the calls of boto3's clients that `ops` makes.

The bucket tells the queue of each new object as S3 does, and the queue hides what was received
until its time is over.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from handler.writer import APPLIED, STALE, Outcome
from tests.reliability.faults import client_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handler.replica import Write

BUCKET = "failures"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/failures"


@dataclass(kw_only=True)
class _Message:
    id: str
    body: str
    visible_at: float = 0.0
    receipts: int = 0


class MemorySqs:
    """One queue, with a clock that only tests move."""

    def __init__(self) -> None:
        self.now = 0.0
        self._messages: dict[str, _Message] = {}
        self._sent = 0
        self.before_receive: Callable[[], None] = lambda: None

    def send(self, body: str) -> str:
        """Put a message on the queue; give its id."""
        self._sent += 1
        message = _Message(id=f"message-{self._sent}", body=body)
        self._messages[message.id] = message
        return message.id

    def clear(self) -> None:
        """Forget all messages."""
        self._messages.clear()

    @property
    def bodies(self) -> list[str]:
        """All messages that are not removed, visible or not."""
        return [message.body for message in self._messages.values()]

    @property
    def visible(self) -> int:
        """Messages that a receiver would get."""
        return sum(message.visible_at <= self.now for message in self._messages.values())

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's name
        MaxNumberOfMessages: int,  # noqa: N803 - boto3's name
        VisibilityTimeout: int,  # noqa: N803 - boto3's name
        WaitTimeSeconds: int,  # noqa: N803 - boto3's name
    ) -> dict[str, Any]:
        """Hand over visible messages and hide them."""
        assert QueueUrl == QUEUE_URL
        assert WaitTimeSeconds > 0, "short polling may miss messages"
        assert 1 <= MaxNumberOfMessages <= 10
        self.before_receive()
        found = [each for each in self._messages.values() if each.visible_at <= self.now]
        answer = []
        for message in found[:MaxNumberOfMessages]:
            message.visible_at = self.now + VisibilityTimeout
            message.receipts += 1
            receipt = f"{message.id}/{message.receipts}"
            answer.append({"MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body})
        return {"Messages": answer} if answer else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        """Remove a message; as on SQS, an old receipt handle removes nothing and tells nothing."""
        assert QueueUrl == QUEUE_URL
        message = self._of(ReceiptHandle)
        if message is not None:
            del self._messages[message.id]

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's name
        ReceiptHandle: str,  # noqa: N803 - boto3's name
        VisibilityTimeout: int,  # noqa: N803 - boto3's name
    ) -> None:
        """Hide a message from now on, or show it."""
        assert QueueUrl == QUEUE_URL
        message = self._of(ReceiptHandle)
        if message is None:
            raise client_error("ChangeMessageVisibility", "ReceiptHandleIsInvalid", "no message")
        message.visible_at = self.now + VisibilityTimeout

    def get_queue_attributes(self, **_: object) -> dict[str, Any]:
        """Count the visible messages."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.visible)}}

    def _of(self, receipt: str) -> _Message | None:
        message = self._messages.get(receipt.partition("/")[0])
        if message is None or receipt != f"{message.id}/{message.receipts}":
            return None
        return message


@dataclass(kw_only=True)
class MemoryS3:
    """One bucket, which tells the queue of each object that is created."""

    queue: MemorySqs = field(default_factory=MemorySqs)
    page: int = 2
    denied: frozenset[str] = frozenset()
    bodies: dict[str, bytes] = field(default_factory=dict)
    after: Callable[[str, str], None] = lambda _operation, _key: None

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803 - boto3's name
        Key: str,  # noqa: N803 - boto3's name
        Body: bytes,  # noqa: N803 - boto3's name
        ContentType: str = "",  # noqa: N803, ARG002 - boto3's name
        IfMatch: str | None = None,  # noqa: N803 - boto3's name
    ) -> None:
        """Write an object."""
        self._check("PutObject", Bucket)
        if IfMatch is not None:
            if Key not in self.bodies:
                raise client_error("PutObject", "NoSuchKey", "gone", status=404)
            if IfMatch != _etag(self.bodies[Key]):
                raise client_error("PutObject", "PreconditionFailed", "changed", status=412)
        self.bodies[Key] = Body
        self.queue.send(notification(Key))
        self.after("PutObject", Key)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Read an object."""
        self._check("GetObject", Bucket)
        if Key not in self.bodies:
            raise client_error("GetObject", "NoSuchKey", "gone", status=404)
        body = self.bodies[Key]
        self.after("GetObject", Key)
        return {"Body": io.BytesIO(body), "ETag": _etag(body)}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        """Remove an object."""
        self._check("DeleteObject", Bucket)
        self.bodies.pop(Key, None)
        self.after("DeleteObject", Key)

    def list_objects_v2(
        self,
        *,
        Bucket: str,  # noqa: N803 - boto3's name
        Prefix: str,  # noqa: N803 - boto3's name
        ContinuationToken: str = "",  # noqa: N803 - boto3's name
    ) -> dict[str, Any]:
        """List a page of keys."""
        self._check("ListObjectsV2", Bucket)
        keys = sorted(k for k in self.bodies if k.startswith(Prefix) and k > ContinuationToken)
        page = keys[: self.page]
        answer: dict[str, Any] = {"IsTruncated": len(keys) > len(page)}
        if page:
            answer["Contents"] = [{"Key": key} for key in page]
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def _check(self, operation: str, bucket: str) -> None:
        assert bucket == BUCKET
        if operation in self.denied:
            raise client_error(operation, "AccessDenied", "no", status=403)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def notification(key: str, *, bucket: str = BUCKET, event: str = "ObjectCreated:Put") -> str:
    """Give the message of S3 about one object."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": event,
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
    }
    return json.dumps({"Records": [record]})


class MemoryTable:
    """Versions by document: a writer with the promises of the handler's own."""

    def __init__(self) -> None:
        self.items: dict[str, Write] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.writes = 0

    def write(self, writes: Sequence[Write], deadline: float) -> list[Outcome]:  # noqa: ARG002
        """Write where the version is higher, except for documents with an outcome of their own."""
        return [self._write(write) for write in writes]

    def _write(self, write: Write) -> Outcome:
        self.writes += 1
        if write.document_id in self.outcomes:
            return self.outcomes[write.document_id]
        stored = self.items.get(write.document_id)
        if stored is not None and stored.version >= write.version:
            return STALE
        self.items[write.document_id] = write
        return APPLIED
