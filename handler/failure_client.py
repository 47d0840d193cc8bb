"""The S3 client of the failure bucket, created when the first record fails."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from handler.clients import bounded_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.session import Session

    from handler.http_limits import HttpLimits

_ATTEMPTS = 3


class LazyFailureClient:
    """An S3 client that is created on first use: most containers never quarantine a record.

    Parameters
    ----------
    session
        botocore's session.
    limits
        Limits of its connections.
    """

    def __init__(self, session: Session, limits: HttpLimits) -> None:
        self._session = session
        self._limits = limits
        self._client: Any = None
        # Several threads may use a client, but not create one: botocore's sessions are not
        # thread-safe.
        self._lock = threading.Lock()

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""
        with self._lock:
            if self._client is None:
                self._client = self._create()
        operation: Callable[..., Any] = self._client.put_object
        return operation

    def _create(self) -> Any:  # noqa: ANN401 (botocore makes the class)
        client = self._session.create_client("s3", config=self._limits.config(attempts=_ATTEMPTS))
        http = bounded_session(self._session, client.meta.endpoint_url, self._limits)
        if http is None:
            return client

        def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:  # noqa: ANN401 (the event's)
            # No round trip before the body. botocore also waits for it without end where the peer
            # closes the connection. The header is not signed.
            request.headers.pop("Expect", None)  # type: ignore[attr-defined]
            return http.send(request)

        # botocore documents that an answer from this event replaces its own request.
        client.meta.events.register("before-send.s3", send)  # type: ignore[arg-type]
        return client
