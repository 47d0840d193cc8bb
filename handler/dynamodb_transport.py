"""A thin client for ``BatchExecuteStatement`` and ``PutItem``, built on parts of botocore.

Credentials and their renewal, the endpoint, the signature, TLS, proxies, connections and timeouts
are botocore's (`Credentials`, `SigV4Auth`, `BoundedSession`), and so are the exceptions and the
parser of error answers (`JSONParser`). Left out are serialization and parsing by the service model
and the event hooks around them: orjson reads and writes the plain JSON of the body. Retries are
left out too: `handler.writer` makes them within the time of the invocation.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.parsers import JSONParser, ResponseParserError

from handler.bounded_http import BoundedSession, rehearse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.credentials import ReadOnlyCredentials
    from botocore.httpsession import URLLib3Session
    from botocore.session import Session

    from handler.http_limits import HttpLimits

_BATCH, _PUT = "BatchExecuteStatement", "PutItem"
_SERVICE = "dynamodb"
_OK = 200


class ChecksumError(HTTPClientError):
    """The body of an answer does not match its header ``x-amz-crc32``."""

    fmt = "The checksum of the answer is wrong"


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
        Sends requests; holds connections, TLS and timeouts.
    user_agent
        Header of the requests.
    """

    def __init__(
        self,
        *,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        http: URLLib3Session,
        user_agent: str,
    ) -> None:
        self._url = endpoint_url.rstrip("/") + "/"
        self._credentials = credentials
        self._region = region
        self._http = http
        self._headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "User-Agent": user_agent,
        }
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
        meta = session.create_client(_SERVICE).meta
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return cls(
            endpoint_url=meta.endpoint_url,
            region=meta.region_name,
            credentials=credentials,
            http=BoundedSession.for_endpoint(session, meta.endpoint_url, limits),
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

        Raises
        ------
        Exception
            Whatever a part of botocore raises that is not what this module knows.
        """
        rehearse()
        self._signed(_PUT, {}, Credentials("key", "secret", "token").get_frozen_credentials())
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
        request = AWSRequest(
            method="POST",
            url=self._url,
            headers={**self._headers, "X-Amz-Target": f"DynamoDB_20120810.{operation}"},
            data=orjson.dumps(arguments, default=_base64),
        )
        SigV4Auth(credentials, _SERVICE, self._region).add_auth(request)
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
