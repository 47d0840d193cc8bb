"""Tags of ledgers and streams: TagResource, UntagResource, ListTagsForResource, tags at creation.

Cannot prove what QLDB did with a key that exists already: according to the model's text it fails,
but the AWS provider relies on the replacement of the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.api import STREAM

if TYPE_CHECKING:
    from tests.support.api import Api

MANY = {f"key{number}": "" for number in range(51)}


def _path(arn: str) -> str:
    return f"/tags/{quote(arn, safe='')}"


def _tags(api: Api, arn: str) -> dict[str, str]:
    _, _, answer = api("GET", _path(arn))
    tags: dict[str, str] = answer["Tags"]
    return tags


@pytest.fixture(params=["ledger", "stream", "ended stream"])
def arn(api: Api, request: pytest.FixtureRequest) -> str:
    """ARN of a resource that was created with the tag ``a``."""
    tags = {"a": "b"}
    if request.param == "ledger":
        return api.create_ledger("one", Tags=tags)
    api.create_ledger("one")
    stream_id = api.create_stream("one", Tags=tags)
    arn = str(api.describe_stream("one", stream_id)["Arn"])
    if request.param == "ended stream":
        api("DELETE", f"/ledgers/one/journal-kinesis-streams/{stream_id}")
    return arn


def test_a_resource_has_the_tags_of_its_creation(api: Api, arn: str) -> None:
    assert api("GET", _path(arn)) == (200, None, {"Tags": {"a": "b"}})


def test_tagging_adds_to_the_tags(api: Api, arn: str) -> None:
    assert api("POST", _path(arn), {"Tags": {"c": "d", "e": ""}}) == (200, None, {})

    assert _tags(api, arn) == {"a": "b", "c": "d", "e": ""}


def test_tagging_replaces_the_value_of_a_key(api: Api, arn: str) -> None:
    api("POST", _path(arn), {"Tags": {"a": "new"}})

    assert _tags(api, arn) == {"a": "new"}


def test_a_value_of_null_is_empty(api: Api, arn: str) -> None:
    api("POST", _path(arn), {"Tags": {"a": None}})

    assert _tags(api, arn) == {"a": ""}


def test_untagging_removes_the_named_keys(api: Api, arn: str) -> None:
    api("POST", _path(arn), {"Tags": {"c": "d", "e": "f"}})

    assert api("DELETE", f"{_path(arn)}?tagKeys=a&tagKeys=e") == (200, None, {})

    assert _tags(api, arn) == {"c": "d"}


def test_untagging_ignores_a_key_that_is_not_there(api: Api, arn: str) -> None:
    assert api("DELETE", f"{_path(arn)}?tagKeys=nothing") == (200, None, {})

    assert _tags(api, arn) == {"a": "b"}


def test_keys_and_values_survive_the_encoding_of_the_query(api: Api, arn: str) -> None:
    key, value = "cost centre/größe&x=1+1", "50 % + 1"
    api("POST", _path(arn), {"Tags": {key: value}})
    assert _tags(api, arn)[key] == value

    api("DELETE", f"{_path(arn)}?tagKeys={quote(key, safe='')}")

    assert _tags(api, arn) == {"a": "b"}


@pytest.mark.parametrize(
    "tags", [None, [], {"": "x"}, {"k" * 129: "x"}, {"k": 1}, {"k": "v" * 257}, MANY]
)
def test_wrong_tags_are_refused_and_change_nothing(api: Api, arn: str, tags: object) -> None:
    status, error, answer = api("POST", _path(arn), {"Tags": tags})

    assert (status, error) == (400, "InvalidParameterException")
    assert answer["ParameterName"] == "Tags"
    assert _tags(api, arn) == {"a": "b"}


def test_a_resource_has_at_most_fifty_tags(api: Api, arn: str) -> None:
    forty_nine = {f"key{number}": "" for number in range(49)}
    assert api("POST", _path(arn), {"Tags": forty_nine})[0] == 200

    status, error, _ = api("POST", _path(arn), {"Tags": {"one more": ""}})

    assert (status, error) == (400, "InvalidParameterException")
    assert len(_tags(api, arn)) == 50


@pytest.mark.parametrize(
    "query", ["tagKeys=", f"tagKeys={'k' * 129}", "&".join(f"tagKeys={key}" for key in MANY)]
)
def test_wrong_keys_are_refused_and_remove_nothing(api: Api, arn: str, query: str) -> None:
    status, error, answer = api("DELETE", f"{_path(arn)}?{query}")

    assert (status, error) == (400, "InvalidParameterException")
    assert answer["ParameterName"] == "TagKeys"
    assert _tags(api, arn) == {"a": "b"}


def test_the_longest_key_and_value_are_accepted(api: Api, arn: str) -> None:
    longest = {"k" * 128: "v" * 256}

    assert api("POST", _path(arn), {"Tags": longest})[0] == 200

    assert _tags(api, arn) == {"a": "b"} | longest


@pytest.mark.parametrize("tags", [{"a": 1}, {"": ""}, MANY])
def test_a_ledger_is_not_created_with_wrong_tags(api: Api, tags: object) -> None:
    body = {"Name": "one", "PermissionsMode": "STANDARD", "Tags": tags}

    assert api("POST", "/ledgers", body)[:2] == (400, "InvalidParameterException")

    assert api("GET", "/ledgers/one")[0] == 404


def test_a_stream_is_not_started_with_wrong_tags(api: Api) -> None:
    api.create_ledger("one")
    path = "/ledgers/one/journal-kinesis-streams"

    assert api("POST", path, STREAM | {"Tags": MANY})[:2] == (400, "InvalidParameterException")

    assert api("GET", path)[2] == {"Streams": []}


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("POST", {"Tags": {"a": "b"}}), ("DELETE", None)]
)
@pytest.mark.parametrize(
    "missing",
    [
        "arn:aws:qldb:us-east-1:000000000000:ledger/none",
        "arn:aws:qldb:us-east-1:000000000000:stream/one/0123456789abcdefABCDEF",
        "arn:aws:qldb:eu-west-1:000000000000:ledger/one",
        "arn:aws:qldb",
    ],
)
def test_a_missing_resource_is_not_found(api: Api, missing: str, method: str, body: object) -> None:
    api.create_ledger("one")

    status, error, answer = api(method, f"{_path(missing)}?tagKeys=a", body)

    assert (status, error) == (404, "ResourceNotFoundException")
    assert answer["ResourceName"] == missing


def test_a_deleted_ledger_takes_its_tags_with_it(api: Api) -> None:
    arn = api.create_ledger("one", Tags={"a": "b"})
    api("DELETE", "/ledgers/one")
    assert api("GET", _path(arn))[0] == 404

    api.create_ledger("one")

    assert _tags(api, arn) == {}


def test_an_arn_may_stand_in_the_path_without_escapes(api: Api) -> None:
    arn = api.create_ledger("one", Tags={"a": "b"})

    assert api("GET", f"/tags/{arn}")[2] == {"Tags": {"a": "b"}}
