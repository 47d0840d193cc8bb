"""The commands `python -m local` and `pulumi` in a shell, on a copy of the work tree.

Proves that both projects work through the real Python language host from a shell with the exported
environment, and that the copy stays clean. It cannot prove how a fresh machine gets
its tools: the copy uses this virtual environment. The demonstration has separate tests. The tests
build on each other, in order: a deployment takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion.simpleion import loads
from qldb_simulator.client import LedgerClient

from local import aws
from local.commands import COMMANDS
from local.service_process import free_port
from local.services import Services
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Shell

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

EXPORT_READERS: dict[str, Callable[[bytes], Any]] = {
    "json": lambda data: [json.loads(line) for line in data.splitlines()],
    "ion-text": lambda data: loads(data.decode(), single_value=False),
    "ion-binary": lambda data: loads(data, single_value=False),
}
"""Returns the blocks of an object, by the name of its format."""


@pytest.fixture
def services(shell: Shell) -> Services:
    """The servers that the command line has started."""
    services = Services.found(shell.folder / ".local")
    assert services is not None
    return services


def test_help_lists_every_command(shell: Shell) -> None:
    # given nothing running / when help is asked for / then it lists the commands
    text = shell.run("python -m local --help")
    for command in COMMANDS:
        assert re.search(rf"^ +{command}( |$)", text, re.MULTILINE), command


def test_a_command_that_needs_the_servers_names_the_remedy(shell: Shell) -> None:
    # given nothing running / when a command needs it / then one line names the remedy
    text = shell.run("python -m local show", status=1)
    assert text.strip() == "error: the local AWS is not running: `python -m local up` starts it"


def test_both_projects_deploy_by_hand_from_a_shell(shell: Shell) -> None:
    # given a local AWS with nothing deployed
    shell.run(f"python -m local up --no-deploy --port {free_port()} --qldb-port {free_port()}")
    # when both projects are previewed and deployed by hand, and deployed once more
    by_hand = "pulumi preview && pulumi up --yes && pulumi up --yes --skip-preview"
    deployed = shell.run(f"(cd ledger && {by_hand}) && {by_hand}", local=True)
    assert len(re.findall(r"\d+ created", deployed)) == 2
    assert len(re.findall(r"\d+ unchanged", deployed)) == 2
    # then the command that deploys both finds nothing to change
    again = shell.run("python -m local up")
    assert len(re.findall(r"\d+ unchanged", again)) == 2
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", again), again
    # and prints the stack outputs once, its own and not also Pulumi's
    assert len(re.findall(r"^ +streamName\b", again, re.MULTILINE)) == 1


def test_a_document_on_its_way_is_not_a_difference(shell: Shell, services: Services) -> None:
    # given a document that the QLDB stream holds back
    ledger = LedgerClient(services.endpoints.qldb)
    (name,) = (each["Name"] for each in ledger.list_ledgers())
    ledger.pause_delivery(name)
    shell.run("""python -m local put Person '{"firstName": "Ann"}'""")
    # when ledger and DynamoDB are compared / then it is on its way
    shown = shell.run("python -m local show", status=3)
    assert "│ 0 live │ -        │ on its way │" in shown
    assert "1 document: 0 equal, 1 on its way, 0 differ" in shown
    # when the stream goes on / then waiting ends with an equal item, and the function's log
    ledger.resume_delivery(name)
    assert "1 document: 1 equal" in shell.run("python -m local show --wait")
    assert "Batch replicated" in shell.run("python -m local logs function")


def test_transactions_from_the_command_line_reach_dynamodb(
    shell: Shell, services: Services
) -> None:
    # given both stacks / when a document is inserted, updated, and its first revision redacted
    inserted = shell.run("""python -m local put Person '{"firstName": "Ann"}'""")
    found = re.search(r"Person (\w{22}): version 0, live", inserted)
    assert found, inserted
    document_id = found[1]
    updated = shell.run(
        f"""python -m local put Person '{{"firstName": "Anne"}}' --id {document_id}"""
    )
    assert "version 1, live" in updated
    shell.run(f"python -m local redact Person {document_id} 0")
    # then DynamoDB follows
    eventually(lambda: "1 live │ 1 live │ yes" in squeezed(shell, document_id))
    # when it is deleted / then DynamoDB follows again
    shell.run(f"python -m local delete Person {document_id}")
    eventually(lambda: "2 deleted │ 2 deleted │ yes" in squeezed(shell, document_id))

    # when the table gets an item that the ledger does not know
    dynamodb = aws.client("dynamodb", services.endpoints.emulator)
    (table,) = dynamodb.list_tables()["TableNames"]
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "unknown"}, "version": {"N": "7"}})
    # then the comparison shows it, and the exit status is 1
    shown = shell.run("python -m local show", status=1)
    assert "3 documents: 2 equal, 0 on their way, 1 differs" in shown


def test_the_journal_is_exported_in_every_format(
    shell: Shell, services: Services, tmp_path: Path
) -> None:
    # given a journal with an insert, an update, a redaction and a delete
    ledger = LedgerClient(services.endpoints.qldb)
    (name,) = (each["Name"] for each in ledger.list_ledgers())
    count = ledger.delivery(name)["blocks"]
    for form, read in EXPORT_READERS.items():
        # when it is exported to a folder / then standard output ends with the folder
        folder = tmp_path / form
        command = f"python -m local export --format {form} --folder {folder} --blocks-per-object 2"
        assert shell.run(f"{command} 2>/dev/null | tail -1") == f"{folder}\n"
        # and the folder has the manifests, a proof, and every block
        names = sorted(path.name for path in folder.rglob("*.*") if path.is_file())
        assert sum(name.endswith(".started.manifest") for name in names) == 1
        assert sum(name.endswith(".completed.manifest") for name in names) == 1
        assert sum(name.endswith(".proofs.json") for name in names) == 1
        data = [
            path
            for path in folder.rglob("*.*-*.*")
            if path.is_file() and re.search(r"\.\d+-\d+\.(ion|json)$", path.name)
        ]
        assert len(data) == (count + 1) // 2
        numbers = [
            block["blockAddress"]["sequenceNo"]
            for path in data
            for block in read(path.read_bytes())
        ]
        assert sorted(numbers) == list(range(count))
        # and it is proven
        assert "leads to the digest" in shell.run(f"python -m ops verify {folder}")
    # when it is exported without a folder / then standard output ends with a URL, for `ops`
    text = shell.run(
        'url="$(python -m local export --prefix p 2>/dev/null | tail -1)"\n'
        'echo "$url"; python -m ops verify "$url"',
        local=True,
    )
    url, _, verified = text.partition("\n")
    assert re.fullmatch(r"s3://journal-exports-\w{12}/p/", url)
    assert "leads to the digest" in verified


def test_destroyed_stacks_can_be_deployed_again(shell: Shell, services: Services) -> None:
    # given both stacks / when they are destroyed by hand, and what is left by the command
    by_hand = "pulumi destroy --yes"
    destroyed = shell.run(f"{by_hand} && (cd ledger && {by_hand})", local=True)
    assert len(re.findall(r"\d+ deleted", destroyed)) == 2
    shell.run("python -m local destroy")
    # then the servers go on with nothing in them
    assert "Nothing is deployed." in shell.run("python -m local status")
    dynamodb = aws.client("dynamodb", services.endpoints.emulator)
    assert dynamodb.list_tables()["TableNames"] == []
    # when they are deployed again / then all is there again
    assert len(re.findall(r"\d+ created", shell.run("python -m local up"))) == 2
    assert "functionName" in shell.run("python -m local status")


def test_a_dead_emulator_is_started_again_and_the_ledger_is_kept(
    shell: Shell, services: Services
) -> None:
    # given a document, an emulator that has died, and a lock of a Pulumi that was killed
    shell.run("""python -m local put Person '{"firstName": "Ann"}'""")
    assert services.emulator.pid is not None
    os.killpg(services.emulator.pid, signal.SIGKILL)
    stack = services.state / "pulumi/backend/.pulumi/locks/organization/apigw-lambda-qldb/local"
    lock = {"pid": 2**22 + 1, "hostname": socket.gethostname()}
    (stack / "killed.json").write_text(json.dumps(lock))
    # when a command needs it / then one line names the remedy
    assert shell.run("python -m local show", status=1) == (
        f"error: the AWS emulator does not answer (logs: {services.state / 'logs'}): "
        "`python -m local up` starts what has ended\n"
    )
    # and its log is still there
    assert shell.run("python -m local logs emulator | tail -1")
    # when it is started again, by a command whose reader has had enough
    shell.run("python -m local up | head -1")
    # then the ledger still has the document, and the new table gets it
    eventually(
        lambda: shell.run("python -m local show | tail -1").startswith("1 document: 1 equal")
    )
    # and `down` leaves nothing behind: no server, no file that git sees or ignores
    shell.run("python -m local down")
    assert services.qldb.pid is None
    assert shell.changed() == []
    assert list(shell.folder.rglob("Pulumi.local.yaml")) == []


def test_a_taken_port_is_named(shell: Shell) -> None:
    # given a port that something else listens on
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        # when starting there / then the line names the port and the remedy
        text = shell.run(f"python -m local up --no-deploy --port {port}", status=1)
    assert f"port {port}" in text
    assert "Traceback" not in text


def squeezed(shell: Shell, document_id: str) -> str:
    """Return the comparison's line of a document with single spaces, whether or not it is equal."""
    done = subprocess.run(
        [sys.executable, "-m", "local", "show"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if document_id in line]
    return re.sub(r" +", " ", "".join(lines))
