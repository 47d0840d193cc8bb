"""The input of an execution: what the command sends, and what people write in the console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from journal.exports.selection import Selection
from ops.distributed.request import Request, incomplete
from ops.errors import OpsError

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_a_request_survives_json() -> None:
    request = Request(
        strand="abc",
        tables=frozenset({"Person", "Car"}),
        selection=Selection(start=NOON, end=None),
        retype=True,
        accept_gaps=True,
        restart=True,
    )

    assert Request.from_json(request.to_json()) == request


def test_an_empty_input_asks_for_everything() -> None:
    assert Request.from_json({}) == Request()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "it is no object"),
        ({"table": ["Person"]}, "it has table, and expected are some of strand, tables, from"),
        ({"strand": 1}, "strand is no text"),
        ({"tables": "Person"}, "tables is no list of names"),
        ({"tables": [1]}, "tables is no list of names"),
        ({"from": "yesterday"}, "from is no time with its zone, such as 2024-05-01T12:00:00"),
        ({"to": "2024-05-01T12:00:00"}, "to is no time with its zone"),
        ({"to": 5}, "to is no time with its zone"),
        (
            {"from": "2024-05-02T00:00:00+00:00", "to": "2024-05-01T00:00:00+00:00"},
            "from is not before to",
        ),
        ({"retype": "yes"}, "retype is no true or false"),
        ({"acceptGaps": None}, "acceptGaps is no true or false"),
        ({"restart": 1}, "restart is no true or false"),
    ],
)
def test_a_wrong_input_is_explained(content: Any, problem: str) -> None:  # noqa: ANN401 (wrong)
    with pytest.raises(OpsError, match="the input of the execution is wrong") as raised:
        Request.from_json(content)

    assert problem in str(raised.value)


def test_only_some_of_what_is_missing_is_named() -> None:
    text = incomplete([f"object {number}" for number in range(7)])

    assert "object 4; and 2 more" in text
    assert "object 5" not in text
