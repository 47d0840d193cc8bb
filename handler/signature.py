"""The signature of requests to DynamoDB: AWS Signature Version 4 for this one form of request.

Source: AWS Identity and Access Management user guide, "Create a signed AWS API request". botocore
signs requests of any form, and takes several times the CPU time. `Signature.agrees` compares the
two.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

CONTENT_TYPE = "application/x-amz-json-1.0"
SERVICE = "dynamodb"
_ALGORITHM = "AWS4-HMAC-SHA256"


class Signature:
    """Signs requests to the root of one endpoint. Thread-safe.

    Parameters
    ----------
    host
        Header ``Host`` of the requests.
    region
        AWS region.
    """

    def __init__(self, host: str, region: str) -> None:
        self._host = host
        self._region = region
        # Secret, day and their key, replaced as a whole, for several threads use it.
        self._key: tuple[str | None, str, bytes] = None, "", b""

    def headers(
        self, target: str, body: bytes, credentials: ReadOnlyCredentials, moment: str
    ) -> dict[str, str]:
        """Return the headers of a request that the signature covers, and the signature.

        Parameters
        ----------
        target
            Header ``X-Amz-Target``.
        body
            Content of the request.
        credentials
            One set of credentials.
        moment
            Header ``X-Amz-Date``, as of `moment_of`.
        """
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target, "X-Amz-Date": moment}
        token_line = token_name = ""
        if credentials.token:
            headers["X-Amz-Security-Token"] = credentials.token
            token_line = f"x-amz-security-token:{' '.join(credentials.token.split())}\n"
            token_name = "x-amz-security-token;"  # noqa: S105 (a name)
        names = f"content-type;host;x-amz-date;{token_name}x-amz-target"
        request = (
            f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{self._host}\nx-amz-date:{moment}\n"
            f"{token_line}x-amz-target:{target}\n\n{names}\n{sha256(body).hexdigest()}"
        )
        day = moment[:8]
        scope = f"{day}/{self._region}/{SERVICE}/aws4_request"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = _hmac(self._key_of(credentials.secret_key, day), text).hex()
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _key_of(self, secret: str | None, day: str) -> bytes:
        known_secret, known_day, key = self._key
        if known_secret != secret or known_day != day:
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, SERVICE, "aws4_request"):
                key = _hmac(key, part)
            self._key = secret, day, key
        return key

    def agrees(self, url: str) -> bool:
        """Return whether botocore signs the same request alike.

        Parameters
        ----------
        url
            The endpoint.

        Raises
        ------
        Exception
            Whatever a part of botocore raises that is not what this module knows.
        """
        credentials = Credentials("key", "secret", "token").get_frozen_credentials()
        target, body = "DynamoDB_20120810.PutItem", b"{}"
        request = AWSRequest(
            method="POST",
            url=url,
            headers={"Content-Type": CONTENT_TYPE, "X-Amz-Target": target},
            data=body,
        )
        SigV4Auth(credentials, SERVICE, self._region).add_auth(request)
        expected = dict(request.headers.items())
        return expected == self.headers(target, body, credentials, expected.get("X-Amz-Date", ""))


def moment_of(now: float) -> str:
    """Return a time in seconds since the epoch as the header ``X-Amz-Date``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
