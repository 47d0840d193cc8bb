"""The S3 client of the failure bucket, created when the first record fails."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session

_ATTEMPTS = 3


class LazyFailureClient:
    """An S3 client that is created on first use: most containers never quarantine a record.

    Parameters
    ----------
    session
        botocore's session.
    timeout
        Seconds to connect, seconds to wait for an answer.
    connections
        Connections that are kept open.
    """

    def __init__(self, session: Session, *, timeout: tuple[float, float], connections: int) -> None:
        self._session = session
        connect_seconds, answer_seconds = timeout
        self._config = Config(
            connect_timeout=connect_seconds,
            read_timeout=answer_seconds,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=connections,
        )
        self._client: Any = None
        # Several threads may use a client, but not create one: botocore's sessions are not
        # thread-safe.
        self._lock = threading.Lock()

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""
        with self._lock:
            if self._client is None:
                self._client = self._session.create_client("s3", config=self._config)
        operation: Callable[..., Any] = self._client.put_object
        return operation
