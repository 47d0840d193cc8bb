"""The function's clients: those on parts of botocore, or botocore's own in their place.

botocore comes with the runtime, which Lambda updates without a deployment (Lambda developer guide,
"Runtime version updates"). The fast clients stand on parts of botocore that its next version may
change. So they are tried once, without the network, when a container starts: a function that has
become slower is better than one that fails.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from botocore.httpsession import URLLib3Session
    from botocore.session import Session

    from handler.writer import StatementClient

_logger = logging.getLogger(__name__)


def statement_client(
    session: Session, *, timeout: tuple[float, float], connections: int
) -> StatementClient:
    """Return the client with which the writer writes.

    Parameters
    ----------
    session
        botocore's session.
    timeout
        Seconds to connect, seconds to wait for the next bytes.
    connections
        Connections that are kept open.

    Raises
    ------
    botocore.exceptions.NoCredentialsError
        If the environment has no credentials.
    """
    try:
        # Here, because the import fails if a part is missing.
        from handler.dynamodb_transport import StatementTransport  # noqa: PLC0415

        transport = StatementTransport.from_session(
            session, timeout=timeout, connections=connections
        )
        transport.rehearse()
    except NoCredentialsError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a changed part raises)
        _warn("DynamoDB", error)
        config = Config(
            connect_timeout=timeout[0],
            read_timeout=timeout[1],
            max_pool_connections=connections,
            # The writer retries, within the time of the invocation.
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        client: Any = session.create_client("dynamodb", config=config)
        return client  # type: ignore[no-any-return]
    return transport


def bounded_session(
    session: Session, url: str, *, timeout: tuple[float, float], connections: int
) -> URLLib3Session | None:
    """Return a session whose requests end in time, or None if botocore's parts have changed.

    Parameters
    ----------
    session
        botocore's session.
    url
        The endpoint.
    timeout
        Seconds to connect, seconds to wait for the next bytes.
    connections
        Connections that are kept open.
    """
    try:
        from handler.bounded_http import BoundedSession, rehearse  # noqa: PLC0415 (as above)

        rehearse()
        return BoundedSession.for_endpoint(session, url, timeout=timeout, connections=connections)
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
