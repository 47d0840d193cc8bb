"""Outputs of a last deployment, and settings of the next one, for tests of changes."""

from __future__ import annotations

from typing import Any

from tests.support.pulumi_mocks import deploy_dev_again

NAME = "qldb-Person-0a1b2c3"
LAST: dict[str, Any] = {"tableNames": {"Person": NAME}, "deletionProtection": True}
OPEN = {"deletionProtection": False}
RETAINED = {"retainOnDelete": True}
HISTORY = {"historyTableName": "qldb-history-0a1b2c3"}

PROJECTED: dict[str, object] = {"attributes": {"age": "age", "city": "city"}}
BY_AGE: dict[str, Any] = {
    "name": "by-age",
    "partitionKey": {"attribute": "city"},
    "sortKey": {"attribute": "age", "type": "N"},
}


def entry(**changed: object) -> dict[str, object]:
    """Return settings with one entry for Person."""
    return {"replicaTables": [{"ledgerTable": "Person"} | changed]}


def named(name: str) -> dict[str, Any]:
    """Return the outputs of a deployment in which the table of Person had a name."""
    given = {} if name == NAME else {"Person": name}
    return LAST | {"tableNames": {"Person": name}, "givenTableNames": given}


def throughput(**units: float) -> dict[str, Any]:
    """Return the outputs of a deployment, numbers as Pulumi gives them."""
    return LAST | {"tableThroughput": {name: float(count) for name, count in units.items()}}


def with_index() -> dict[str, Any]:
    """Return the outputs of a deployment with one index."""
    deployed = deploy_dev_again({}, entry(**PROJECTED, indexes=[BY_AGE]))
    return LAST | {"tableIndexes": deployed.outputs["tableIndexes"]}
