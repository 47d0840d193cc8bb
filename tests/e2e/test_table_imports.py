"""Tables are made from a journal export: converted by the command, imported by `pulumi up`.

A stack is deployed, whose settings the conversion needs, and destroyed. It is then deployed again,
with tables from the folders. Ledger and tables are compared by code that shares nothing with the
handler's (`local.comparison`), and a replay of the same export finds nothing to write.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local import aws
from local.comparison import compare, compare_history, differences
from local.environment import environment
from local.journal_view import OwnJournal
from local.projects import PIPELINE
from local.replica import Replica
from local.stack import Stacks
from tests.support.exports import export_of
from tests.support.paths import REPOSITORY
from tests.support.varied_ledger import varied_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger

    from local.services import Services

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

DOCUMENTS, REVISIONS = 2_000, 10_000
BUCKET = "imports"
PERSON: dict[str, Any] = {
    "ledgerTable": "Person",
    "attributes": {"name": "name", "city": "city", "zip": "address.zip", "photo": "photo"},
    "indexes": [{"name": "by-city", "partitionKey": {"attribute": "city"}}],
    "history": True,
}
VEHICLE: dict[str, Any] = {"ledgerTable": "Vehicle"}
EMPTY = {"replicaTables": [PERSON, VEHICLE], "tombstoneLifetimeDays": 400}
IMPORTED = {
    "replicaTables": [
        {**PERSON, "importFrom": f"s3://{BUCKET}/all/Person"},
        {**VEHICLE, "importFrom": f"s3://{BUCKET}/all/Vehicle/"},
    ],
    "historyImportFrom": f"s3://{BUCKET}/all/history",
}


class Commands:
    """The commands of an operator, against the local AWS."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def run(self, name: str, outputs: dict[str, Any], *options: str) -> str:
        """Run a command for a stack, and return what it printed."""
        file = self._folder / "outputs.json"
        file.write_text(json.dumps(outputs))
        done = subprocess.run(
            [sys.executable, "-m", "ops", name, *options, "--outputs", str(file)],
            cwd=REPOSITORY,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def ledger() -> Ledger:
    return varied_ledger(DOCUMENTS, REVISIONS)


@pytest.fixture
def stacks(services: Services, pulumi_bin: Path, tmp_path: Path) -> Stacks:
    return Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack="imports"),
        stack="imports",
        settings=EMPTY,
        has_ledger=False,
        inline_folder=tmp_path / "projects",
    )


def test_tables_are_made_from_an_export_once(
    services: Services, stacks: Stacks, ledger: Ledger, tmp_path: Path
) -> None:
    endpoint = services.endpoints.emulator
    commands = Commands(endpoint, tmp_path)
    export = str(export_of(ledger.blocks, blocks_per_object=10).write_to(tmp_path / "export"))
    # given an export that is converted for a stack
    aws.client("s3", endpoint).create_bucket(Bucket=BUCKET)
    stacks.prepare()
    commands.run("convert", stacks.up(), export, "--to", f"s3://{BUCKET}/all/")
    stacks.destroy()
    # when another stack with the same settings is made of it
    stacks.change(**IMPORTED)
    outputs = stacks.up()
    # then its tables have every document and every revision
    replica = Replica(outputs, aws.client("dynamodb", endpoint))
    journal = OwnJournal(ledger)
    assert differences(compare(journal, replica)) == 0
    assert differences(compare_history(journal, replica)) == 0
    assert commands.run("reconcile", outputs, export, "--deep").startswith("EQUAL")
    # and a replay, with whatever it would write in another way, has nothing to do
    state = ("--state", str(tmp_path / "state"))
    text = commands.run(
        "replay", outputs, export, "--retype", "--accept-expired-tombstones", *state
    )
    assert "written       0 items" in text
    assert f"stale         {DOCUMENTS:,} items" in text
    # and the next deployment changes nothing, although the objects are gone
    delete_all(endpoint)
    changes = stacks.up_project(PIPELINE).summary.resource_changes or {}
    assert set(map(str, changes)) == {"same"}


def delete_all(endpoint: str) -> None:
    """Delete every object of the bucket."""
    client = aws.client("s3", endpoint)
    found = client.list_objects_v2(Bucket=BUCKET)["Contents"]
    client.delete_objects(
        Bucket=BUCKET, Delete={"Objects": [{"Key": each["Key"]} for each in found]}
    )
