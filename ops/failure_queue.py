"""The failure queue, whose messages name objects to redrive."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from ops.errors import OpsError, aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

MAX_MESSAGES = 10
"""Maximum in one answer (SQS API reference, ``ReceiveMessage``)."""

VISIBILITY_SECONDS = 300
_EXTENSION_SECONDS = VISIBILITY_SECONDS / 3
_POLL_SECONDS = 2
"""Long polling asks all servers of the queue, so an empty answer means an empty queue."""

_NO_LONGER_OURS = frozenset(
    {
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
        "ReceiptHandleIsInvalid",
        # Also after twelve hours, the maximum for which SQS hides a message.
        "InvalidParameterValue",
    }
)


class QueueClient(Protocol):
    """The part of SQS's client that `FailureQueue` needs."""

    @property
    def receive_message(self) -> Callable[..., Any]:
        """Receive messages."""

    @property
    def delete_message(self) -> Callable[..., Any]:
        """Remove a message."""

    @property
    def change_message_visibility(self) -> Callable[..., Any]:
        """Set how long a received message stays invisible to others."""

    @property
    def get_queue_attributes(self) -> Callable[..., Any]:
        """Read attributes of the queue."""


@dataclass(frozen=True, kw_only=True)
class QueueMessage:
    """A received message.

    Attributes
    ----------
    id
        The same whenever the message is received.
    receipt_handle
        Different whenever the message is received.
    body
        Text of the message.
    """

    id: str
    receipt_handle: str
    body: str


class FailureQueue:
    """Receives, hides and deletes messages.

    Parameters
    ----------
    client
        An SQS client.
    url
        URL of the queue.

    Raises
    ------
    OpsError
        From every method, if AWS refuses the request.
    """

    def __init__(self, client: QueueClient, url: str) -> None:
        self._client = client
        self._url = url
        self._what = f"queue {url.rpartition('/')[2]}"

    def waiting(self) -> int:
        """Return the approximate number of visible messages."""
        with aws_errors(self._what):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def receive(self, max_messages: int) -> list[QueueMessage]:
        """Receive messages, at most `MAX_MESSAGES`, and hide them for `VISIBILITY_SECONDS`."""
        with aws_errors(self._what):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(max_messages, MAX_MESSAGES),
                VisibilityTimeout=VISIBILITY_SECONDS,
                WaitTimeSeconds=_POLL_SECONDS,
            )
        return [
            QueueMessage(
                id=message["MessageId"],
                receipt_handle=message["ReceiptHandle"],
                body=message["Body"],
            )
            for message in answer.get("Messages", [])
        ]

    def delete(self, message: QueueMessage) -> None:
        """Remove a message."""
        with aws_errors(self._what):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt_handle)

    def hide(self, message: QueueMessage) -> None:
        """Hide a message for `VISIBILITY_SECONDS` from now."""
        self._change(message, VISIBILITY_SECONDS)

    def release(self, message: QueueMessage) -> None:
        """Make a message visible again."""
        self._change(message, 0)

    def _change(self, message: QueueMessage, seconds: int) -> None:
        with aws_errors(self._what):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url,
                    ReceiptHandle=message.receipt_handle,
                    VisibilityTimeout=seconds,
                )
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code")) not in _NO_LONGER_OURS:
                    raise


class MessagesInHand:
    """A context manager that hides received messages while they are processed.

    When it exits, every message that was not removed becomes visible again at once.

    Parameters
    ----------
    queue
        The queue that the messages come from.
    every_seconds
        Seconds between extensions of the visibility timeouts.
    """

    def __init__(self, queue: FailureQueue, every_seconds: float = _EXTENSION_SECONDS) -> None:
        self._queue = queue
        self._every_seconds = every_seconds
        self._messages: dict[str, QueueMessage] = {}
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._error: OpsError | None = None
        self._thread = threading.Thread(target=self._extend, name="visibility", daemon=True)

    def __enter__(self) -> Self:
        """Start extending the visibility timeouts."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Release the messages that were not removed."""
        self._end.set()
        self._thread.join()
        for message in self._copy():
            self._queue.release(message)

    def take(self, message: QueueMessage) -> None:
        """Hide a message from now on; a message received before gets its new receipt handle.

        Raises
        ------
        OpsError
            If messages can no longer be hidden.
        """
        if self._error is not None:
            raise self._error
        with self._lock:
            self._messages[message.id] = message

    def remove(self, message: QueueMessage) -> None:
        """Remove a message from the queue."""
        with self._lock:
            newest = self._messages.pop(message.id, message)
        self._queue.delete(newest)

    def _copy(self) -> list[QueueMessage]:
        with self._lock:
            return list(self._messages.values())

    def _extend(self) -> None:
        while not self._end.wait(self._every_seconds):
            try:
                for message in self._copy():
                    self._queue.hide(message)
            except OpsError as error:
                self._error = error
                return
