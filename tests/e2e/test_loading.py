"""A journal export is loaded into the tables of a stack by the commands that operators type.

2,000 documents with 10,000 revisions, of every kind of change, are exported in each format and
loaded into empty tables. Ledger and tables are then compared by code that shares nothing with the
handler's (`local.comparison`). The tests share one stack, whose tables each of them empties, and
what the export in Ion binary gives.

The export is also converted for that stack, and another one with the same settings is made of the
result. A replay of the same export finds nothing to write there.
"""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from local.comparison import compare, compare_history, differences
from local.environment import environment
from local.journal_view import OwnJournal
from local.ledger_feed import LedgerFeed
from local.projects import PIPELINE
from local.replica import Replica
from local.stack import Stacks
from tests.support.exports import ExportFormat, export_of
from tests.support.loaded_stack import COMMAND_SECONDS, LoadedStack
from tests.support.varied_ledger import varied_ledger
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from qldb_simulator.journal import Ledger

    from local.services import Services

    NewStack = Callable[[str, Mapping[str, Any]], Stacks]

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi, pytest.mark.timeout(1200)]

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
    **EMPTY,
    "replicaTables": [
        {**PERSON, "importFrom": f"s3://{BUCKET}/all/Person"},
        {**VEHICLE, "importFrom": f"s3://{BUCKET}/all/Vehicle/"},
    ],
    "historyImportFrom": f"s3://{BUCKET}/all/history",
}


class Stack(LoadedStack):
    """A stack, and the commands that load exports into it."""

    def __init__(self, endpoint: str, outputs: Mapping[str, Any], folder: Path) -> None:
        super().__init__(endpoint, outputs, folder)
        self.state = folder / "state"

    def beside(self, outputs: dict[str, Any], folder: Path) -> Stack:
        """Return another stack on the same local AWS."""
        return Stack(self.endpoint, outputs, folder)

    def start_replay(self, export: Path, *options: str) -> subprocess.Popen[str]:
        """Start a replay. The export ends longer ago than tombstones live, but has everything."""
        return self.start(
            *("replay", str(export), "--state", str(self.state)),
            *("--accept-expired-tombstones", *options),
        )

    def replay(self, export: Path, *options: str) -> str:
        """Replay an export, and return what was printed."""
        status, text = self.ended(self.start_replay(export, *options))
        assert status == 0, text
        return text

    def reconcile(self, export: Path) -> str:
        """Compare the tables with an export in every value, and return what was printed."""
        return self.run("reconcile", str(export), "--deep")

    def differences(self, ledger: Ledger) -> int:
        """Return how many documents and revisions differ from the ledger's."""
        replica = Replica(self.outputs, self.dynamodb)
        journal = OwnJournal(ledger)
        return differences(compare(journal, replica)) + differences(
            compare_history(journal, replica)
        )

    def states(self) -> dict[str, tuple[str, bool, bytes]]:
        """Return version, whether it is deleted, and hash of each document."""
        return {
            item["pk"]["S"]: (item["version"]["N"], "isDeleted" in item, item["hash"]["B"])
            for name in self.outputs["tableNames"].values()
            for page in self.dynamodb.get_paginator("scan").paginate(TableName=name)
            for item in page["Items"]
        }


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return varied_ledger(DOCUMENTS, REVISIONS)


