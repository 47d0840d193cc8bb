"""Proves the calls of QLDB's control plane, with a server on the loopback interface."""

from __future__ import annotations

import pytest
from pulumi_aws_standin.errors import ServiceError
from pulumi_aws_standin.qldb_client import QldbClient

from tests.support.http_stub import HttpStub


@pytest.mark.parametrize(
    ("status", "headers", "text", "code", "message"),
    [
        (404, {"x-amzn-ErrorType": "ANotFound:extra"}, '{"Message": "m"}', "ANotFound", "m"),
        (412, {}, '{"__type": "prefix#NotMet", "message": "m"}', "NotMet", "m"),
        (404, {}, "{}", "ResourceNotFoundException", "Not Found"),
        (500, {}, "no JSON", "HTTP 500", "Internal Server Error"),
    ],
)
def test_qldb_errors_carry_their_code(
    status: int, headers: dict[str, str], text: str, code: str, message: str
) -> None:
    with (
        HttpStub((status, headers, text)) as stub,
        pytest.raises(ServiceError, match=f"{code}: {message}") as error,
    ):
        QldbClient(stub.endpoint).call("GET", "ledgers", "none")
    assert error.value.code == code


def test_a_path_is_percent_encoded_and_a_body_is_json() -> None:
    with HttpStub((200, {}, ""), (200, {}, '{"Tags": {}}')) as stub:
        client = QldbClient(f"{stub.endpoint}/")
        assert client.call("DELETE", "tags", "arn:a/b", query="tagKeys=x") == {}
        assert client.call("POST", "ledgers", body={"Name": "l"}) == {"Tags": {}}
    assert stub.requests == [
        ("DELETE", "/tags/arn%3Aa%2Fb?tagKeys=x", None),
        ("POST", "/ledgers", {"Name": "l"}),
    ]


def test_a_service_that_does_not_run_is_named() -> None:
    with pytest.raises(ServiceError, match=r"127.0.0.1:9 gives no answer .* is it running"):
        QldbClient("http://127.0.0.1:9").call("GET", "ledgers", "x")
