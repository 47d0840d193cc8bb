"""AWS on one machine, as a command: `python -m local --help`."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from pulumi.automation import CommandError
from qldb_simulator.client import LedgerClient
from qldb_simulator.errors import SimulatorError
from qldb_simulator.operations import CreateTable, Delete, Insert, Operation, Redact, Update
from rich.console import Console

from local import demo, stack
from local.comparison import compare, comparison_table, differences
from local.environment import enter, environment, shell_exports
from local.errors import LocalError
from local.pulumi_cli import ensure_pulumi
from local.services import DEFAULT_STATE, EMULATOR_PORT, QLDB_PORT, Ports, Services

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """\
examples:
  python -m local up
  python -m local put Person '{"firstName": "Ann", "email": "ann@example.com"}'
  python -m local put Person '{"firstName": "Anne"}' --id DOCUMENT_ID
  python -m local delete Person DOCUMENT_ID
  python -m local redact Person DOCUMENT_ID 0
  python -m local show
  eval "$(python -m local env)"; pulumi preview; aws kinesis list-streams
  python -m local down
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    # `kill` and a closed terminal clean up as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    # Messages name files and quote other programs: nothing in them is markup.
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    try:
        status: int = options.run(options)
    except (LocalError, SimulatorError) as error:
        console.print(f"error: {error}", style="red")
        return 1
    except CommandError as error:
        console.print(f"error: Pulumi failed:\n{error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    return status


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="AWS on one machine: an emulator, a simulated Amazon QLDB, and both stacks "
        "deployed to them with the real Pulumi engine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE,
        help="folder for logs and Pulumi's state (default: .local in the repository)",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything, deploy both stacks, leave it running")
    _add_ports(up)
    up.add_argument(
        "--no-deploy",
        action="store_true",
        help="start the servers and create empty stacks only, to run `pulumi up` by hand",
    )
    up.set_defaults(run=_up)

    status = commands.add_parser("status", help="what runs, and the stack outputs")
    status.set_defaults(run=_status)

    env = commands.add_parser("env", help='shell exports: eval "$(python -m local env)"')
    env.set_defaults(run=_env)

    put = commands.add_parser("put", help="commit a document to the ledger: insert, or update")
    put.add_argument("table", help="table of the ledger, such as Person")
    put.add_argument("document", help="the document as JSON (or Ion text)")
    put.add_argument("--id", help="update this document instead of inserting a new one")
    put.set_defaults(run=_put)

    delete = commands.add_parser("delete", help="commit the deletion of a document")
    delete.add_argument("table")
    delete.add_argument("id", help="document id, as `put` printed it")
    delete.set_defaults(run=_delete)

    redact = commands.add_parser("redact", help="redact one inactive revision of a document")
    redact.add_argument("table")
    redact.add_argument("id", help="document id")
    redact.add_argument("version", type=int, help="the revision's version, not the newest one")
    redact.set_defaults(run=_redact)

    show = commands.add_parser(
        "show", help="compare the ledger with DynamoDB, document by document"
    )
    show.set_defaults(run=_show)

    destroy = commands.add_parser("destroy", help="destroy both stacks, leave the servers running")
    destroy.set_defaults(run=_destroy)

    down = commands.add_parser("down", help="stop the servers and forget everything")
    down.set_defaults(run=_down)

    demonstration = commands.add_parser(
        "demo", help="up, transactions, comparison of ledger and DynamoDB, down"
    )
    demonstration.set_defaults(run=_demo)
    return parser


def _add_ports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=EMULATOR_PORT, help="of the emulator")
    parser.add_argument("--qldb-port", type=int, default=QLDB_PORT, help="of the simulated QLDB")


def _services(options: argparse.Namespace) -> Services:
    services = Services.found(options.state)
    if services is None:
        raise LocalError("the local AWS is not running: `python -m local up` starts it")
    services.require_running()
    return services


def _stacks(services: Services) -> stack.Stacks:
    variables = environment(services.endpoints, ensure_pulumi(_progress), services.state)
    enter(variables)
    return stack.Stacks(variables=variables)


