"""The failure bucket and its queue in memory, connected as in the stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from typing_extensions import override

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from tests.support.faults import client_error
from tests.support.memory_s3 import Buckets, MemoryS3
from tests.support.memory_sqs import MemorySqs

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "failures"
_PAGE_SIZE = 2
"""Small, so that a listing of a few objects has several pages."""


class NotifyingS3(MemoryS3):
    """S3 with one bucket, which sends the queue a message for each new pending failure.

    Attributes
    ----------
    queue
        Receives the messages.
    denied
        Operations that are refused, as if a permission were missing.
    after
        Called with the operation and the key when a request has been carried out.
    """

    def __init__(self) -> None:
        self.queue = MemorySqs()
        self.denied: frozenset[str] = frozenset()
        self.after: Callable[[str, str], None] = lambda _operation, _key: None
        buckets = Buckets(BUCKET, on_created=lambda _, key: self._notify(key))
        super().__init__(buckets, page_size=_PAGE_SIZE)

    def _notify(self, key: str) -> None:
        # The filters of the stack's notification.
        if key.startswith((RECORDS_PREFIX, BATCHES_PREFIX)):
            self.queue.send(notification(key))

    @property
    def bodies(self) -> dict[str, bytes]:
        """The stored bodies by key; a change of the mapping causes no notification."""
        return self._buckets.stored("ListObjectsV2", BUCKET)

    @bodies.setter
    def bodies(self, bodies: dict[str, bytes]) -> None:
        stored = self.bodies
        stored.clear()
        stored.update(bodies)

    @override
    def _answer(
        self, operation: str, key: str, work: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        if operation in self.denied:
            raise client_error(operation, "AccessDenied", "no", status=403)
        answer = super()._answer(operation, key, work)
        self.after(operation, key)
        return answer


def notification(key: str, *, bucket: str = BUCKET, event: str = "ObjectCreated:Put") -> str:
    """Return the message that S3 sends about one object (S3 user guide, event notifications)."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": event,
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
    }
    return json.dumps({"Records": [record]})
