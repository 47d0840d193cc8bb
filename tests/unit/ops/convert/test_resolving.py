"""Everything that was written under a key becomes one item."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from ops.convert.resolving import resolved

HASH = {"hash": {"B": "AA=="}}
LIVE = {"revisionState": {"S": "live"}, "name": {"S": "Ann"}, **HASH}
REDACTED = {"revisionState": {"S": "redacted"}, "dataHash": {"B": "AA=="}, **HASH}
STUB = {"revisionState": {"S": "redacted"}}


def line(version: int, item: dict[str, Any], *, is_state: bool) -> tuple[bytes, bytes]:
    key = {"pk": {"S": "doc"}, "version": {"N": str(version)}}
    name = "doc" if is_state else ["doc", str(version)]
    return json.dumps(name).encode(), json.dumps({"Item": key | item}).encode()


def items(*lines: tuple[bytes, bytes]) -> list[bytes]:
    return resolved(*zip(*lines, strict=True))


def only(*lines: tuple[bytes, bytes]) -> dict[str, Any]:
    (found,) = items(*lines)
    item: dict[str, Any] = json.loads(found)["Item"]
    return item


def test_the_highest_version_of_a_document_stays() -> None:
    lines = [line(version, {}, is_state=True) for version in (1, 3, 2)]

    assert only(*lines)["version"] == {"N": "3"}


def test_a_state_and_a_revision_are_two_items() -> None:
    lines = [line(1, LIVE, is_state=is_state) for is_state in (True, False)]

    assert len(items(*lines)) == 2


@pytest.mark.parametrize("order", permutations([LIVE, STUB]))
def test_a_redaction_takes_the_data_of_its_revision(order: tuple[dict[str, Any], ...]) -> None:
    item = only(*(line(1, each, is_state=False) for each in order))

    assert item["revisionState"] == {"S": "redacted"}
    assert "name" not in item
    assert "hash" in item


@pytest.mark.parametrize("order", permutations([LIVE, REDACTED, STUB]))
def test_a_redacted_copy_comes_before_a_whole_one(order: tuple[dict[str, Any], ...]) -> None:
    item = only(*(line(1, each, is_state=False) for each in order))

    assert "name" not in item
    assert item["revisionState"] == {"S": "redacted"}


def test_the_same_revision_twice_is_one() -> None:
    assert only(line(1, LIVE, is_state=False), line(1, LIVE, is_state=False))["name"] == {
        "S": "Ann"
    }
