"""A change that leaves its operator something to do is announced.

Proves it with the program as a whole.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.change_warnings import RESEND, RESTREAM_COMMAND
from tests.support.pulumi_mocks import deploy_dev, deploy_dev_again
from tests.support.redeployments import (
    BY_AGE,
    HISTORY,
    LAST,
    OPEN,
    PROJECTED,
    entry,
    with_index,
)


def test_a_table_that_starts_empty_beside_a_consumed_journal_is_announced() -> None:
    # given a stack with another table, and with a table of Person under another physical name
    last = {
        "tableNames": {"Person": "qldb-Person-old", "Car": "qldb-Car-physical"},
        "deletionProtection": False,
    }
    tables = [{"ledgerTable": name} for name in ("Person", "Car", "House")]

    deployed = deploy_dev_again(last, {"replicaTables": tables})

    [warning] = deployed.warnings
    assert "the DynamoDB table of House, Person." in warning
    assert RESTREAM_COMMAND in warning


def test_a_table_whose_name_was_given_may_have_been_imported() -> None:
    last = {"tableNames": {"Car": "qldb-Car-physical"}, "deletionProtection": False}
    tables = [{"ledgerTable": "Car"}, {"ledgerTable": "House"}]

    [empty] = deploy_dev_again(last, {"replicaTables": tables}).warnings
    tables[1]["tableName"] = "houses"
    [imported] = deploy_dev_again(last, {"replicaTables": tables}).warnings

    assert "imported" not in empty
    assert "A table that was imported has its items" in imported


def test_without_a_qldb_stream_the_writer_fills_an_empty_table() -> None:
    last = {"tableNames": {"Car": "qldb-Car-physical"}, "deletionProtection": False}
    tables = [{"ledgerTable": name} for name in ("Person", "Car")]

    deployed = deploy_dev_again(last, {"replicaTables": tables, "ledgerStack": ""})

    [warning] = deployed.warnings
    assert "the DynamoDB table of Person." in warning
    assert RESEND in warning
    assert RESTREAM_COMMAND not in warning


def test_a_first_deployment_announces_no_empty_table() -> None:
    assert deploy_dev().warnings == []


@pytest.mark.parametrize(
    ("indexes", "new"),
    [
        pytest.param([BY_AGE], [], id="unchanged"),
        pytest.param(
            [{**BY_AGE, "name": "by-age-2", "sortKey": {"attribute": "age"}}],
            ["by-age-2"],
            id="renamed",
        ),
        pytest.param([BY_AGE, {**BY_AGE, "name": "further"}], ["further"], id="one more"),
    ],
)
def test_an_index_may_stay_and_a_new_one_is_announced(
    indexes: list[dict[str, Any]], new: list[str]
) -> None:
    """DynamoDB applies an index before the function knows what does not fit it."""
    deployed = deploy_dev_again(with_index(), entry(**PROJECTED, indexes=indexes))

    warned = [each for each in deployed.warnings if "python -m ops redrive" in each]
    assert [each.partition(". ")[0] for each in warned] == [
        f"new on the DynamoDB table of Person: {name}" for name in new
    ]


def test_the_indexes_of_a_new_table_are_not_announced() -> None:
    deployed = deploy_dev_again(LAST | OPEN, entry(**PROJECTED, indexes=[BY_AGE], tableName="p-2"))

    assert not [each for each in deployed.warnings if "by-age" in each]


SAME = {"tableNames": {"Person": "qldb-Person-physical"}}
"""Outputs of a deployment whose table stays: its name is that of the mocks."""

BEGUN = {"replicaTables": '{"Person":{"tableName":"qldb-Person-physical","history":true}}'}


@pytest.mark.parametrize(
    ("last", "cautions"), [({}, 1), (HISTORY, 0)], ids=["the stack's first", "one more"]
)
def test_a_history_that_begins_beside_a_consumed_journal_is_announced(
    last: dict[str, str], cautions: int
) -> None:
    """Redactions from before a stack's first history are in none of its items."""
    [warning] = deploy_dev_again(SAME | last, entry(history=True)).warnings

    assert warning.startswith("new and empty: the history of Person. ")
    assert warning.count("no redaction from before") == cautions
    assert RESTREAM_COMMAND in warning


@pytest.mark.parametrize("last", [SAME | HISTORY | BEGUN, {}], ids=["goes on", "first deployment"])
def test_a_history_that_goes_on_or_starts_with_its_stack_is_not_announced(
    last: dict[str, Any],
) -> None:
    assert deploy_dev_again(last, entry(history=True)).warnings == []


def test_the_writer_fills_a_history_where_there_is_no_qldb_stream() -> None:
    [warning] = deploy_dev_again(SAME, {**entry(history=True), "ledgerStack": ""}).warnings

    assert RESEND in warning


def test_a_new_table_with_history_is_announced_once() -> None:
    tables = [{"ledgerTable": "Person"}, {"ledgerTable": "Car", "history": True}]

    [warning] = deploy_dev_again(SAME, {"replicaTables": tables}).warnings

    assert "the DynamoDB table of Car." in warning


DELETED = "deleted with its items: "


@pytest.mark.parametrize(
    ("changed", "deleted"),
    [
        pytest.param(entry(history=True), [], id="nothing"),
        pytest.param(
            {"replicaTables": [{"ledgerTable": "Car", "history": True}]},
            ["the DynamoDB table of Person"],
            id="removed",
        ),
        pytest.param(
            entry(tableName="people", history=True), ["the DynamoDB table of Person"], id="renamed"
        ),
        pytest.param(entry(), ["the history table qldb-history-0a1b2c3"], id="history ends"),
    ],
)
def test_what_is_deleted_with_its_items_is_announced(
    changed: dict[str, object], deleted: list[str]
) -> None:
    last = SAME | HISTORY | BEGUN | OPEN

    warnings = deploy_dev_again(last, changed).warnings

    assert [each for each in warnings if each.startswith(DELETED)] == [
        DELETED + what for what in deleted
    ]
    # and nothing of it where it is retained
    again = deploy_dev_again(last | {"retainOnDelete": True}, changed).warnings
    assert not [each for each in again if each.startswith(DELETED)]


def test_a_new_address_for_alarms_is_announced_until_the_next_deployment() -> None:
    # given a stack without an address
    first = deploy_dev_again(SAME, {"alarmEmail": "team@example.com"})
    # then
    [warning] = first.warnings
    assert "AWS has sent a message to team@example.com" in warning
    assert "python -m ops status --stack test tells" in warning
    # when it is deployed once more / then the stack's own knowledge, which is old, counts no more
    last = SAME | {"alarmSubscriptionArn": first.outputs["alarmSubscriptionArn"]}
    assert deploy_dev_again(last, {"alarmEmail": "team@example.com"}).warnings == []
