"""The report for machines."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from journal.exports.findings import Finding
from ops.exports.report_json import json_text
from ops.exports.verification import DigestVerification, RevisionCounts, TableVerification
from tests.support.verifications import ATTACK, HOSTILE, NOT_PROVEN, NOTHING, OBJECT, PROVEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ops.exports.verification import Verification


def report(verification: Verification) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_text(verification))
    return found


def camel_case(names: Iterable[str]) -> set[str]:
    return {re.sub("_(.)", lambda found: found[1].upper(), name) for name in names}


def names(of: type) -> set[str]:
    return camel_case(each.name for each in fields(of))


@pytest.mark.parametrize(
    ("verification", "outcome", "status"),
    [(PROVEN, "proven", 0), (NOT_PROVEN, "notProven", 1), (NOTHING, "notRead", 2)],
)
def test_the_outcome_is_a_word_and_the_exit_status(
    verification: Verification, outcome: str, status: int
) -> None:
    found = report(verification)

    assert (found["outcome"], found["exitStatus"]) == (outcome, status)


def test_the_format_has_a_number() -> None:
    assert report(PROVEN)["format"] == 1


def test_every_field_of_the_result_is_there() -> None:
    found = report(NOT_PROVEN)

    assert set(found) == names(type(PROVEN)) | {"format", "exitStatus", "firstBadBlock"}
    assert set(found["counts"]) == names(RevisionCounts) | {"revisions"}
    assert set(found["tables"][0]) == names(TableVerification)
    assert set(found["digests"][0]) == names(DigestVerification)
    assert set(found["findings"][0]) == camel_case(Finding._fields)


def test_values_are_those_of_the_result() -> None:
    found = report(NOT_PROVEN)

    assert found["source"] == "s3://archive/exports/"
    assert found["startedAt"] == "2026-11-30T00:53:20Z"
    assert found["seconds"] == 83.4
    assert found["toolVersion"] == "9.8.7"
    assert found["command"] == "python -m ops verify s3://archive/exports/ --html report.html"
    assert found["formats"] == {"Ion binary": 11, "JSON": 1}
    assert (found["objects"], found["bytes"], found["blocks"]) == (12, 1_234_567_890, 71_999)
    assert found["lastBlock"] == {"sequenceNo": 71_998, "timestamp": "2021-02-03T04:05:06.789Z"}
    assert found["hashOnlyRevisions"] == 14
    assert found["counts"] == {
        "revisions": 1_234_576,
        "proven": 1_234_000,
        "provenRetyped": 567,
        "notProvable": 8,
        "wrong": 1,
        "deleted": 89,
        "redacted": 2,
    }
    assert [each["name"] for each in found["tables"]] == ["Person", "Vehicle"]
    assert found["digests"][0]["isProven"] is False
    assert found["findingCounts"] == {"revision hash": 1, "chain": 7, "missing object": 1}
    assert found["firstBadBlock"] == 4711
    assert found["findings"][1] == {
        "kind": "chain",
        "detail": "The block names another previous block.",
        "key": OBJECT,
        "offset": 2_097_152,
        "sequenceNo": 4713,
        "documentId": None,
        "version": None,
    }
    assert found["revisionsByDay"]["2020-01-02"] == 237


def test_what_is_unknown_is_null() -> None:
    found = report(NOTHING)

    assert found["strandId"] is found["firstBlock"] is found["firstBadBlock"] is None


def test_hostile_names_are_kept_exactly_and_written_in_ascii() -> None:
    text = json_text(HOSTILE)

    assert text.isascii()
    assert not set(map(chr, range(32))) - {"\n"} & set(text)
    assert json.loads(text)["tables"][0]["name"] == ATTACK


def test_large_numbers_are_exact() -> None:
    assert report(replace(PROVEN, bytes=2**63 + 1))["bytes"] == 2**63 + 1