def _where(services: Services) -> str:
    endpoints = services.endpoints
    return f"emulator {endpoints.emulator}, QLDB {endpoints.qldb}, logs {services.state / 'logs'}"


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _up(options: argparse.Namespace) -> int:
    services = Services.found(options.state)
    if services is not None and not any(services.running().values()):
        _forget(services)
        services = None
    if services is None:
        services = Services(
            state=options.state, ports=Ports(emulator=options.port, qldb=options.qldb_port)
        )
        ensure_pulumi(_progress)
        _progress("Starting the AWS emulator and the simulated QLDB")
        services.start(detached=True)
    services.require_running()
    stacks = _stacks(services)
    stacks.prepare()
    if not options.no_deploy:
        stacks.up(on_output=print)
    print(f"\nThe local AWS runs: {_where(services)}")
    if options.no_deploy:
        print('\nNext: eval "$(python -m local env)"; (cd ledger && pulumi up); pulumi up')
        return 0
    print(f"Stack outputs:\n{stack.write_outputs(stacks.outputs())}")
    print("\nNext, for example:\n" + "\n".join(EPILOG.splitlines()[2:]))
    return 0


def _status(options: argparse.Namespace) -> int:
    services = Services.found(options.state)
    if services is None:
        print("The local AWS is not running: `python -m local up` starts it.")
        return 1
    running = services.running()
    for name, answers in running.items():
        print(f"{name}: {'answers' if answers else 'does not answer'}")
    print(_where(services))
    if not all(running.values()):
        return 1
    outputs = _stacks(services).outputs()
    print(f"Stack outputs:\n{stack.write_outputs(outputs)}" if outputs else "Nothing is deployed.")
    return 0


def _env(options: argparse.Namespace) -> int:
    services = _services(options)
    print(shell_exports(environment(services.endpoints, ensure_pulumi(_progress), services.state)))
    return 0


def _deployed(options: argparse.Namespace) -> tuple[Services, dict[str, Any]]:
    """Return the running servers and the pipeline's stack outputs."""
    services = _services(options)
    outputs = _stacks(services).outputs()
    if "ledgerName" not in outputs:
        raise LocalError("nothing is deployed: `python -m local up` deploys both stacks")
    return services, outputs


def _put(options: argparse.Namespace) -> int:
    try:
        document = simpleion.loads(options.document)
    except (IonException, ValueError) as error:
        raise LocalError(
            "the document is neither JSON nor Ion text (in a shell, put it in single quotes)"
        ) from error
    if options.id is None:
        return _commit(options, Insert(table=options.table, document=document))
    return _commit(options, Update(table=options.table, document_id=options.id, document=document))


def _delete(options: argparse.Namespace) -> int:
    return _commit(options, Delete(table=options.table, document_id=options.id))


def _redact(options: argparse.Namespace) -> int:
    return _commit(
        options, Redact(table=options.table, document_id=options.id, version=options.version)
    )


def _commit(options: argparse.Namespace, operation: Operation) -> int:
    services, outputs = _deployed(options)
    ledger, name = LedgerClient(services.endpoints.qldb), str(outputs["ledgerName"])
    if isinstance(operation, Insert) and operation.table not in ledger.tables(name):
        ledger.commit(name, [CreateTable(table=operation.table)])
    block = ledger.commit(name, [operation])
    print(f"Committed as journal block {block.sequence_no}, transaction {block.transaction_id}.")
    for document in block.documents:
        state = "deleted" if document.is_deleted else "live"
        print(f"{document.table} {document.document_id}: version {document.version}, {state}")
    if operation.table not in outputs["tableNames"]:
        print(f"Table {operation.table} is not replicated: see the setting replicaTables.")
    return 0


def _show(options: argparse.Namespace) -> int:
    services, outputs = _deployed(options)
    ledger = LedgerClient(services.endpoints.qldb)
    rows = compare(ledger, outputs, services.endpoints.emulator)
    Console().print(comparison_table(rows))
    print(f"{len(rows)} documents, {differences(rows)} differences")
    return 1 if differences(rows) else 0


def _destroy(options: argparse.Namespace) -> int:
    _stacks(_services(options)).destroy(on_output=print)
    return 0


def _down(options: argparse.Namespace) -> int:
    services = Services.found(options.state)
    if services is not None:
        _forget(services)
    print("The local AWS is stopped; nothing of it is left but its logs and caches.")
    return 0


def _forget(services: Services) -> None:
    """Stop the servers and remove Pulumi's state: what it describes was in their memory."""
    services.stop()
    shutil.rmtree(services.state / "pulumi", ignore_errors=True)
    stack.remove_settings("local")


def _demo(options: argparse.Namespace) -> int:
    return demo.run(options.state)


if __name__ == "__main__":
    sys.exit(main())
