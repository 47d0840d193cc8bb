"""Which endpoints the direct session is for, and what its rehearsal notices.

Its requests and its faults are tested with servers in tests/integration.
"""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

import pytest

from handler import direct_http
from handler.direct_http import host_header, is_direct, is_plain, rehearse

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"),
        ("https://dynamodb.eu-west-1.amazonaws.com:443/", "dynamodb.eu-west-1.amazonaws.com"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://LOCALHOST:80/", "localhost"),
        ("https://localhost:80/", "localhost:80"),
    ],
)
def test_an_endpoint_without_a_path_is_plain(url: str, host: str) -> None:
    assert is_plain(url)
    assert host_header(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://host/path",
        "https://host/?query",
        "https://user:password@host/",
        "http://[::1]:8000",
        "https://h\u00f6st/",
        "https://host\n",
        "https://ho st/",
        "ftp://host/",
        "https://",
    ],
)
def test_other_endpoints_are_left_to_botocore(url: str) -> None:
    assert not is_plain(url)
    assert not is_direct(url)


@pytest.mark.parametrize(
    ("variables", "direct"),
    [
        ({}, True),
        ({"HTTPS_PROXY": "http://proxy:1"}, False),
        ({"https_proxy": "http://proxy:1"}, False),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "other,.amazonaws.com"}, True),
        ({"HTTP_PROXY": "http://proxy:1"}, True),
        ({"HTTPS_PROXY": ""}, True),
    ],
)
def test_an_endpoint_behind_a_proxy_is_left_to_botocore(
    variables: dict[str, str],
    direct: bool,  # noqa: FBT001 (a parameter of the test)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert is_direct("https://dynamodb.eu-west-1.amazonaws.com") == direct


def without_urllib3_context(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(direct_http, "create_urllib3_context", lambda: None)


def without_certificates(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(direct_http, "get_cert_path")


def with_another_error(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(direct_http, "SSLError", lambda *, endpoint: endpoint)


def with_another_response(patch: pytest.MonkeyPatch) -> None:
    def begin(response: Any) -> None:  # noqa: ANN401 (the original's)
        response.headers = response.msg = http.client.HTTPMessage()
        response.status, response.length = 200, 0

    patch.setattr(http.client.HTTPResponse, "begin", begin)


@pytest.mark.parametrize(
    "change",
    [
        without_urllib3_context,
        without_certificates,
        with_another_error,
        with_another_response,
    ],
)
def test_a_changed_part_is_noticed(
    change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearse()
    change(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever a changed part raises)
        rehearse()
