"""Changes without fear: what a changed setting, another machine, a neighbour or an upgrade does.

Proves with the real engine, on the local AWS, what the stand-in provider updates and replaces. It
cannot prove that AWS's own provider agrees: the stand-in's README says from where it has its rules.
The tests build on each other, in order: a deployment takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import KEY_ATTRIBUTE, VERSION_ATTRIBUTE
from infra.project import PROJECT
from local import aws
from local.environment import environment, process_environment
from local.errors import LocalError
from local.projects import PIPELINE
from local.stack import Stacks
from tests.support import setting_changes
from tests.support.setting_changes import expanded, label
from tests.support.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pulumi.automation.events import EngineEvent

    from local.services import Services

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

STACK = "changes"
NEIGHBOUR = "neighbour"
NEIGHBOURS = {
    "replicaTables": [{**setting_changes.PERSON, "history": False}],
    "deletionProtection": True,
}
NOT_IN_THE_EMULATOR = {"shardCount": 1}
"""What it cannot change, as it was: `pulumi_aws_standin.quirks`."""


@dataclass
class Plan:
    """What the engine did or would do.

    Attributes
    ----------
    updated, replaced
        Changed properties by the resource's label.
    others
        Other operations by the label, made or deleted.
    """

    updated: dict[str, set[str]]
    replaced: dict[str, set[str]]
    others: dict[str, str]


def planned(events: Iterable[EngineEvent]) -> Plan:
    plan = Plan({}, {}, {})
    for event in events:
        step = event.resource_pre_event and event.resource_pre_event.metadata
        if not step or not step.type.startswith("aws:"):
            continue
        name = label(step.type, step.urn.rpartition("::")[2])
        paths = {re.split(r"[.\[]", path)[0] for path in step.detailed_diff or ()}
        match step.op.value:
            case "update":
                plan.updated[name] = paths
            case "replace":
                plan.replaced[name] = paths
            case "same" | "create-replacement" | "delete-replaced" | "read":
                pass
            case other:
                plan.others[name] = other
    return plan


def preview(stacks: Stacks) -> Plan:
    events: list[EngineEvent] = []
    stacks._open(PIPELINE).preview(on_event=events.append)
    return planned(events)


def changed(stacks: Stacks) -> dict[str, int]:
    """Deploy and return Pulumi's counts of changes."""
    counts = stacks.up_project(PIPELINE).summary.resource_changes or {}
    return {str(kind): count for kind, count in counts.items() if kind != "same"}


def resources(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """Return the AWS resources in Pulumi's state by their label."""
    deployment: Any = stacks._open(PIPELINE).export_stack().deployment
    return {
        label(each["type"], each["urn"].rpartition("::")[2]): each
        for each in deployment["resources"]
        if each["type"].startswith("aws:")
    }


def physical(stacks: Stacks) -> dict[str, str]:
    return {name: each["id"] for name, each in resources(stacks).items()}


@pytest.fixture(scope="module")
def keys(services: Services) -> list[str]:
    kms = aws.client("kms", services.endpoints.emulator)
    return [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the projects' settings."""
    return tmp_path_factory.mktemp("projects")


@pytest.fixture(scope="module")
def stacks(services: Services, pulumi_bin: Path, folder: Path, keys: list[str]) -> Stacks:
    """Both stacks with every optional part, deployed."""
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack=STACK),
        stack=STACK,
        settings=setting_changes.base(keys[0], "arn:aws:sns:us-east-1:000000000000:on-call"),
        inline_folder=folder,
    )
    stacks.prepare()
    stacks.up()
    return stacks


@pytest.fixture(scope="module")
def neighbour(services: Services, pulumi_bin: Path, folder: Path) -> Stacks:
    """Another stack of the program in the account, without a ledger, deployed."""
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack=NEIGHBOUR),
        stack=NEIGHBOUR,
        settings=NEIGHBOURS,
        has_ledger=False,
        inline_folder=folder,
    )
    stacks.prepare()
    stacks.up()
    return stacks


