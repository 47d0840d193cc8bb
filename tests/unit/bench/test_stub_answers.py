"""The stub DynamoDB's answers and counts, without a connection.

`tests/integration/bench` proves that boto3 understands it.
"""

from __future__ import annotations

import json

import pytest

from bench.stub_server import Answer, answer_to

# The values hold text that looks like a statement of the request itself.
STATEMENTS = [
    {"Statement": "INSERT INTO \"t\" VALUE {'pk': ?}", "Parameters": [{"S": '"Statement":'}]},
    {"Statement": 'UPDATE "t" SET "a"=? WHERE "pk"=?', "Parameters": [{"S": "a"}, {"S": "b"}]},
]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_document_that_looks_like_a_statement_is_not_counted(
    separators: tuple[str, str],
) -> None:
    body = json.dumps({"Statements": STATEMENTS}, separators=separators).encode()

    writes, _ = answer_to(Answer.ACCEPT, "BatchExecuteStatement", body)

    assert writes == 2


def test_an_operation_other_than_a_write_is_an_error() -> None:
    writes, answer = answer_to(Answer.ACCEPT, "Scan", b"{}")

    assert writes == 0
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"UnknownOperationException" in answer