@pytest.fixture(scope="module")
def ion_export(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export in Ion binary."""
    return exported(ledger, ExportFormat.ION_BINARY, tmp_path_factory.mktemp("ion"))


def exported(ledger: Ledger, output_format: ExportFormat, folder: Path) -> Path:
    return export_of(ledger.blocks, output_format, blocks_per_object=10).write_to(folder)


@pytest.fixture(scope="module")
def new_stack(
    services: Services, pulumi_bin: Path, tmp_path_factory: pytest.TempPathFactory
) -> NewStack:
    """Return stacks with a name and settings, not deployed yet."""

    def make(name: str, settings: Mapping[str, Any]) -> Stacks:
        stacks = Stacks(
            variables=environment(services.endpoints, pulumi_bin, services.state, stack=name),
            stack=name,
            settings=settings,
            has_ledger=False,
            inline_folder=tmp_path_factory.mktemp("projects"),
        )
        stacks.prepare()
        return stacks

    return make


@pytest.fixture(scope="module")
def deployed(
    services: Services, new_stack: NewStack, tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    outputs = new_stack("replay", EMPTY).up()
    return Stack(services.endpoints.emulator, outputs, tmp_path_factory.mktemp("stack"))


@pytest.fixture
def stack(deployed: Stack, tmp_path: Path) -> Stack:
    """The stack, with empty tables, and replays of which nothing is remembered."""
    deployed.empty()
    deployed.state = tmp_path / "state"
    return deployed


class Loaded(NamedTuple):
    """What a replay printed, and left in empty tables."""

    text: str
    differences: int
    reconciled: str
    states: dict[str, tuple[str, bool, bytes]]


@pytest.fixture(scope="module")
def from_ion(
    deployed: Stack, ledger: Ledger, ion_export: Path, tmp_path_factory: pytest.TempPathFactory
) -> Loaded:
    """What the export in Ion binary gives."""
    deployed.empty()
    deployed.state = tmp_path_factory.mktemp("replays") / "state"
    text = deployed.replay(ion_export)
    return Loaded(
        text, deployed.differences(ledger), deployed.reconcile(ion_export), deployed.states()
    )


def test_every_document_and_revision_is_as_in_the_ledger(from_ion: Loaded) -> None:
    assert f"written       {DOCUMENTS:,} items" in from_ion.text
    assert from_ion.differences == 0
    assert from_ion.reconciled.startswith("EQUAL")


def test_an_export_in_ion_text_gives_the_same(stack: Stack, ledger: Ledger, tmp_path: Path) -> None:
    export = exported(ledger, ExportFormat.ION_TEXT, tmp_path)

    text = stack.replay(export)

    assert f"written       {DOCUMENTS:,} items" in text
    assert stack.differences(ledger) == 0
    assert stack.reconcile(export).startswith("EQUAL")


def test_a_json_export_gives_the_same_versions_and_hashes(
    from_ion: Loaded, stack: Stack, ledger: Ledger, ion_export: Path, tmp_path: Path
) -> None:
    # when the JSON export is loaded
    export = exported(ledger, ExportFormat.JSON, tmp_path)
    stack.replay(export)
    # then the values have lost their types, and nothing else
    assert stack.reconcile(export).startswith("EQUAL")
    assert stack.states() == from_ion.states
    assert stack.differences(ledger) > 0
    # when the Ion export corrects them
    stack.replay(ion_export, "--retype")
    # then
    assert stack.differences(ledger) == 0


def test_a_replay_that_is_killed_three_times_goes_on(
    stack: Stack, ledger: Ledger, ion_export: Path
) -> None:
    # given a replay that is slow enough to be killed before its end / when it is, three times
    source = random.Random(7)
    for _ in range(3):
        process = stack.start_replay(ion_export, "--wcu", "800")
        time.sleep(2 + source.random())
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    text = stack.replay(ion_export)
    # then it is complete, though what was in flight was written twice
    assert "complete" not in text
    assert "Interrupted" not in text
    assert stack.differences(ledger) == 0


def test_a_replay_beside_the_live_stream_is_harmless(
    stack: Stack, ledger: Ledger, ion_export: Path
) -> None:
    # given a stream that delivers the same journal
    feed = LedgerFeed(stack.client("kinesis"), stack.outputs["streamArn"])
    feed.ledger = ledger
    # when both run at once
    process = stack.start_replay(ion_export)
    feed.deliver()
    process.communicate(timeout=COMMAND_SECONDS)
    # then
    assert process.returncode == 0
    eventually(lambda: stack.differences(ledger) == 0)


def test_another_stack_is_made_of_the_converted_export_once(
    deployed: Stack, new_stack: NewStack, ledger: Ledger, ion_export: Path, tmp_path: Path
) -> None:
    # given an export that is converted for a stack
    s3 = deployed.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    deployed.run("convert", str(ion_export), "--to", f"s3://{BUCKET}/all/")
    # when another stack with the same settings is made of it
    stacks = new_stack("imports", IMPORTED)
    imported = deployed.beside(stacks.up(), tmp_path)
    # then its tables have every document and every revision
    assert imported.differences(ledger) == 0
    assert imported.reconcile(ion_export).startswith("EQUAL")
    # and a replay, with whatever it would write in another way, has nothing to do
    text = imported.replay(ion_export, "--retype")
    assert "written       0 items" in text
    assert f"stale         {DOCUMENTS:,} items" in text
    # and the next deployment changes nothing, although the objects are gone
    found = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": each["Key"]} for each in found]})
    changes = stacks.up_project(PIPELINE).summary.resource_changes or {}
    assert set(map(str, changes)) == {"same"}
