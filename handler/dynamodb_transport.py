"""A thin client for ``BatchExecuteStatement`` and ``PutItem``, built on parts of botocore.

Credentials and their renewal, the endpoint, the settings of TLS and the exceptions are botocore's,
and so is the parser of error answers (`JSONParser`). Left out are serialization and parsing by the
service model and the event hooks around them: orjson reads and writes the plain JSON of the body.
Retries are left out too: `handler.writer` makes them within the time of the invocation.

Connections and the signature are those of `handler.direct_http` and `handler.signature` where the
endpoint and the environment allow it, else botocore's (`BoundedSession`, `SigV4Auth`).
"""

from __future__ import annotations

import base64
import logging
import time
import zlib
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.parsers import JSONParser, ResponseParserError

from handler.bounded_http import BoundedSession
from handler.bounded_http import rehearse as rehearse_bounded
from handler.direct_http import DirectSession, host_header, is_direct, is_plain
from handler.direct_http import rehearse as rehearse_direct
from handler.signature import CONTENT_TYPE, SERVICE, Signature, moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.client import ClientMeta
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

    from handler.http_limits import HttpLimits

_BATCH, _PUT = "BatchExecuteStatement", "PutItem"
_OK = 200

_logger = logging.getLogger(__name__)


class ChecksumError(HTTPClientError):
    """The body of an answer does not match its header ``x-amz-crc32``."""

    fmt = "The checksum of the answer is wrong"


