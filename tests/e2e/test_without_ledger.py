"""A stack without a ledger is deployed, fed, tested and cleaned from its outputs alone.

The commands run as on a foreign machine: in processes of their own, with nothing of this project's
state, and with no other environment variables than AWS's. They cannot tell this local AWS from AWS.
The tests build on each other, in order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local import aws
from local.environment import environment
from local.stack import Stacks
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from local.services import Services

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

REPLICA_TABLES = [
    {
        "ledgerTable": "Person",
        "attributes": {"firstName": "firstName", "city": "address.city", "points": "points"},
        "indexes": [
            {
                "name": "byCity",
                "partitionKey": {"attribute": "city"},
                "sortKey": {"attribute": "points", "type": "N"},
            }
        ],
        "history": True,
    },
    {"ledgerTable": "attestations", "tombstoneLifetimeDays": 400},
]
COMMAND_SECONDS = 120


class Deployed:
    """The stack, as somebody has it who was given the outputs and credentials.

    Attributes
    ----------
    outputs
        The stack outputs.
    file
        A file with them, as `pulumi stack output --json` writes it.
    """

    def __init__(self, services: Services, outputs: dict[str, Any], file: Path) -> None:
        self.outputs = outputs
        self.file = file
        file.write_text(json.dumps(outputs))
        self._endpoint = services.endpoints.emulator
        variables = {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        self._environment = {"PATH": os.environ["PATH"], **variables}

    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3's clients have no common type)
        return aws.client(service, self._endpoint)

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command in the repository and return what it printed."""
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def python(self, *arguments: str, status: int = 0) -> str:
        """Run a module of the repository and return what it printed."""
        return self.run(sys.executable, "-m", *arguments, status=status)

    def number_of_items(self, ledger_table: str) -> int:
        """Return the number of items in the replica of a ledger table."""
        name = self.outputs["tableNames"][ledger_table]
        count: int = self.client("dynamodb").scan(TableName=name, Select="COUNT")["Count"]
        return count


@pytest.fixture(scope="module")
def deployed(
    services: Services, pulumi_bin: Path, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """A stack whose Kinesis stream is the input."""
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack="foreign"),
        stack="foreign",
        settings={"replicaTables": REPLICA_TABLES},
        has_ledger=False,
        inline_folder=tmp_path_factory.mktemp("projects"),
    )
    stacks.prepare()
    return Deployed(services, stacks.up(), tmp_path_factory.mktemp("foreign") / "outputs.json")


def test_a_stack_without_a_ledger_deploys_without_one(deployed: Deployed) -> None:
    assert {"ledgerName", "qldbStreamId"}.isdisjoint(deployed.outputs)
    assert deployed.outputs["streamName"] in deployed.outputs["streamArn"]


def test_a_feed_fills_its_tables(deployed: Deployed) -> None:
    # given empty tables / when a simulated ledger writes to the stream
    tables = ("--ledger-table", "Person", "--ledger-table", "attestations")
    command = ("local", "feed", "--stream", deployed.outputs["streamName"], *tables)
    text = deployed.python(*command, "--rate", "500", "--transactions", "50")
    # then it says what it wrote, and items of both tables appear
    assert re.search(r"^Wrote 50 transactions to stream \S+ in us-east-1 in ", text, re.MULTILINE)
    eventually(lambda: deployed.number_of_items("Person") > 0)
    eventually(lambda: deployed.number_of_items("attestations") > 0)


def test_the_make_target_finds_no_difference_among_documents_of_others(deployed: Deployed) -> None:
    # given tables with documents of another ledger / when the stack is tested
    others = deployed.number_of_items("Person")
    text = deployed.run(
        "make",
        "e2e-deployed",
        f"OUTPUTS={deployed.file}",
        "WAIT=60",
        f"VENV={sys.prefix}",
        # It has the packages already: this test runs in it.
        f"--assume-old={sys.prefix}/installed",
    )
    # then ledger and tables are equal, with two generations of both tables, and a measured lag
    assert "\n0 differences\n" in text
    revisions = "149 revisions in the history: 149 equal, 0 on their way, 0 differ"
    documents = "90 documents: 90 equal, 0 on their way, 0 differ"
    assert f"\n{revisions}; 72 of dropped tables\n{documents}; 40 of dropped tables\n" in text
    assert re.search(
        r"^End-to-end lag, .*: 10 of 10 documents arrived, median \d", text, re.MULTILINE
    )
    assert deployed.number_of_items("Person") == others + 45


def test_the_generations_are_listed_and_a_dropped_one_is_removed(deployed: Deployed) -> None:
    # given what feed and test left
    stack = ("--outputs", str(deployed.file))
    listed = json.loads(deployed.python("ops", "generations", *stack, "--json"))
    by_table = {each["ledgerTable"]: each["generations"] for each in listed["tables"]}
    assert [each["isNewest"] for each in by_table["Person"]] == [False, False, True]
    _, dropped, _ = by_table["attestations"]
    assert (dropped["live"], dropped["tombstones"]) == (17, 3)
    # when a dropped generation is removed / then it has tombstones only
    command = ("ops", "generations", *stack, "--remove", dropped["tableId"], "--yes")
    first, *_ = deployed.python(*command).splitlines()
    assert first == "removed  17 items, which are tombstones now"
    listed = json.loads(deployed.python("ops", "generations", *stack, "--json"))
    (after,) = [
        each
        for table in listed["tables"]
        for each in table["generations"]
        if each["tableId"] == dropped["tableId"]
    ]
    assert (after["live"], after["tombstones"]) == (0, 20)


def test_a_stack_that_stands_still_differs(deployed: Deployed) -> None:
    # given an event source mapping that is switched off
    functions, mapping = deployed.client("lambda"), deployed.outputs["eventSourceMappingId"]
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    # when the stack is tested / then it fails, and names what helps
    command = ("local", "e2e-deployed", "--outputs", str(deployed.file), "--wait", "2")
    text = deployed.python(*command, status=1)
    assert "\n80 documents: 0 equal, 0 on their way, 80 differ; 40 of dropped tables\n" in text
    assert "\n144 revisions in the history: 0 equal, 0 on their way, 144 differ; " in text
    assert "\n224 differences\n" in text
    assert f"python -m ops failures --outputs {deployed.file}" in text
    functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def test_a_stream_that_does_not_exist_is_named(deployed: Deployed) -> None:
    text = deployed.python("local", "feed", "--stream", "no-such-stream", status=1)

    assert text.startswith("error: stream no-such-stream in us-east-1 does not exist: check")
    assert "Traceback" not in text
