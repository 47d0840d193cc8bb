"""A write of the history table with scripted answers, each of which leads to what comes next.

tests/integration proves on DynamoDB Local that the answers are DynamoDB's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.contract import RevisionState
from handler.history import HistoryWrite
from handler.outcomes import (
    APPLIED,
    CONTENDED,
    ITEM_WITHOUT_STATE,
    STALE,
    Outcome,
    Permanent,
    Transient,
)
from handler.replica import Write
from handler.writer import BatchStatementWriter

Answer = Mapping[str, Any]
OK: Answer = {}
EXISTS: Answer = {"Error": {"Code": "DuplicateItem"}}
HASH = {"hash": {"B": b"hash"}}


def write(state: str = "live", document_id: str = "doc", *, is_known: bool = True) -> HistoryWrite:
    return HistoryWrite(
        table_name="history",
        document_id=document_id,
        version=1,
        state=RevisionState(state),
        metadata=HASH if is_known else {},
        content={"name": {"S": "x"}} if state == "live" else {},
    )


def fails(code: str) -> Answer:
    return {"Error": {"Code": code}}


def holds(state: str | None, **attributes: Any) -> Answer:  # noqa: ANN401 (an item's)
    """Return the refusal that carries an item; without a state, one that carries none."""
    if state is None:
        return {"Error": {"Code": "ConditionalCheckFailed"}}
    item = {"pk": {"S": "doc"}, "revisionState": {"S": state}, **attributes}
    return {"Error": {"Code": "ConditionalCheckFailed", "Item": item}}


ABSENT = holds(None)
STUB = holds("redacted")
COMPLETED = holds("redacted", **HASH)
FINAL = holds("redacted", **HASH, dataHash={"B": b"x"})
LIVE = holds("live", **HASH, name={"S": "x"})
FOREIGN = holds("unknown")


class Client:
    """Gives scripted answers."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.requests: list[list[str]] = []
        self.puts: list[Mapping[str, Any]] = []

    def batch_execute_statement(
        self,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (the API's name)
    ) -> dict[str, Any]:
        kinds = [statement["Statement"].split()[0] for statement in Statements]
        for kind, statement in zip(kinds, Statements, strict=True):
            assert ("ReturnValuesOnConditionCheckFailure" in statement) == (kind == "UPDATE")
        self.requests.append(kinds)
        return {"Responses": [next(self._answers) for _ in kinds]}

    def put_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (the API's)
        self.requests.append(["PUT"])
        self.puts.append(arguments)
        answer = next(self._answers)
        if "Error" not in answer:
            return {}
        error = {**answer["Error"], "Code": answer["Error"]["Code"] + "Exception"}
        response: dict[str, Any] = {"Error": error}
        if "Item" in error:
            response["Item"] = error["Item"]
        raise ClientError(response, "PutItem")  # type: ignore[arg-type]


def writer_of(client: Client) -> BatchStatementWriter:
    return BatchStatementWriter(
        client, requests_in_flight=1, sleep=lambda _: None, jitter=lambda: 0.0
    )


def run(client: Client, *writes: HistoryWrite | Write) -> list[Outcome]:
    return writer_of(client).write(writes, 1e12)


@pytest.mark.parametrize(
    ("answers", "kinds", "outcome"),
    [
        ([OK], ["INSERT"], APPLIED),
        ([EXISTS, OK], ["INSERT", "UPDATE"], APPLIED),
        ([EXISTS, LIVE], ["INSERT", "UPDATE"], STALE),
        ([EXISTS, COMPLETED], ["INSERT", "UPDATE"], STALE),
        ([EXISTS, FINAL], ["INSERT", "UPDATE"], STALE),
        ([EXISTS, FOREIGN], ["INSERT", "UPDATE"], Permanent(ITEM_WITHOUT_STATE)),
        ([EXISTS, ABSENT, OK], ["INSERT", "UPDATE", "INSERT"], APPLIED),
        ([EXISTS, STUB, OK], ["INSERT", "UPDATE", "PUT"], APPLIED),
        ([fails("ValidationError"), OK], ["INSERT", "PUT"], APPLIED),
        ([fails("ValidationError"), LIVE], ["INSERT", "PUT"], STALE),
        ([fails("ValidationError"), STUB, OK], ["INSERT", "PUT", "PUT"], APPLIED),
        (
            [fails("ValidationError"), fails("Validation")],
            ["INSERT", "PUT"],
            Permanent("Validation"),
        ),
        ([EXISTS, fails("ThrottlingError"), LIVE], ["INSERT", "UPDATE", "UPDATE"], STALE),
        ([fails("AccessDenied")], ["INSERT"], Transient("AccessDenied")),
    ],
)
def test_each_answer_to_a_revision_decides_what_comes_next(
    answers: list[Answer], kinds: list[str], outcome: Outcome
) -> None:
    client = Client(*answers)
    assert run(client, write()) == [outcome]
    assert [kind for (kind,) in client.requests] == kinds


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([OK], APPLIED),
        ([LIVE, OK], APPLIED),
        ([LIVE, FINAL], STALE),
        ([LIVE, ABSENT, OK], APPLIED),
        ([STUB], STALE),
        ([COMPLETED], STALE),
        ([FOREIGN], Permanent(ITEM_WITHOUT_STATE)),
        ([fails("Throttling"), OK], APPLIED),
        ([fails("Validation")], Permanent("Validation")),
    ],
)
def test_a_redaction_is_a_put_that_leads_from_what_is_stored(
    answers: list[Answer], outcome: Outcome
) -> None:
    client = Client(*answers)
    assert run(client, write("redacted", is_known=False)) == [outcome]
    assert client.requests == [["PUT"]] * len(answers)


