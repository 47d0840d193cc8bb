"""Proves which IAM policy documents are considered equal."""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.policies import canonical_policy, parse_policy

BASE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["b", "a"]},
            "Action": ["s3:Get", "s3:Put"],
            "Resource": "r",
            "Condition": {"Bool": {"aws:SecureTransport": True}},
        },
        {"Effect": "Deny", "Action": "x", "Resource": ["q"]},
    ],
}


def canonical(document: object) -> str:
    return canonical_policy(json.dumps(document))


@pytest.mark.parametrize(
    "other",
    [
        {"Statement": list(reversed(BASE["Statement"])), "Version": "2012-10-17"},
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": ["a", "b"]},
                    "Action": ["s3:Put", "s3:Get", "s3:Put"],
                    "Resource": ["r"],
                    "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
                },
                {"Effect": "Deny", "Action": ["x"], "Resource": "q"},
            ],
        },
    ],
)
def test_the_same_meaning_is_the_same(other: object) -> None:
    assert canonical(other) == canonical(BASE)


def test_one_statement_needs_no_list() -> None:
    statement = {"Effect": "Allow", "Action": "a", "Resource": "r"}
    assert canonical({"Statement": statement}) == canonical({"Statement": [statement]})


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": ["s3:Get"]},
        {"Resource": "other"},
        {"Principal": {"AWS": "a"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "Named"},
    ],
)
def test_documents_with_different_meanings_differ(change: dict[str, object]) -> None:
    first = BASE["Statement"][0]
    assert isinstance(first, dict)
    changed = {**BASE, "Statement": [{**first, **change}, BASE["Statement"][1]]}
    assert canonical(changed) != canonical(BASE)


@pytest.mark.parametrize("text", ["{", "[]", '"text"'])
def test_text_that_is_not_a_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_policy(text)
