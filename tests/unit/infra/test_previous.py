"""What the next deployment has to know is in the outputs."""

from __future__ import annotations

from tests.support.pulumi_mocks import deploy_dev_again
from tests.support.redeployments import entry


def test_given_names_are_remembered() -> None:
    deployed = deploy_dev_again({}, entry(tableName="people"))

    assert deployed.outputs["givenTableNames"] == {"Person": "people"}
