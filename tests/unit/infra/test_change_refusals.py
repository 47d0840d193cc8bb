"""A change that a deployment could not finish is refused before anything is touched.

Proves it with the program as a whole. tests/e2e does the same on a deployed stack.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.support import pulumi_mocks
from tests.support.pulumi_mocks import Deployment, deploy_dev_again
from tests.support.redeployments import (
    BY_AGE,
    HISTORY,
    LAST,
    NAME,
    OPEN,
    PROJECTED,
    RETAINED,
    entry,
    named,
    with_index,
)

STREAM = {"streamName": "journal"}
"""An output by which the open shards are found: the mocks have three of them."""


def refusal(last: dict[str, Any], changed: dict[str, object]) -> str:
    """Return why a deployment is refused; nothing may be registered."""
    deployed = Deployment()
    with pytest.raises(pulumi.RunError) as raised:
        deploy_dev_again(last, changed, into=deployed)
    assert deployed.resources == []
    return str(raised.value)


@pytest.mark.parametrize(
    "protection", [{"deletionProtection": True}, {}], ids=["protected", "version 0.1.0"]
)
def test_the_removal_of_a_protected_table_is_refused_before_anything_is_touched(
    protection: dict[str, bool],
) -> None:
    deployed = Deployment()
    last = {"tableNames": {"Person": "qldb-Person-physical", "Car": "qldb-Car-1"}, **protection}

    with pytest.raises(pulumi.RunError, match=r"no longer names Car.*deletionProtection false"):
        deploy_dev_again(last, {}, into=deployed)

    assert deployed.resources == []


def test_a_table_without_protection_can_be_removed() -> None:
    last = {
        "tableNames": {"Person": "qldb-Person-physical", "Car": "qldb-Car-1"},
        "deletionProtection": False,
    }

    deployed = deploy_dev_again(last, {})

    assert [table.name for table in deployed.all("aws:dynamodb/table:Table")] == ["qldb-Person"]


@pytest.mark.parametrize(
    ("last", "changed", "problem"),
    [
        pytest.param(
            NAME,
            {"tableName": "people"},
            f"replicaTables[0].tableName is people, and the DynamoDB table of Person is {NAME}",
            id="name given",
        ),
        pytest.param(
            "people",
            {"tableName": "humans"},
            "replicaTables[0].tableName is humans, and the DynamoDB table of Person is people",
            id="name changed",
        ),
        pytest.param(
            "people",
            {},
            "replicaTables[0].tableName is absent, and the DynamoDB table of Person is people",
            id="name taken away",
        ),
    ],
)
def test_another_name_would_replace_a_protected_table(
    last: str, changed: dict[str, object], problem: str
) -> None:
    found = refusal(named(last), entry(**changed))

    assert problem in found
    assert "deletionProtection false" in found


@pytest.mark.parametrize(
    ("last", "changed"),
    [
        pytest.param(NAME, {"tableName": NAME}, id="made-up name given"),
        pytest.param("people", {"tableName": "people"}, id="same name"),
        pytest.param(NAME, {}, id="made-up name"),
    ],
)
def test_a_table_that_keeps_its_name_is_not_replaced(last: str, changed: dict[str, object]) -> None:
    assert deploy_dev_again(named(last), entry(**changed)).resources


def test_a_name_that_pulumi_made_up_by_another_pattern_is_not_missed() -> None:
    # given a stack whose `pulumi:autonaming` is not the default one
    last = LAST | {"tableNames": {"Person": "verbatim"}}

    assert deploy_dev_again(last, entry()).resources


@pytest.mark.parametrize("change", [OPEN, RETAINED], ids=["not protected", "retained"])
@pytest.mark.parametrize(
    "changed",
    [entry(tableName="people"), {"replicaTables": [{"ledgerTable": "Car"}]}],
    ids=["another name", "removed"],
)
def test_a_table_that_is_not_protected_or_is_retained_may_go(
    change: dict[str, bool], changed: dict[str, object]
) -> None:
    assert deploy_dev_again(LAST | change, changed).resources


def test_the_end_of_all_history_would_delete_a_protected_history_table() -> None:
    found = refusal(LAST | HISTORY, entry(history=False))

    assert "no longer has an entry with `history: true`, which deletes the history table " in found
    assert "qldb-history-0a1b2c3" in found


@pytest.mark.parametrize(
    ("last", "changed"),
    [(HISTORY, entry(history=True)), (HISTORY | OPEN, entry()), (HISTORY | RETAINED, entry())],
    ids=["goes on", "not protected", "retained"],
)
def test_the_history_table_may_stay_or_go_where_nothing_protects_it(
    last: dict[str, Any], changed: dict[str, object]
) -> None:
    assert deploy_dev_again(LAST | last, changed).resources


def test_a_key_of_another_type_needs_another_name_of_its_index() -> None:
    """The provider would change nothing, and DynamoDB would refuse what the function writes."""
    other = {**BY_AGE, "sortKey": {"attribute": "age", "type": "S"}}

    found = refusal(with_index(), entry(**PROJECTED, indexes=[other]))

    assert "'by-age' with the key 'age' of type S" in found
    assert "with type N" in found
    assert "another name" in found


def test_the_key_types_of_a_table_that_is_replaced_are_free() -> None:
    other = {**BY_AGE, "sortKey": {"attribute": "age", "type": "S"}}
    renamed = entry(**PROJECTED, indexes=[other], tableName="people")

    assert deploy_dev_again(with_index() | OPEN, renamed).resources


def test_the_last_index_is_not_given_up_while_the_table_has_it() -> None:
    """The provider would leave it in place, and the function would no longer fit values to it."""
    found = refusal(with_index(), entry(**PROJECTED))

    assert found.startswith(
        f"replicaTables[0] no longer has indexes, and the DynamoDB table {NAME}"
    )
    assert f"--table-name {NAME}" in found
    assert '\'[{"Delete": {"IndexName": "by-age"}}]\'' in found


def test_the_last_index_may_go_when_the_table_does_not_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulumi_mocks, "INDEXES", [])

    assert deploy_dev_again(with_index(), entry(**PROJECTED)).outputs["tableIndexes"] == {}


def test_no_index_stays_in_a_table_that_is_replaced_or_removed() -> None:
    last = with_index() | OPEN

    assert deploy_dev_again(last, entry(**PROJECTED, tableName="people")).resources
    assert deploy_dev_again(last, {"replicaTables": [{"ledgerTable": "Car"}]}).resources


@pytest.mark.parametrize(
    "before", [{"shardCount": 3.0}, {"shardCount": 6.0}, {"shardCount": None}, {}]
)
@pytest.mark.parametrize(("count", "step"), [(7, 6), (1, 2)])
def test_more_than_double_or_less_than_half_of_the_shards_is_refused(
    before: dict[str, Any], count: int, step: int
) -> None:
    """Also where the last deployment had others, or does not tell how many."""
    found = refusal(LAST | STREAM | before, {"shardCount": count})

    assert f"shardCount is {count}, and the stream has 3 shards" in found
    assert f"pulumi config set shardCount {step}," in found


@pytest.mark.parametrize(
    ("before", "count"), [(2, 4), (4, 2), (5, 3), (None, 6), (None, 2), (1, 6), (99, 3), (9, 9)]
)
def test_up_to_double_and_down_to_half_of_the_open_shards_is_one_step(
    before: int | None, count: int
) -> None:
    deployed = deploy_dev_again(LAST | STREAM | {"shardCount": before}, {"shardCount": count})

    assert deployed.outputs["shardCount"] == count


def test_a_first_deployment_may_have_any_number_of_shards() -> None:
    assert deploy_dev_again({}, {"shardCount": 40}).outputs["shardCount"] == 40


def test_the_number_of_shards_is_free_where_kinesis_decides_on_it() -> None:
    last = LAST | {"shardCount": 1.0}

    deployed = deploy_dev_again(last, {"streamMode": "ON_DEMAND", "shardCount": 9})

    assert deployed.outputs.get("shardCount") is None