def test_a_redaction_of_a_stored_revision_keeps_all_but_its_data() -> None:
    client = Client(LIVE, OK)
    run(client, write("redacted", is_known=False))
    assert client.puts[1]["Item"] == {
        "pk": {"S": "doc"},
        "revisionState": {"S": "redacted"},
        **HASH,
    }
    conditions = [put["ConditionExpression"] for put in client.puts]
    assert conditions == [
        "attribute_not_exists(#key)",
        "#state = :state AND attribute_exists(#hash) AND attribute_not_exists(#dataHash)",
    ]
    assert client.puts[1]["ExpressionAttributeValues"] == {":state": {"S": "live"}}


def test_a_put_that_finds_no_item_any_more_creates_it() -> None:
    client = Client(LIVE, ABSENT, OK)
    run(client, write("redacted", is_known=False))
    assert client.puts[2]["Item"] == write("redacted", is_known=False).item
    assert client.puts[2]["ConditionExpression"] == "attribute_not_exists(#key)"


def test_writers_that_undo_each_other_are_left_to_the_next_delivery() -> None:
    assert run(Client(*[LIVE] * 99), write("redacted", is_known=False)) == [Transient(CONTENDED)]


def test_revisions_that_come_again_start_with_update() -> None:
    # given a writer whose revisions are all there already
    client = Client(*[EXISTS] * 25, *[LIVE] * 50)
    writer = writer_of(client)
    writer.write([write(document_id=f"first-{n}") for n in range(25)], 1e12)
    client.requests.clear()
    # when more of them come again
    outcomes = writer.write([write(document_id=f"next-{n}") for n in range(25)], 1e12)
    # then one request shows that they are stale
    assert outcomes == [STALE] * 25
    assert [set(request) for request in client.requests] == [{"UPDATE"}]


def test_new_revisions_start_with_insert_again() -> None:
    # given a writer that expects revisions to be there
    client = Client(*[EXISTS] * 25, *[LIVE] * 25, *[ABSENT] * 25, *[OK] * 99)
    writer = writer_of(client)
    for name in ("a", "b"):
        writer.write([write(document_id=f"{name}-{n}") for n in range(25)], 1e12)
    client.requests.clear()
    # when they are new
    writer.write([write(document_id=f"c-{n}") for n in range(25)], 1e12)
    # then they start with INSERT the next time
    assert [set(request) for request in client.requests] == [{"INSERT"}]


def test_history_and_current_state_share_requests() -> None:
    current = Write(
        table_name="person",
        document_id="doc",
        version=0,
        projection_id="p",
        attributes={"version": {"N": "0"}},
    )
    client = Client(OK, OK)
    assert run(client, current, write()) == [APPLIED, APPLIED]
    assert client.requests == [["INSERT", "INSERT"]]


def test_two_writes_of_one_version_are_refused() -> None:
    with pytest.raises(ValueError, match="two writes of one item"):
        run(Client(), write(), write("redacted"))


def test_versions_of_one_document_are_different_items() -> None:
    assert run(Client(OK, OK), write(), write()._replace(version=2)) == [APPLIED, APPLIED]
