"""The function's clients: those on parts of botocore, or botocore's own in their place.

botocore comes with the runtime, which Lambda updates without a deployment (Lambda developer guide,
"Runtime version updates"). The fast clients stand on parts of botocore that its next version may
change. So they are tried once, without the network, when a container starts: a function that has
become slower is better than one that fails.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from botocore.httpsession import URLLib3Session
    from botocore.session import Session

    from handler.http_limits import HttpLimits
    from handler.writer import StatementClient

_logger = logging.getLogger(__name__)


def statement_client(session: Session, limits: HttpLimits) -> StatementClient:
    """Return the client with which the writer writes.

    Parameters
    ----------
    session
        botocore's session.
    limits
        Limits of its connections.

    Raises
    ------
    botocore.exceptions.BotoCoreError
        If the environment lacks what every client needs, such as credentials or a region.
    """
    try:
        # Here, because the import fails if a part is missing.
        from handler.dynamodb_transport import StatementTransport  # noqa: PLC0415

        transport = StatementTransport.from_session(session, limits)
        transport.rehearse()
    except BotoCoreError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a changed part raises)
        _warn("DynamoDB", error)
        # The writer retries, within the time of the invocation.
        client: Any = session.create_client("dynamodb", config=limits.config(attempts=1))
        return client  # type: ignore[no-any-return]
    return transport


def bounded_session(session: Session, url: str, limits: HttpLimits) -> URLLib3Session | None:
    """Return a session whose requests end in time, or None if botocore's parts have changed.

    Parameters
    ----------
    session
        botocore's session.
    url
        The endpoint.
    limits
        Limits of its connections.
    """
    try:
        from handler.bounded_http import BoundedSession, rehearse  # noqa: PLC0415 (as above)

        rehearse()
        return BoundedSession.for_endpoint(session, url, limits)
    except Exception as error:  # noqa: BLE001 (whatever a changed part raises)
        _warn("S3", error)
        return None


def _warn(service: str, error: Exception) -> None:
    _logger.warning(
        "botocore has changed (%s): requests to %s use its own client, which is slower and has no "
        "limit for a request as a whole; deploy a version of this program that knows it",
        type(error).__name__,
        service,
    )
