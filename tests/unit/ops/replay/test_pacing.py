"""A replay keeps to what the tables and the operator allow."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops.replay.pacing import PacedClient

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENT = {"Statement": "", "Parameters": [{"S": "x"}]}


class Time:
    """A clock that a wait moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Scripted:
    """A client whose answers a test chooses."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer
        self.requests = 0

    def batch_execute_statement(self, **_: Any) -> Any:  # noqa: ANN401 (the API's)
        self.requests += 1
        return self._answer()

    def put_item(self, **_: Any) -> Any:  # noqa: ANN401 (the API's)
        self.requests += 1
        return self._answer()


def fine() -> Any:  # noqa: ANN401 (an answer)
    return {"Responses": [{}]}


def throttled() -> Any:  # noqa: ANN401 (an answer)
    return {"Responses": [{"Error": {"Code": "ProvisionedThroughputExceeded"}}]}


def refused() -> Any:  # noqa: ANN401 (an answer)
    return {"Responses": [{"Error": {"Code": "ConditionalCheckFailed"}}]}


def fails() -> Any:  # noqa: ANN401 (an answer)
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItem")


def paced(client: Scripted, time: Time, write_units: float | None = None) -> PacedClient:
    return PacedClient(
        client,
        requests_in_flight=16,
        write_units=write_units,
        clock=time.clock,
        sleep=time.sleep,
    )


def test_a_throttled_statement_lowers_the_requests_in_flight() -> None:
    time = Time()
    client = paced(Scripted(throttled), time)

    client.batch_execute_statement(Statements=[STATEMENT])

    assert client.limit == 11


def test_a_throttled_request_does_too() -> None:
    time = Time()
    client = paced(Scripted(fails), time)

    with pytest.raises(ClientError):
        client.put_item(Item={})

    assert client.limit == 11


def test_throttles_of_one_overload_count_once() -> None:
    time = Time()
    client = paced(Scripted(throttled), time)

    for _ in range(5):
        client.batch_execute_statement(Statements=[STATEMENT])

    assert client.limit == 11


def test_however_many_throttles_one_request_is_left() -> None:
    time = Time()
    client = paced(Scripted(throttled), time)

    for _ in range(50):
        client.batch_execute_statement(Statements=[STATEMENT])
        time.now += 1

    assert client.limit == 1


def test_a_refused_condition_is_no_throttle() -> None:
    time = Time()
    client = paced(Scripted(refused), time)

    client.batch_execute_statement(Statements=[STATEMENT])

    assert client.limit == 16


def test_requests_that_succeed_raise_it_again() -> None:
    time = Time()
    answers = iter([throttled(), *[fine()] * 200])
    client = paced(Scripted(partial(next, answers)), time)

    for _ in range(201):
        client.batch_execute_statement(Statements=[STATEMENT])

    assert client.limit == 16


@pytest.mark.parametrize("answer", [None, {}, {"Responses": None}, {"Responses": [None, "x"]}])
def test_what_is_no_answer_is_left_to_the_writer(answer: Any) -> None:  # noqa: ANN401 (an answer)
    client = paced(Scripted(lambda: answer or {}), Time())

    assert client.batch_execute_statement(Statements=[STATEMENT]) == (answer or {})


def test_a_ceiling_of_write_units_holds() -> None:
    # given 25 items of 2 KB, which are 75 units with what surrounds them
    time = Time()
    client = paced(Scripted(fine), time, write_units=10)
    statements = [{"Statement": "", "Parameters": [{"S": "x" * 2048}]}] * 25
    # when
    for _ in range(3):
        client.batch_execute_statement(Statements=statements)
    # then the third starts when the units of the first two are used up
    assert time.now == pytest.approx(100 + 2 * 75 / 10)


def test_a_ceiling_counts_items_as_well() -> None:
    time = Time()
    client = paced(Scripted(dict), time, write_units=10)

    for _ in range(2):
        client.put_item(Item={"pk": {"S": "x"}, "data": {"B": b"x" * 3000}})

    assert time.now == pytest.approx(100 + 3 / 10)


def test_what_was_not_used_does_not_add_up() -> None:
    time = Time()
    client = paced(Scripted(fine), time, write_units=1)
    client.batch_execute_statement(Statements=[STATEMENT])
    time.now += 1000

    for _ in range(3):
        client.batch_execute_statement(Statements=[STATEMENT])

    assert time.now == pytest.approx(1100 + 2)


def test_no_more_than_the_limit_is_in_flight() -> None:
    # given a client that needs 20 requests at a time before it answers any
    barrier = threading.Barrier(20)
    in_flight: list[int] = []

    def answer() -> Any:  # noqa: ANN401 (an answer)
        in_flight.append(barrier.n_waiting)
        try:
            barrier.wait(timeout=0.5)
        except threading.BrokenBarrierError:
            return fine()
        return fine()

    client = PacedClient(Scripted(answer), requests_in_flight=16)
    threads = [
        threading.Thread(target=client.batch_execute_statement, kwargs={"Statements": [STATEMENT]})
        for _ in range(20)
    ]
    # when
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then it waits in vain
    assert barrier.broken
