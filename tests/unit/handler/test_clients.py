"""The function works with a botocore whose inner parts have changed: with its own clients.

That the writer does its work on botocore's client too is proven on DynamoDB Local.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import botocore.auth
import botocore.awsrequest
import botocore.httpsession
import botocore.parsers
import botocore.session
import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError

from handler.clients import bounded_session, statement_client
from handler.failure_client import LazyFailureClient
from handler.http_limits import HttpLimits

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = HttpLimits(connect_seconds=1.5, read_seconds=4.5, connections=3)


def remove_connection_class(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(botocore.awsrequest, "AWSHTTPConnection")


def remove_pool_classes(patch: pytest.MonkeyPatch) -> None:
    original = botocore.httpsession.URLLib3Session.__init__

    def without(session: Any, **options: Any) -> None:  # noqa: ANN401 (the original's)
        original(session, **options)
        del session._pool_classes_by_scheme

    patch.setattr(botocore.httpsession.URLLib3Session, "__init__", without)


def change_connection(patch: pytest.MonkeyPatch) -> None:
    def request(_self: object, *, method: str, url: str) -> None:
        raise AssertionError((method, url))

    patch.setattr(botocore.awsrequest.AWSConnection, "request", request)


def remove_certificates(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(botocore.httpsession, "get_cert_path")


def change_signer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(botocore.auth.SigV4Auth, "add_auth", lambda _self: None)


def change_parser(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(botocore.parsers.JSONParser, "parse", lambda *_: {"Error": {"Code": ""}})


CHANGES_OF_HTTP = [remove_connection_class, remove_pool_classes, change_connection]


@pytest.fixture(autouse=True)
def _imported_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bounded_http", "direct_http", "dynamodb_transport"):
        monkeypatch.delitem(sys.modules, f"handler.{name}", raising=False)


@pytest.mark.parametrize(
    "change", [*CHANGES_OF_HTTP, remove_certificates, change_signer, change_parser]
)
def test_a_changed_part_makes_botocores_client_write(
    change: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # given a botocore with a part that is not what the transport knows
    change(monkeypatch)
    # when the client is made
    with caplog.at_level(logging.WARNING):
        client: Any = statement_client(botocore.session.get_session(), LIMITS)
    # then it is botocore's, with the same limits and without retries of its own
    config = client.meta.config
    assert client.meta.service_model.service_name == "dynamodb"
    assert (config.connect_timeout, config.read_timeout) == (1.5, 4.5)
    assert config.max_pool_connections == 3
    assert config.retries["total_max_attempts"] == 1
    # and the log says so
    assert "requests to DynamoDB use its own client" in caplog.text


@pytest.mark.parametrize("change", CHANGES_OF_HTTP)
def test_a_changed_part_makes_botocores_client_store_failures(
    change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch)
    session = botocore.session.get_session()

    put_object: Any = LazyFailureClient(session, LIMITS).put_object

    client = put_object.__self__
    assert bounded_session(session, client.meta.endpoint_url, LIMITS) is None
    assert client.meta.config.read_timeout == 4.5
    # No handler answers in the place of botocore's own session.
    assert client.meta.events.emit_until_response("before-send.s3")[1] is None


def test_the_botocore_in_use_is_known(caplog: pytest.LogCaptureFixture) -> None:
    client = statement_client(botocore.session.get_session(), LIMITS)

    assert type(client).__name__ == "StatementTransport"
    assert "has changed" not in caplog.text


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), NoCredentialsError),
        (("AWS_REGION", "AWS_DEFAULT_REGION"), NoRegionError),
    ],
)
def test_what_the_environment_lacks_is_no_change_of_botocore(
    variables: tuple[str, ...],
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in variables:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(error):
        statement_client(botocore.session.get_session(), LIMITS)

    assert "has changed" not in caplog.text
