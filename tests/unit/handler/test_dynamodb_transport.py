"""The transport before it connects.

Its requests, and its handling of answers, are tested with a server in tests/integration.
"""

from __future__ import annotations

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from handler.dynamodb_transport import StatementTransport
from handler.http_limits import HttpLimits


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(NoCredentialsError):
        StatementTransport.from_session(botocore.session.get_session(), HttpLimits(connections=2))


def test_an_invalid_attribute_value_is_refused_without_quoting_it() -> None:
    transport = StatementTransport(
        endpoint_url="http://127.0.0.1:9",
        region="eu-west-1",
        credentials=Credentials("AKID", "secret"),
        http=URLLib3Session(),
        user_agent="agent",
    )

    with pytest.raises(TypeError) as caught:
        transport.batch_execute_statement(Statements=[{"x": {1}}])

    assert "{1}" not in str(caught.value)