@dataclass
class Machine:
    """Another machine with a checkout of its own, and the credentials and state of the first."""

    folder: Path
    variables: dict[str, str]

    def run(self, command: str, *, status: int = 0) -> str:
        done = subprocess.run(
            ["bash", "-c", f"umask 077\n{command}"],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory,
    services: Services,
    pulumi_bin: Path,
    neighbour: Stacks,
    folder: Path,
) -> Machine:
    """Another machine: other folder, times and modes of the files, umask, and an empty cache."""
    assert neighbour
    clone = Shell.in_copy(tmp_path_factory.mktemp("elsewhere") / "a clone").folder
    for path in clone.rglob("*"):
        if path.is_file() and ".venv" not in path.parts:
            path.chmod(0o600)
            os.utime(path, (1e9, 1e9))
    # What an interpreter leaves behind.
    (clone / "handler" / "__pycache__").mkdir()
    (clone / "handler" / "__pycache__" / "app.cpython-313.pyc").write_bytes(b"compiled")
    settings = f"Pulumi.{NEIGHBOUR}.yaml"
    shutil.copy(folder / PIPELINE.name / settings, clone / settings)
    cache = tmp_path_factory.mktemp("cache")
    # Only what pip has downloaded is shared, to spare the registry.
    downloads = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pip"
    if downloads.is_dir():
        (cache / "pip").symlink_to(downloads)
    variables = process_environment(
        environment(services.endpoints, pulumi_bin, services.state, stack=NEIGHBOUR)
    )
    return Machine(
        clone, variables | {"XDG_CACHE_HOME": str(cache), "TZ": "Pacific/Apia", "LC_ALL": "C"}
    )


def test_every_setting_updates_or_replaces_what_it_should(stacks: Stacks, keys: list[str]) -> None:
    # given every optional part / when every setting changes that can change at once
    changes = setting_changes.changes(keys[1])
    stacks.change(**{change.setting: change.value for change in changes})
    plan = preview(stacks)
    # then just the properties change that should, in place
    effects = expanded((each.effects for each in changes), resources(stacks))
    assert {**plan.updated, **plan.replaced} == effects
    # and only what says so is replaced
    assert plan.replaced.keys() == {name for each in changes for name in each.replaces}
    assert plan.others == {}


def test_the_updates_are_made_in_place_and_a_second_up_changes_nothing(stacks: Stacks) -> None:
    # given the same changes, as far as the emulator can make them
    before = physical(stacks)
    stacks.change(**NOT_IN_THE_EMULATOR)
    # when they are deployed
    assert changed(stacks).keys() == {"update", "replace"}
    # then every resource is the same as before, but for those that are to be replaced
    other = {name for name, identifier in physical(stacks).items() if identifier != before[name]}
    assert other == {setting_changes.QLDB_STREAM, setting_changes.SUBSCRIPTION}
    # and there is nothing left to do
    assert changed(stacks) == {}


def test_batch_size_updates_one_resource_and_attributes_the_function_only(stacks: Stacks) -> None:
    stacks.change(batchSize=60)
    assert changed(stacks) == {"update": 1}
    person = {**setting_changes.PERSON, "attributes": {"email": "email", "zip": "address.zip"}}
    stacks.change(replicaTables=[person, {"ledgerTable": "Car"}])
    plan = preview(stacks)
    assert plan == Plan(setting_changes.CODE, {}, {})


def test_a_ceiling_that_is_gone_is_no_obstacle_to_a_new_table(
    stacks: Stacks, services: Services
) -> None:
    # given tables whose ceiling is taken away / when a table is added with it
    tables = [setting_changes.PERSON, {"ledgerTable": "Car"}, {"ledgerTable": "House"}]
    stacks.change(tableMaxReadUnits=0, tableMaxWriteUnits=0, replicaTables=tables)
    counts = changed(stacks)
    # then it is made, and nothing changes any more
    assert counts["create"] == 4
    assert changed(stacks) == {}
    name = stacks.outputs()["tableNames"]["House"]
    dynamodb = aws.client("dynamodb", services.endpoints.emulator)
    assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


UNINDEXED = {name: value for name, value in setting_changes.PERSON.items() if name != "indexes"}
NUMBERED = {"name": "by-email", "partitionKey": {"attribute": "email", "type": "N"}}


