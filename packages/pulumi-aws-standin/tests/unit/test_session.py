"""Proves that the provider can reach nothing but a local AWS, and how it waits and calls QLDB."""

from __future__ import annotations

import pytest
from pulumi_aws_standin.errors import ProviderError, ServiceError
from pulumi_aws_standin.session import QldbClient, Session

from tests.support.http_stub import HttpStub

LOCAL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_QLDB": "http://127.0.0.1:2",
}


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2", region="eu-west-1")


@pytest.mark.parametrize("variable", list(LOCAL))
def test_a_missing_endpoint_is_named_with_the_remedy(variable: str) -> None:
    with pytest.raises(ProviderError, match=f"needs {variable}, .*python -m local up"):
        Session.from_environment({**LOCAL, variable: ""}, None)


@pytest.mark.parametrize("variable", list(LOCAL))
@pytest.mark.parametrize(
    "endpoint",
    [
        "https://kinesis.us-east-1.amazonaws.com",
        "https://AMAZONAWS.COM:443/",
        "https://s3.dualstack.us-east-1.api.aws",
    ],
)
def test_an_endpoint_of_aws_is_refused(variable: str, endpoint: str) -> None:
    with pytest.raises(ProviderError, match=f"{variable} leads to AWS itself"):
        Session.from_environment({**LOCAL, variable: endpoint}, None)


def test_what_is_no_url_is_refused() -> None:
    with pytest.raises(ProviderError, match="AWS_ENDPOINT_URL is not a URL"):
        Session.from_environment({**LOCAL, "AWS_ENDPOINT_URL": "localhost"}, None)


def test_every_client_calls_the_emulator(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint of one service in the environment must not lead elsewhere."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com")
    again = Session.from_environment(LOCAL, "eu-west-1")
    metas = [
        again.dynamodb.meta,
        again.iam.meta,
        again.kinesis.meta,
        again.lambda_.meta,
        again.logs.meta,
        again.s3.meta,
        again.sqs.meta,
        again.sts.meta,
    ]
    assert {meta.endpoint_url for meta in metas} == {"http://127.0.0.1:1"}
    assert session.region in {meta.region_name for meta in metas}


def test_the_region_is_the_configured_one_or_the_environments() -> None:
    assert Session.from_environment(LOCAL, "eu-west-1").region == "eu-west-1"
    assert Session.from_environment({**LOCAL, "AWS_REGION": "eu-north-1"}, None).region == (
        "eu-north-1"
    )


def test_a_wait_ends_when_it_is_so(session: Session) -> None:
    answers = iter([False, False, True])
    session.wait("never", lambda: next(answers), 5)
    assert next(answers, None) is None


def test_a_wait_that_takes_too_long_says_for_what(session: Session) -> None:
    with pytest.raises(ProviderError, match="gave up after 0 s: the moon"):
        session.wait("the moon", lambda: False, 0.1)


def test_a_cancelled_deployment_ends_the_wait() -> None:
    cancelled = Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")
    cancelled.cancel()
    with pytest.raises(ProviderError, match="cancelled: the moon"):
        cancelled.wait("the moon", lambda: False, 60)


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


def test_a_service_that_is_not_there_is_named_with_the_remedy() -> None:
    with pytest.raises(ServiceError, match=r"127.0.0.1:9 gives no answer .*python -m local up"):
        QldbClient("http://127.0.0.1:9").call("GET", "ledgers", "x")
