"""What the last deployment left shapes what the next one makes.

Proves what is remembered and what it changes, with the program as a whole.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.support.pulumi_mocks import Registration, deploy_dev_again
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


def table(last: dict[str, Any], **changed: object) -> tuple[Registration, dict[str, int]]:
    """Return a table of the next deployment, and what that one remembers."""
    deployed = deploy_dev_again(last, changed)
    remembered: dict[str, int] = deployed.outputs["tableThroughput"]
    return deployed.one(TABLE), remembered


def test_given_names_are_remembered() -> None:
    deployed = deploy_dev_again({}, entry(tableName="people"))

    assert deployed.outputs["givenTableNames"] == {"Person": "people"}


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
    with pytest.raises(pulumi.RunError, match="cannot lower"):
        deploy_dev_again(LAST | {"tableThroughput": remembered}, {setting: units - 1})


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