@pytest.mark.parametrize(
    ("changed_settings", "problem"),
    [
        (
            {"replicaTables": [{**UNINDEXED, "indexes": [NUMBERED]}]},
            "'email' of type N, and the index that is deployed has it with type S",
        ),
        ({"shardCount": 7}, r"the stream has 1 shards: .* pulumi config set shardCount 2"),
    ],
    ids=["key type", "shards"],
)
def test_what_a_deployment_would_overlook_or_reject_half_way_is_refused(
    stacks: Stacks, changed_settings: dict[str, Any], problem: str
) -> None:
    # given a change that the provider overlooks, or Kinesis rejects
    tables = [setting_changes.PERSON, {"ledgerTable": "Car"}, {"ledgerTable": "House"}]
    wanted = changed_settings.get("replicaTables", [])
    former = {"replicaTables": tables, "shardCount": 1}
    stacks.change(
        **{**changed_settings, **({"replicaTables": wanted + tables[1:]} if wanted else {})}
    )
    # when deploying, without a preview / then it is refused
    with pytest.raises(LocalError, match=problem):
        stacks.up_project(PIPELINE)
    stacks.change(**former)
    # and nothing was touched
    assert preview(stacks) == Plan({}, {}, {})


FORMER_NAMES = {
    "LedgerStream::qldb-journal": "LedgerStream::ledger-stream",
    "ReplicaTables::qldb": "ReplicaTables::replica-tables",
    "Failures::qldb-failures": "Failures::failures",
    "Consumer::qldb-replica": "Consumer::consumer",
    **{f"Table::qldb-{name}": f"Table::{name}" for name in ("Person", "Car", "House")},
}
"""Kind and name of what had another name before version 0.1.0, by that of today."""


def former_state(text: str, *, renamed: bool) -> str:
    """Return Pulumi's state as an earlier version wrote it.

    Parameters
    ----------
    text
        The state, as JSON.
    renamed
        Whether components and tables had other names, as before version 0.1.0; otherwise only the
        Kinesis stream was in another component, as in version 0.1.0.
    """
    kinds = f"{PROJECT}:infra"
    state = json.loads(text)
    journal, ledger = (
        f"{kinds}:{kind}::qldb-journal" for kind in ("JournalStream", "LedgerStream")
    )
    # The component was not there yet: the other one had the Kinesis stream.
    components = {each["urn"] for each in state["resources"] if each["urn"].endswith(journal)}
    assert len(components) == 1
    state["resources"] = [each for each in state["resources"] if each["urn"] not in components]
    text = json.dumps(state).replace(journal, ledger)
    text = text.replace(f"{kinds}:JournalStream$", f"{kinds}:LedgerStream$")
    if renamed:
        for today, former in FORMER_NAMES.items():
            text = text.replace(f'{today}"', f'{former}"')
    # A parent comes before its children.
    state = json.loads(text)
    state["resources"].sort(key=lambda each: not each["type"].startswith(("pulumi:", kinds)))
    return json.dumps(state)


@pytest.mark.parametrize("renamed", [False, True], ids=["0.1.0", "before 0.1.0"])
def test_an_upgrade_replaces_nothing(stacks: Stacks, *, renamed: bool) -> None:
    # given the state of a stack that an earlier version deployed
    stack = stacks._open(PIPELINE)
    now = stack.export_stack()
    former = former_state(json.dumps(now.deployment), renamed=renamed)
    assert former != json.dumps(now.deployment)
    stack.import_stack(type(now)(version=now.version, deployment=json.loads(former)))
    try:
        # when this version is previewed / then all resources are known under their new names
        assert preview(stacks) == Plan({}, {}, {})
    finally:
        stack.import_stack(now)


def test_a_second_stack_shares_no_name_with_the_first(stacks: Stacks, neighbour: Stacks) -> None:
    # given two stacks in one account / when their resources are compared
    first, second = physical(stacks), physical(neighbour)
    # then no two of a type have one id
    same = {name for name in first.keys() & second.keys() if first[name] == second[name]}
    assert same == set()
    # and neither watches what belongs to the other
    service = [each.outputs()["handlerEnvironment"] for each in (stacks, neighbour)]
    assert len({each["POWERTOOLS_SERVICE_NAME"] for each in service}) == 2
    watched = [set(dimensions(each)) for each in (stacks, neighbour)]
    assert watched[0] & watched[1] <= {"BatchExecuteStatement", "PutItem", "by-email"}
    # and the first one is as it was
    assert preview(stacks) == Plan({}, {}, {})


