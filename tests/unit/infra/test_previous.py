"""What the last deployment left decides what the next one may do.

Proves refusals and what is remembered, with the program as a whole. tests/e2e does the same on a
deployed stack.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.support import pulumi_mocks
from tests.support.pulumi_mocks import Deployment, Registration, deploy_dev_again

TABLE = "aws:dynamodb/table:Table"
NAME = "qldb-Person-0a1b2c3"
LAST: dict[str, Any] = {"tableNames": {"Person": NAME}, "deletionProtection": True}
OPEN = {"deletionProtection": False}
RETAINED = {"retainOnDelete": True}
HISTORY = {"historyTableName": "qldb-history-0a1b2c3"}


def entry(**changed: object) -> dict[str, object]:
    """Return settings with one entry for Person."""
    return {"replicaTables": [{"ledgerTable": "Person"} | changed]}


def named(name: str) -> dict[str, Any]:
    """Return the outputs of a deployment in which the table of Person had a name."""
    given = {} if name == NAME else {"Person": name}
    return LAST | {"tableNames": {"Person": name}, "givenTableNames": given}


def refusal(last: dict[str, Any], changed: dict[str, object]) -> str:
    """Return why a deployment is refused; nothing may be registered."""
    deployed = Deployment()
    with pytest.raises(pulumi.RunError) as raised:
        deploy_dev_again(last, changed, into=deployed)
    assert deployed.resources == []
    return str(raised.value)


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


def test_given_names_are_remembered() -> None:
    deployed = deploy_dev_again({}, entry(tableName="people"))

    assert deployed.outputs["givenTableNames"] == {"Person": "people"}


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


def throughput(**units: float) -> dict[str, Any]:
    """Return the outputs of a deployment, numbers as Pulumi gives them."""
    return LAST | {"tableThroughput": {name: float(count) for name, count in units.items()}}


def table(last: dict[str, Any], **changed: object) -> tuple[Registration, dict[str, int]]:
    """Return a table of the next deployment, and what that one remembers."""
    deployed = deploy_dev_again(last, changed)
    remembered: dict[str, int] = deployed.outputs["tableThroughput"]
    return deployed.one(TABLE), remembered


@pytest.mark.parametrize(
    ("setting", "name", "units"),
    [
        ("tableWarmReadUnits", "warm_read_units", 13_000),
        ("tableWarmWriteUnits", "warm_write_units", 5_000),
    ],
)
def test_warm_throughput_is_never_lowered(setting: str, name: str, units: int) -> None:
    found = refusal(throughput(**{name: units}), {setting: units - 1})

    assert found.startswith(
        f"{setting} is {units - 1}, and the tables have {units}, which DynamoDB cannot lower"
    )
    assert f"pulumi config set {setting} {units}, or 0" in found


@pytest.mark.parametrize(
    ("setting", "name", "units"),
    [
        ("tableWarmReadUnits", "warm_read_units", 13_000),
        ("tableWarmWriteUnits", "warm_write_units", 5_000),
    ],
)
def test_warm_throughput_that_is_no_longer_stated_is_left_alone_and_remembered(
    setting: str, name: str, units: int
) -> None:
    left, remembered = table(throughput(**{name: units}))

    assert "warmThroughput" not in left.inputs
    assert remembered[name] == units
    # so that it is not lowered later
    last = LAST | {"tableThroughput": remembered}
    assert "cannot lower" in refusal(last, {setting: units - 1})


def test_warm_throughput_is_kept_and_raised() -> None:
    for units in (5_000, 6_000):
        raised, remembered = table(throughput(warm_write_units=5_000), tableWarmWriteUnits=units)

        assert raised.inputs["warmThroughput"] == {"writeUnitsPerSecond": units}
        assert remembered["warm_write_units"] == units


def test_a_ceiling_that_is_taken_away_is_removed_and_stays_so() -> None:
    last = throughput(max_read_units=10, max_write_units=20)

    for _ in range(2):
        freed, remembered = table(last, tableMaxWriteUnits=30)
        assert freed.inputs["onDemandThroughput"] == {
            "maxReadRequestUnits": -1,
            "maxWriteRequestUnits": 30,
        }
        assert (remembered["max_read_units"], remembered["max_write_units"]) == (-1, 30)
        last = LAST | {"tableThroughput": remembered}


def test_without_a_former_ceiling_none_is_removed() -> None:
    plain, _ = table(LAST)

    assert "onDemandThroughput" not in plain.inputs


STREAM = {"streamName": "journal"}
"""An output by which the open shards are found: the mocks have three of them."""

PROJECTED: dict[str, object] = {"attributes": {"age": "age", "city": "city"}}
BY_AGE: dict[str, Any] = {
    "name": "by-age",
    "partitionKey": {"attribute": "city"},
    "sortKey": {"attribute": "age", "type": "N"},
}


def with_index() -> dict[str, Any]:
    """Return the outputs of a deployment with one index."""
    deployed = deploy_dev_again({}, entry(**PROJECTED, indexes=[BY_AGE]))
    return LAST | {"tableIndexes": deployed.outputs["tableIndexes"]}


def test_a_key_of_another_type_needs_another_name_of_its_index() -> None:
    """The provider would change nothing, and DynamoDB would refuse what the function writes."""
    other = {**BY_AGE, "sortKey": {"attribute": "age", "type": "S"}}

    found = refusal(with_index(), entry(**PROJECTED, indexes=[other]))

    assert "'by-age' with the key 'age' of type S" in found
    assert "with type N" in found
    assert "another name" in found


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


@pytest.mark.parametrize("before", [{"shardCount": 3.0}, {"shardCount": None}, {}])
@pytest.mark.parametrize(("count", "step"), [(7, 6), (1, 2)])
def test_more_than_double_or_less_than_half_of_the_shards_is_refused(
    before: dict[str, Any], count: int, step: int
) -> None:
    """Also where Kinesis decided on them, or an earlier version did not tell how many there are."""
    found = refusal(LAST | STREAM | before, {"shardCount": count})

    assert f"shardCount is {count}, and the stream has 3 shards" in found
    assert f"pulumi config set shardCount {step}," in found


@pytest.mark.parametrize(
    ("before", "count"), [(2, 4), (4, 2), (5, 3), (3, 3), (None, 6), (None, 2), (1, 6), (99, 3)]
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


UNITS = {"maxReadRequestUnits": -1}


def test_nothing_new_is_made_with_a_ceiling_that_was_taken_away() -> None:
    """DynamoDB takes the removal of a ceiling for an existing table or index only."""
    last = with_index() | {"tableThroughput": {"max_read_units": -1.0}}
    by_city = {"name": "by-city", "partitionKey": {"attribute": "city"}}
    person = {"ledgerTable": "Person", **PROJECTED, "indexes": [BY_AGE, by_city], "history": True}

    deployed = deploy_dev_again(last, {"replicaTables": [person, {"ledgerTable": "Car"}]})

    made = {each.name: each.inputs for each in deployed.all(TABLE)}
    assert made["qldb-Person"]["onDemandThroughput"] == UNITS
    assert "onDemandThroughput" not in made["qldb-Car"]
    assert "onDemandThroughput" not in made["qldb-history"]
    indexes = {each["name"]: each for each in made["qldb-Person"]["globalSecondaryIndexes"]}
    assert indexes["by-age"]["onDemandThroughput"] == UNITS
    assert "onDemandThroughput" not in indexes["by-city"]
    # and a history table that exists
    again = deploy_dev_again(last | HISTORY, entry(**PROJECTED, indexes=[BY_AGE], history=True))
    found = {each.name: each.inputs for each in again.all(TABLE)}
    assert found["qldb-history"]["onDemandThroughput"] == UNITS
