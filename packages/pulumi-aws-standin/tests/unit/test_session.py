"""Proves that the provider calls only a local AWS, and that its waits end."""

from __future__ import annotations

import pytest
from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.session import Session

LOCAL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_QLDB": "http://127.0.0.1:2",
}


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2", region="eu-west-1")


@pytest.mark.parametrize("variable", list(LOCAL))
def test_a_missing_endpoint_is_named_with_the_remedy(variable: str) -> None:
    remedy = f"set {variable} to the URL of a local AWS"
    with pytest.raises(ProviderError, match=f"{variable} is not set: {remedy}"):
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
    with pytest.raises(ProviderError, match=f"{variable} points to AWS itself"):
        Session.from_environment({**LOCAL, variable: endpoint}, None)


def test_an_endpoint_that_is_not_a_url_is_refused() -> None:
    with pytest.raises(ProviderError, match="AWS_ENDPOINT_URL is not a URL"):
        Session.from_environment({**LOCAL, "AWS_ENDPOINT_URL": "localhost"}, None)


def test_every_client_calls_the_emulator(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint of a single service in the environment must have no effect."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com")
    again = Session.from_environment(LOCAL, "eu-west-1")
    metas = [
        again.dynamodb.meta,
        again.iam.meta,
        again.kinesis.meta,
        again.kms.meta,
        again.lambda_.meta,
        again.logs.meta,
        again.s3.meta,
        again.sfn.meta,
        again.sns.meta,
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


def test_a_wait_ends_when_the_condition_holds(session: Session) -> None:
    answers = iter([False, False, True])
    session.wait("never", lambda: next(answers), 5)
    assert next(answers, None) is None


def test_a_wait_that_takes_too_long_names_the_failure(session: Session) -> None:
    with pytest.raises(ProviderError, match="gave up after 0 s: the moon"):
        session.wait("the moon", lambda: False, 0.1)


def test_a_cancelled_deployment_ends_the_wait() -> None:
    cancelled = Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")
    cancelled.cancel()
    with pytest.raises(ProviderError, match="cancelled: the moon"):
        cancelled.wait("the moon", lambda: False, 60)