class HttpAnswer(Protocol):
    """An answer, which has been read."""

    @property
    def status_code(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, found in lower case."""

    @property
    def content(self) -> bytes:
        """The content."""


class HttpSession(Protocol):
    """Sends requests; holds connections, TLS and timeouts."""

    def send(self, request: AWSPreparedRequest, /) -> HttpAnswer:
        """Send a request and return its answer.

        Raises
        ------
        botocore.exceptions.BotoCoreError
            If there is no answer, or only a part of it.
        """


class StatementTransport:
    """A client with the two operations that the writer needs. Thread-safe.

    Parameters
    ----------
    endpoint_url
        Endpoint of DynamoDB.
    region
        AWS region for the signature.
    credentials
        Read once for each request: renewed credentials are used, and never the key of one set with
        the token of another.
    http
        Sends requests, as does botocore's ``URLLib3Session``.
    user_agent
        Header of the requests.
    """

    def __init__(
        self,
        *,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        http: HttpSession,
        user_agent: str,
    ) -> None:
        self._url = endpoint_url.rstrip("/") + "/"
        self._credentials = credentials
        self._region = region
        self._http = http
        self._user_agent = user_agent
        # None for botocore's.
        self._signature = Signature(host_header(self._url), region) if is_plain(self._url) else None
        self._parser = JSONParser()

    @classmethod
    def from_session(cls, session: Session, limits: HttpLimits) -> StatementTransport:
        """Create a transport with the endpoint, region and credentials of botocore's clients.

        Parameters
        ----------
        session
            botocore's session.
        limits
            Limits of its connections.

        Raises
        ------
        botocore.exceptions.NoCredentialsError
            If the environment has no credentials.
        """
        meta = session.create_client(SERVICE).meta
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return cls(
            endpoint_url=meta.endpoint_url,
            region=meta.region_name,
            credentials=credentials,
            http=_http_session(session, meta, limits),
            user_agent=session.user_agent(),
        )

    def batch_execute_statement(
        self,
        *,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (the API's name)
    ) -> Mapping[str, Any]:
        """Run up to 25 statements, each succeeding or failing on its own.

        Raises
        ------
        botocore.exceptions.ClientError
            If DynamoDB refuses the request as a whole.
        botocore.exceptions.BotoCoreError
            If there is no answer, or it is corrupted.
        """
        return self._send(_BATCH, {"Statements": Statements})

    def put_item(self, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 (the API's)
        """Write one item; the arguments are those of the API, and ask for nothing back.

        Raises
        ------
        botocore.exceptions.ClientError
            If DynamoDB refuses the request. Its response holds the stored item, in the wire's
            form, if a condition with ``ReturnValuesOnConditionCheckFailure`` was refused.
        botocore.exceptions.BotoCoreError
            If there is no answer, or it is corrupted.
        """
        answer = self._send(_PUT, arguments)
        if answer:
            raise ResponseParserError("content where DynamoDB sends none")
        return answer

    def rehearse(self) -> None:
        """Build a request and read an error, without sending anything.

        If botocore signs otherwise than `handler.signature`, requests get botocore's signature.

        Raises
        ------
        Exception
            Whatever a part of botocore raises that is not what this module knows.
        """
        rehearse_bounded()
        rehearse_direct()
        credentials = Credentials("key", "secret", "token").get_frozen_credentials()
        self._signed_by_botocore({"X-Amz-Target": _PUT}, b"{}", credentials)
        if self._signature is not None and not self._signature.agrees(self._url):
            _logger.warning(
                "botocore has changed (its signature): requests to DynamoDB have botocore's, which "
                "takes more CPU time; deploy a version of this program that knows it"
            )
            self._signature = None
        self._signed(_PUT, {}, credentials)
        error = self._error(_PUT, 400, {}, b'{"__type": "com.amazonaws#Known"}')
        if error.response["Error"]["Code"] != "Known":
            raise ResponseParserError("an error without its code")

    def _send(self, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        request = self._signed(operation, arguments, self._credentials.get_frozen_credentials())
        response = self._http.send(request)
        body = response.content
        checksum = response.headers.get("x-amz-crc32")
        if checksum is not None and int(checksum) != zlib.crc32(body):
            raise ChecksumError(error=None)
        if response.status_code == _OK:
            answer = orjson.loads(body)
            if not isinstance(answer, dict):
                raise ResponseParserError("an answer that is not an object")
            return answer
        raise self._error(operation, response.status_code, response.headers, body)

    def _signed(
        self, operation: str, arguments: Mapping[str, Any], credentials: ReadOnlyCredentials
    ) -> AWSPreparedRequest:
        target = f"DynamoDB_20120810.{operation}"
        body = orjson.dumps(arguments, default=_base64)
        headers: Any = {"User-Agent": self._user_agent}
        if self._signature is None:
            return self._signed_by_botocore({**headers, "X-Amz-Target": target}, body, credentials)
        moment = moment_of(time.time())
        headers.update(self._signature.headers(target, body, credentials, moment))
        headers["Content-Length"] = str(len(body))
        return AWSPreparedRequest("POST", self._url, headers, body, stream_output=False)

    def _signed_by_botocore(
        self, headers: Mapping[str, str], body: bytes, credentials: ReadOnlyCredentials
    ) -> AWSPreparedRequest:
        request = AWSRequest(
            method="POST",
            url=self._url,
            headers={**headers, "Content-Type": CONTENT_TYPE},
            data=body,
        )
        SigV4Auth(credentials, SERVICE, self._region).add_auth(request)
        return request.prepare()

    def _error(
        self, operation: str, status: int, headers: Mapping[str, str], body: bytes
    ) -> ClientError:
        # Without a shape, the parser takes code and message from body and headers, but no Item.
        parsed: dict[str, Any] = self._parser.parse(
            {"status_code": status, "headers": headers, "body": body},
            None,  # type: ignore[arg-type]
        )
        parsed.update(_stored_item(body))
        return ClientError(parsed, operation)  # type: ignore[arg-type]


def _http_session(session: Session, meta: ClientMeta, limits: HttpLimits) -> HttpSession:
    """Return a direct session, or botocore's where a proxy or a certificate of ours is needed."""
    url, config = meta.endpoint_url, vars(meta.config)
    if is_direct(url) and not config.get("client_cert"):
        return DirectSession.for_endpoint(session, url, limits)
    return BoundedSession.for_endpoint(session, url, limits)


def _stored_item(body: bytes) -> dict[str, Any]:
    """Return the stored item of a refused condition, if an error's body has one."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return {"Item": answer["Item"]} if isinstance(answer, dict) and "Item" in answer else {}


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError("not an attribute value")
