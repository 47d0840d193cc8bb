"""The writer with scripted answers, each of which leads to a next statement or an outcome.

tests/integration proves on DynamoDB Local that the answers are DynamoDB's own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handler.outcomes import (
    APPLIED,
    CONTENDED,
    ITEM_WITHOUT_VERSION,
    OUT_OF_TIME,
    STALE,
    Outcome,
    Permanent,
    Transient,
)
from handler.replica import Write
from handler.writer import REQUEST_BYTES, BatchStatementWriter
from tests.support.clock import Clock
from tests.support.single_writer import SingleWriter

Answer = Mapping[str, Any]
OK: Answer = {}
EXISTS: Answer = {"Error": {"Code": "DuplicateItem", "Message": "secret"}}
MISSING: Answer = {"Error": {"Code": "ConditionalCheckFailed", "Message": "secret"}}


def holds(version: Any) -> Answer:  # noqa: ANN401 (also what no version may be)
    """Return the refusal that carries an item with a version."""
    item = {"pk": {"S": "doc"}, "version": version}
    return {"Error": {"Code": "ConditionalCheckFailed", "Message": "secret", "Item": item}}


HIGHER, LOWER = holds({"N": "7"}), holds({"N": "0"})
UNVERSIONED: Answer = {"Error": {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "doc"}}}}


def fails(code: str) -> Answer:
    return {"Error": {"Code": code, "Message": "secret"}}


def request_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "s"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "BatchExecuteStatement",
    )


def write(
    document_id: str = "doc", version: int = 1, table: str = "person", size: int = 0
) -> Write:
    return Write(
        table_name=table,
        document_id=document_id,
        version=version,
        projection_id="p",
        attributes={"version": {"N": str(version)}, "text": {"S": "x" * size}},
    )


def tombstone(document_id: str = "doc", version: int = 1) -> Write:
    return write(document_id, version)._replace(projection_id=None)


class Client:
    """Answers each statement by a function of its kind and key, or fails the whole request."""

    def __init__(
        self,
        answer: Callable[[str, str], Answer] = lambda _kind, _key: OK,
        fail: Callable[[list[str]], Exception | None] = lambda _keys: None,
    ) -> None:
        self._answer = answer
        self._fail = fail
        self.requests: list[list[tuple[str, str]]] = []
        self._lock = threading.Lock()

    def batch_execute_statement(
        self,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (the API's name)
    ) -> dict[str, Any]:
        request = []
        for statement in Statements:
            kind = statement["Statement"].split()[0]
            assert ("ReturnValuesOnConditionCheckFailure" in statement) == (kind == "UPDATE")
            place = 0 if kind == "INSERT" else -3
            request.append((kind, statement["Parameters"][place]["S"]))
        with self._lock:
            self.requests.append(request)
        error = self._fail([key for _, key in request])
        if error is not None:
            raise error
        return {"Responses": [self._answer(kind, key) for kind, key in request]}

    def put_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (the API's)
        assert arguments["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        key = arguments["Item"]["pk"]["S"]
        with self._lock:
            self.requests.append([("PUT", key)])
        error = self._fail([key])
        if error is not None:
            raise error
        answer = self._answer("PUT", key)
        if "Error" not in answer:
            return {}
        refusal = request_error(answer["Error"]["Code"] + "Exception")
        if "Item" in answer["Error"]:
            refusal.response["Item"] = answer["Error"]["Item"]  # type: ignore[typeddict-unknown-key]
        raise refusal


def run(
    client: Client, *writes: Write, clock: Clock | None = None, seconds: float = 60.0
) -> list[Outcome]:
    clock = clock or Clock(1000.0)
    writer = BatchStatementWriter(
        client, requests_in_flight=1, clock=clock.time, sleep=clock.sleep, jitter=lambda: 1.0
    )
    return writer.write(writes, clock.now + seconds)


def script(*answers: Answer) -> Callable[[str, str], Answer]:
    remaining = iter(answers)
    return lambda _kind, _key: next(remaining)


@pytest.mark.parametrize(
    ("version", "answers", "kinds", "outcome"),
    [
        (0, [OK], ["INSERT"], APPLIED),
        (0, [EXISTS, LOWER], ["INSERT", "UPDATE"], STALE),
        (0, [EXISTS, UNVERSIONED], ["INSERT", "UPDATE"], Permanent(ITEM_WITHOUT_VERSION)),
        (1, [OK], ["UPDATE"], APPLIED),
        (1, [HIGHER], ["UPDATE"], STALE),
        (1, [MISSING, OK], ["UPDATE", "INSERT"], APPLIED),
        (1, [MISSING, EXISTS, OK], ["UPDATE", "INSERT", "UPDATE"], APPLIED),
        (1, [MISSING, EXISTS, HIGHER], ["UPDATE", "INSERT", "UPDATE"], STALE),
        (1, [UNVERSIONED], ["UPDATE"], Permanent(ITEM_WITHOUT_VERSION)),
        (1, [holds({"S": "7"})], ["UPDATE"], Permanent(ITEM_WITHOUT_VERSION)),
        (1, [holds({"N": "1"})], ["UPDATE"], STALE),
        (1, [holds({"N": "1.5"})], ["UPDATE"], STALE),
        (1, [LOWER, OK], ["UPDATE", "PUT"], APPLIED),
        (1, [LOWER, HIGHER], ["UPDATE", "PUT"], STALE),
        (1, [LOWER, fails("Throttling"), OK], ["UPDATE", "PUT", "PUT"], APPLIED),
        (1, [LOWER, fails("AccessDenied")], ["UPDATE", "PUT"], Transient("AccessDenied")),
        (1, [fails("ValidationError"), OK], ["UPDATE", "PUT"], APPLIED),
        (0, [fails("ValidationError"), OK], ["INSERT", "PUT"], APPLIED),
        (
            1,
            [fails("ValidationError"), fails("Validation")],
            ["UPDATE", "PUT"],
            Permanent("Validation"),
        ),
        (
            0,
            [fails("ItemCollectionSizeLimitExceeded")] * 2,
            ["INSERT", "PUT"],
            Permanent("ItemCollectionSizeLimitExceeded"),
        ),
        (1, [fails("ThrottlingError"), OK], ["UPDATE", "UPDATE"], APPLIED),
        (1, [fails("InternalServerError"), HIGHER], ["UPDATE", "UPDATE"], STALE),
        (1, [fails("NeverHeardOf"), OK], ["UPDATE", "UPDATE"], APPLIED),
        (1, [fails("AccessDenied")], ["UPDATE"], Transient("AccessDenied")),
        (1, [fails("ResourceNotFound")], ["UPDATE"], Transient("ResourceNotFound")),
    ],
)
def test_each_answer_decides_the_next_statement_or_the_outcome(
    version: int, answers: list[Answer], kinds: list[str], outcome: Outcome
) -> None:
    client = Client(script(*answers))

    assert run(client, write(version=version)) == [outcome]
    assert [kind for ((kind, _),) in client.requests] == kinds


def test_two_writers_that_undo_each_other_are_left_to_the_next_delivery() -> None:
    client = Client(lambda kind, _: MISSING if kind == "UPDATE" else EXISTS)
    assert run(client, write()) == [Transient(CONTENDED)]


def test_statements_of_one_request_have_independent_outcomes() -> None:
    answers = {"a": OK, "b": HIGHER, "c": fails("ValidationError"), "d": fails("AccessDenied")}
    client = Client(lambda _, key: answers[key])

    outcomes = run(client, *(write(key) for key in answers))

    assert outcomes == [APPLIED, STALE, Permanent("Validation"), Transient("AccessDenied")]
    assert client.requests == [[("UPDATE", key) for key in "abcd"], [("PUT", "c")]]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([OK], APPLIED),
        ([HIGHER], STALE),
        ([UNVERSIONED], Permanent(ITEM_WITHOUT_VERSION)),
        ([fails("Validation")], Permanent("Validation")),
        ([fails("Throttling"), OK], APPLIED),
        ([MISSING, OK], APPLIED),
    ],
)
@pytest.mark.parametrize("version", [0, 1])
def test_a_tombstone_replaces_the_whole_item(
    version: int, answers: list[Answer], outcome: Outcome
) -> None:
    client = Client(script(*answers))

    assert run(client, tombstone(version=version)) == [outcome]
    assert client.requests == [[("PUT", "doc")]] * len(answers)


def test_a_refusal_with_an_item_that_is_none_is_retried() -> None:
    odd = {"Error": {"Code": "ConditionalCheckFailed", "Item": "secret"}}
    assert run(Client(script(odd, OK)), write()) == [APPLIED]


def test_replacements_share_no_request_with_statements() -> None:
    client = Client()
    writes = [write("a"), tombstone("b"), write("c"), tombstone("d")]

    assert run(client, *writes) == [APPLIED] * 4
    assert sorted(client.requests) == [
        [("PUT", "b")],
        [("PUT", "d")],
        [("UPDATE", "a"), ("UPDATE", "c")],
    ]


def test_version_0_that_is_delivered_again_starts_with_update() -> None:
    # given a writer whose documents of version 0 are all there already
    client = Client(lambda kind, _: EXISTS if kind == "INSERT" else LOWER)
    writer = BatchStatementWriter(client, requests_in_flight=1)
    writer.write([write(f"first-{n}", version=0) for n in range(25)], 1e12)
    client.requests.clear()
    # when more of them are delivered again
    outcomes = writer.write([write(f"next-{n}", version=0) for n in range(25)], 1e12)
    # then one request shows that they are stale
    assert outcomes == [STALE] * 25
    assert [{kind for kind, _ in request} for request in client.requests] == [{"UPDATE"}]


def test_a_request_has_at_most_25_statements() -> None:
    client = Client()
    assert run(client, *(write(str(n)) for n in range(60))) == [APPLIED] * 60
    assert [len(request) for request in client.requests] == [25, 25, 10]


def test_a_request_is_bounded_in_bytes() -> None:
    client = Client()
    run(client, *(write(str(n), size=REQUEST_BYTES // 3) for n in range(5)))
    assert [len(request) for request in client.requests] == [2, 2, 1]


def test_two_writes_of_one_item_are_refused() -> None:
    with pytest.raises(ValueError, match="two writes of one item"):
        run(Client(), write(), write(version=2))


def test_one_bad_statement_does_not_block_its_request() -> None:
    client = Client(
        fail=lambda keys: request_error("ValidationException") if "17" in keys else None
    )

    outcomes = run(client, *(write(str(n)) for n in range(25)))

    assert outcomes[17] == Permanent("Validation")
    assert [outcome for n, outcome in enumerate(outcomes) if n != 17] == [APPLIED] * 24


def test_an_unknown_fault_of_a_request_is_pinned_down_and_never_permanent() -> None:
    client = Client(fail=lambda keys: KeyError("secret") if "3" in keys else None)

    outcomes = run(client, *(write(str(n)) for n in range(8)), seconds=1.0)

    assert outcomes[3] == Transient("KeyError")
    assert [outcome for n, outcome in enumerate(outcomes) if n != 3] == [APPLIED] * 7


def test_a_denied_table_does_not_block_another() -> None:
    client = Client(
        fail=lambda keys: request_error("AccessDeniedException") if "b" in keys else None
    )

    outcomes = run(
        client, write("a", table="one"), write("b", table="two"), write("c", table="one")
    )

    assert outcomes == [APPLIED, Transient("AccessDenied"), APPLIED]


@pytest.mark.parametrize(
    "error",
    [
        request_error("ThrottlingException"),
        request_error("ProvisionedThroughputExceededException"),
        request_error("InternalServerError", 500),
        request_error("BadGateway", 502),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_a_request_that_fails_transiently_is_retried_whole(error: Exception) -> None:
    failures = iter([error, error, None])
    client = Client(fail=lambda _: next(failures))
    clock = Clock(1000.0)

    assert run(client, write("a"), write("b"), clock=clock) == [APPLIED, APPLIED]
    assert [len(request) for request in client.requests] == [2, 2, 2]
    assert clock.naps == [0.05, 0.1]


def test_a_write_that_misses_the_deadline_is_transient() -> None:
    client = Client(fail=lambda _: request_error("ThrottlingException"))
    clock = Clock(1000.0)

    assert run(client, write(), clock=clock, seconds=2.0) == [Transient("Throttling")]
    assert clock.now == 1002.0


def test_nothing_starts_after_the_deadline() -> None:
    client = Client()
    assert run(client, write(), seconds=0.0) == [Transient(OUT_OF_TIME)]
    assert client.requests == []


def test_only_throttled_statements_are_sent_again() -> None:
    seen: set[str] = set()

    def answer(_kind: str, key: str) -> Answer:
        if key == "b" and key not in seen:
            seen.add(key)
            return fails("ThrottlingError")
        return OK

    client = Client(answer)
    assert run(client, write("a"), write("b")) == [APPLIED, APPLIED]
    assert client.requests[1] == [("UPDATE", "b")]


def test_a_replay_into_an_empty_table_starts_with_insert() -> None:
    # given a table without items, and a writer that has seen one request of them
    client = Client(lambda kind, _: MISSING if kind == "UPDATE" else OK)
    writer = BatchStatementWriter(client, requests_in_flight=1)
    writer.write([write(f"first-{n}") for n in range(25)], 1e12)
    client.requests.clear()

    # when more documents arrive
    writer.write([write(f"next-{n}") for n in range(25)], 1e12)

    # then one request is enough
    assert [{kind for kind, _ in request} for request in client.requests] == [{"INSERT"}]


def test_the_choice_of_insert_is_forgotten_when_items_are_there() -> None:
    # given a writer that expects items to be missing
    missing = True
    client = Client(
        lambda kind, _: (
            (MISSING if missing else OK) if kind == "UPDATE" else (OK if missing else EXISTS)
        )
    )
    writer = BatchStatementWriter(client, requests_in_flight=1)
    writer.write([write(f"first-{n}") for n in range(25)], 1e12)

    # when the items are there, then the first request learns it and every write still happens
    missing = False
    assert writer.write([write(f"a-{n}") for n in range(25)], 1e12) == [APPLIED] * 25
    client.requests.clear()
    assert writer.write([write(f"b-{n}") for n in range(25)], 1e12) == [APPLIED] * 25
    assert [{kind for kind, _ in request} for request in client.requests] == [{"UPDATE"}]


def test_another_table_is_not_expected_to_be_empty() -> None:
    client = Client(lambda kind, _: MISSING if kind == "UPDATE" else OK)
    writer = BatchStatementWriter(client, requests_in_flight=1)
    writer.write([write(f"first-{n}") for n in range(25)], 1e12)
    client.requests.clear()

    writer.write([write("a", table="other")], 1e12)

    assert client.requests[0] == [("UPDATE", "a")]


def test_concurrent_requests_have_the_same_outcomes_as_sequential_ones() -> None:
    answers = [OK, HIGHER, fails("ValidationError")]
    client = Client(lambda _, key: answers[int(key) % 3])
    writer = BatchStatementWriter(client, requests_in_flight=4)

    outcomes = writer.write([write(str(n)) for n in range(300)], 1e12)

    assert outcomes == [APPLIED, STALE, Permanent("Validation")] * 100


def test_a_request_that_hangs_is_not_waited_for() -> None:
    release = threading.Event()

    def answer(_kind: str, key: str) -> Answer:
        if key == "0":
            release.wait(10)
        return OK

    writer = BatchStatementWriter(Client(answer), requests_in_flight=2)
    deadline = time.time() + 0.3
    outcomes = writer.write([write(str(n)) for n in range(50)], deadline)
    release.set()

    assert outcomes == [Transient(OUT_OF_TIME)] * 25 + [APPLIED] * 25


def test_a_single_request_that_hangs_is_not_waited_for_either() -> None:
    release = threading.Event()

    def answer(_kind: str, _key: str) -> Answer:
        release.wait(10)
        return OK

    writer = BatchStatementWriter(Client(answer), requests_in_flight=2)
    began = time.monotonic()
    outcomes = writer.write([write(str(n)) for n in range(3)], time.time() + 0.3)
    release.set()

    assert outcomes == [Transient(OUT_OF_TIME)] * 3
    assert time.monotonic() - began < 5


class OddClient:
    """Returns one malformed answer, then valid ones."""

    def __init__(self, responses: object) -> None:
        self._odd: list[object] = [responses]

    def batch_execute_statement(
        self,
        Statements: Sequence[object],  # noqa: N803 (the API's name)
    ) -> dict[str, Any]:
        return {"Responses": self._odd.pop() if self._odd else [OK] * len(Statements)}

    def put_item(self, **_: object) -> None:
        raise AssertionError("no tombstone is written")


@pytest.mark.parametrize("responses", [None, [], [OK], [OK] * 3, [None, None], ["a", "b"], 7])
def test_an_answer_that_does_not_fit_its_request_is_retried(responses: object) -> None:
    writer = BatchStatementWriter(
        OddClient(responses), requests_in_flight=1, sleep=lambda _: None, jitter=lambda: 0.0
    )
    assert writer.write([write("a"), write("b")], 1e12) == [APPLIED, APPLIED]


def test_an_exception_in_a_second_request_does_not_carry_the_first_ones_message() -> None:
    # given a request that is refused as a whole, with a message that may quote a document, and an
    # end of the process in one of its halves
    class EndError(BaseException):
        pass

    def fail(keys: list[str]) -> Exception | None:
        if len(keys) == 1:
            raise EndError
        return request_error("ValidationException")

    # when, then nothing of the message is in what comes out
    with pytest.raises(EndError) as caught:
        run(Client(fail=fail), write("a"), write("b"))
    assert caught.value.__context__ is None


def test_backing_off_for_hours_comes_to_an_end() -> None:
    failures = iter([request_error("ThrottlingException")] * 2000)
    client = Client(fail=lambda _: next(failures, None))
    clock = Clock(1000.0)

    assert run(client, write(), clock=clock, seconds=1e6) == [APPLIED]
    assert max(clock.naps) <= 5.0


class ItemClient:
    """Fails according to a script."""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = iter(errors)

    def put_item(self, **arguments: object) -> None:
        condition = "attribute_not_exists(#key) OR #version < :version"
        assert arguments["ConditionExpression"] == condition
        error = next(self._errors)
        if error is not None:
            raise error


def test_the_single_writer_has_the_same_outcomes() -> None:
    stale = request_error("ConditionalCheckFailedException")
    stale.response["Item"] = {"version": {"N": "7"}}  # type: ignore[typeddict-unknown-key]
    client = ItemClient(
        None,
        stale,
        request_error("ValidationException"),
        request_error("AccessDeniedException"),
    )
    writer = SingleWriter(client, threads=1)

    assert writer.write([write(str(n)) for n in range(4)], 1e12) == [
        APPLIED,
        STALE,
        Permanent("Validation"),
        Transient("AccessDenied"),
    ]
    assert writer.write([write()], 0.0) == [Transient(OUT_OF_TIME)]