def dimensions(stacks: Stacks) -> Iterator[str]:
    for name, each in resources(stacks).items():
        if name.startswith("MetricAlarm"):
            yield from each["inputs"]["dimensions"].values()


def test_a_preview_is_quiet_on_another_machine(machine: Machine) -> None:
    # given another clone, elsewhere / when it previews / then there is nothing to do
    text = machine.run("pulumi preview --expect-no-changes")
    assert "Installing the handler's packages" in text
    assert re.search(r"\d+ unchanged", text)


def test_a_destruction_with_protection_fails_and_nothing_is_deleted(
    machine: Machine, neighbour: Stacks
) -> None:
    # given deletion protection / when the stack is destroyed, as one does from a shell
    before = physical(neighbour)
    text = machine.run("pulumi destroy --yes", status=1)
    # then one line for each protected resource says so
    line = r"^ +error: Preview failed: .*::(\S+)\" cannot be deleted$"
    assert sorted(re.findall(line, text, re.MULTILINE)) == ["qldb-Person", "qldb-failures"]
    assert "because it is protected" in text
    # and nothing is deleted
    assert physical(neighbour) == before
    assert (neighbour.refresh(PIPELINE).summary.resource_changes or {}).keys() == {"same"}


def test_a_retained_table_outlives_its_stack(stacks: Stacks, services: Services) -> None:
    # given a stack that was deployed with retainOnDelete, and an item
    outputs = stacks.outputs()
    dynamodb = aws.client("dynamodb", services.endpoints.emulator)
    item = {KEY_ATTRIBUTE: {"S": "kept"}, VERSION_ATTRIBUTE: {"N": "3"}}
    dynamodb.put_item(TableName=outputs["tableNames"]["House"], Item=item)
    kept = {*outputs["tableNames"].values(), outputs["historyTableName"]}
    # when it is destroyed
    stacks.destroy()
    # then its tables and its bucket are left, and nothing else that belongs to it
    assert kept <= set(dynamodb.list_tables()["TableNames"])
    client = aws.client("s3", services.endpoints.emulator)
    assert client.head_bucket(Bucket=outputs["failureBucketName"])
    assert client.get_public_access_block(Bucket=outputs["failureBucketName"])
    kinesis = aws.client("kinesis", services.endpoints.emulator)
    assert outputs["streamName"] not in kinesis.list_streams()["StreamNames"]
    RETAINED.append(outputs["tableNames"]["House"])


RETAINED: list[str] = []
"""The table that one stack has left and another adopts."""


def documented_import() -> str:
    """Return the commands of docs/settings.md that adopt a table."""
    page = (Path(PIPELINE.folder) / "docs" / "settings.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```bash\n([^`]*pulumi import[^`]*)```", page)
    return str(block)


def test_a_table_is_adopted_by_the_documented_commands(
    machine: Machine, services: Services, neighbour: Stacks
) -> None:
    # given a retained table / when the documented commands are typed, for its ledger table
    (name,) = RETAINED
    commands = (
        documented_import()
        .replace("replicaTables[0]", "replicaTables[1]")
        .replace("qldb-Person", "qldb-House")
        .replace("people", name)
        # Nobody is there to answer.
        .replace("--protect=false", "--protect=false --yes")
        .replace("pulumi up", "pulumi up --yes --skip-preview")
    )
    assert commands.count(name) == 2
    machine.run("pulumi config set --path 'replicaTables[1].ledgerTable' House")
    machine.run(f"set -e\n{commands}")
    # then the stack has it, with its items
    assert neighbour.outputs()["tableNames"]["House"] == name
    dynamodb = aws.client("dynamodb", services.endpoints.emulator)
    key = {KEY_ATTRIBUTE: {"S": "kept"}}
    assert dynamodb.get_item(TableName=name, Key=key)["Item"][VERSION_ATTRIBUTE] == {"N": "3"}
    # and there is nothing left to do
    machine.run("pulumi preview --expect-no-changes")
