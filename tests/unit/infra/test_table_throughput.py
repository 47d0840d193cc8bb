"""Throughput is stated where it changes something, by what tables and indexes have.

Proves it with the program as a whole and a DynamoDB that answers for every table.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pulumi_mocks import Deployment, Registration, deploy_dev_again
from tests.support.redeployments import (
    BY_AGE,
    HISTORY,
    LAST,
    PROJECTED,
    entry,
    throughput,
    with_index,
)

TABLE = "aws:dynamodb/table:Table"
UNITS = {"maxReadRequestUnits": -1}


def warm(inputs: dict[str, Any]) -> tuple[int, int] | None:
    """Return the warm throughput of a table or index, which has both members or none."""
    if "warmThroughput" not in inputs:
        return None
    units = inputs["warmThroughput"]
    return units["readUnitsPerSecond"], units["writeUnitsPerSecond"]


def outputs(deployed: Deployment) -> dict[str, Any]:
    """Return what the next deployment reads of the throughput."""
    return {"tableThroughput": deployed.outputs["tableThroughput"]}


def table(last: dict[str, Any], **changed: object) -> tuple[Registration, dict[str, int]]:
    """Return a table of the next deployment, and what that one remembers."""
    deployed = deploy_dev_again(last, changed)
    remembered: dict[str, int] = deployed.outputs["tableThroughput"]
    return deployed.one(TABLE), remembered


WITH_TABLE = LAST | {"tableThroughput": {}}
INDEXED: dict[str, Any] = {**entry(**PROJECTED, indexes=[BY_AGE]), "tableWarmWriteUnits": 10_000}


@pytest.mark.parametrize(
    ("changed", "stated"),
    [
        pytest.param({"tableWarmWriteUnits": 9_000}, None, id="DynamoDB has raised it as far"),
        pytest.param({"tableWarmWriteUnits": 8_000}, None, id="DynamoDB has raised it further"),
        pytest.param({"tableWarmReadUnits": 12_000}, None, id="DynamoDB's own"),
        pytest.param({"tableWarmWriteUnits": 10_000}, (12_000, 10_000), id="raised"),
        pytest.param(
            {"tableWarmReadUnits": 20_000, "tableWarmWriteUnits": 8_000},
            (20_000, 9_000),
            id="one raised, one lower than what is served",
        ),
    ],
)
def test_warm_throughput_is_stated_only_where_it_is_raised(
    changed: dict[str, object], stated: tuple[int, int] | None
) -> None:
    """DynamoDB raises it by itself; to the provider, a lower one is an error."""
    found, remembered = table(WITH_TABLE, **changed)

    assert warm(found.inputs) == stated
    # and what was raised is not stated again
    again, _ = table(LAST | {"tableThroughput": remembered}, **changed)
    assert warm(again.inputs) is None


def test_the_warm_throughput_of_an_index_is_raised_with_both_members() -> None:
    """With a missing one, the provider would build the index again."""
    by_city = {"name": "by-city", "partitionKey": {"attribute": "city"}}
    wanted = {**INDEXED, **entry(**PROJECTED, indexes=[BY_AGE, by_city])}

    deployed = deploy_dev_again(with_index(), wanted)

    found = {each["name"]: each for each in deployed.one(TABLE).inputs["globalSecondaryIndexes"]}
    assert warm(found["by-age"]) == (12_000, 10_000)
    # a new one has nothing that could be lower
    assert found["by-city"]["warmThroughput"] == {"writeUnitsPerSecond": 10_000}
    # and a second deployment states nothing
    again = deploy_dev_again(with_index() | outputs(deployed), wanted)
    assert warm(again.one(TABLE).inputs) is None
    [by_age, _] = again.one(TABLE).inputs["globalSecondaryIndexes"]
    assert warm(by_age) is None


def test_a_lower_warm_throughput_changes_nothing_and_a_table_made_later_has_it() -> None:
    last = throughput(warm_write_units=10_000)
    tables = [{"ledgerTable": "Person"}, {"ledgerTable": "Car"}]

    deployed = deploy_dev_again(last, {"tableWarmWriteUnits": 5_000, "replicaTables": tables})

    [car, person] = deployed.all(TABLE)
    assert warm(person.inputs) is None
    assert car.inputs["warmThroughput"] == {"writeUnitsPerSecond": 5_000}


def test_a_table_that_was_made_without_warm_throughput_is_raised_later() -> None:
    _, remembered = table(throughput(warm_write_units=10_000), tableWarmWriteUnits=0)

    found, _ = table(LAST | {"tableThroughput": remembered}, tableWarmWriteUnits=10_000)

    assert warm(found.inputs) == (12_000, 10_000)


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
