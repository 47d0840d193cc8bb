"""SQS in memory, behind the calls of boto3's client that `ops` makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.clock import Clock
from tests.support.faults import client_error

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/000000000000/failures"


@dataclass(kw_only=True)
class _Message:
    id: str
    body: str
    visible_at: float = 0.0
    receipts: int = 0


class MemorySqs:
    """One queue, which hides received messages until their visibility timeout ends.

    Attributes
    ----------
    clock
        Clock of the queue.
    before_receive
        Called at the start of each receive.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self._messages: dict[str, _Message] = {}
        self._sent = 0
        self.before_receive: Callable[[], None] = lambda: None

    def send(self, body: str) -> str:
        """Send a message to the queue; return its id."""
        self._sent += 1
        message = _Message(id=f"message-{self._sent}", body=body)
        self._messages[message.id] = message
        return message.id

    def clear(self) -> None:
        """Remove all messages."""
        self._messages.clear()

    @property
    def bodies(self) -> list[str]:
        """All messages that are not removed, visible or not."""
        return [message.body for message in self._messages.values()]

    @property
    def visible(self) -> int:
        """Messages that a receiver would get."""
        return sum(message.visible_at <= self.clock.now for message in self._messages.values())

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 (boto3's name)
        MaxNumberOfMessages: int,  # noqa: N803 (boto3's name)
        VisibilityTimeout: int,  # noqa: N803 (boto3's name)
        WaitTimeSeconds: int,  # noqa: N803 (boto3's name)
    ) -> dict[str, Any]:
        """Return visible messages and hide them."""
        assert QueueUrl == QUEUE_URL
        assert WaitTimeSeconds > 0, "short polling may miss messages"
        assert 1 <= MaxNumberOfMessages <= 10
        self.before_receive()
        found = [each for each in self._messages.values() if each.visible_at <= self.clock.now]
        answer = []
        for message in found[:MaxNumberOfMessages]:
            message.visible_at = self.clock.now + VisibilityTimeout
            message.receipts += 1
            receipt = f"{message.id}/{message.receipts}"
            answer.append({"MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body})
        return {"Messages": answer} if answer else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 (boto3's names)
        """Remove a message; as on SQS, an old receipt handle has no effect and is not an error."""
        assert QueueUrl == QUEUE_URL
        message = self._of(ReceiptHandle)
        if message is not None:
            del self._messages[message.id]

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803 (boto3's name)
        ReceiptHandle: str,  # noqa: N803 (boto3's name)
        VisibilityTimeout: int,  # noqa: N803 (boto3's name)
    ) -> None:
        """Hide a message from now on, or show it."""
        assert QueueUrl == QUEUE_URL
        message = self._of(ReceiptHandle)
        if message is None:
            raise client_error("ChangeMessageVisibility", "ReceiptHandleIsInvalid", "no message")
        message.visible_at = self.clock.now + VisibilityTimeout

    def get_queue_attributes(self, **_: object) -> dict[str, Any]:
        """Return the number of visible messages."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.visible)}}

    def _of(self, receipt: str) -> _Message | None:
        message = self._messages.get(receipt.partition("/")[0])
        if message is None or receipt != f"{message.id}/{message.receipts}":
            return None
        return message
