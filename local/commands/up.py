"""The command `up`, which starts the servers and deploys both stacks."""

from __future__ import annotations

import argparse
import textwrap

from local.environment import backend_folder
from local.errors import LocalError
from local.examples import command, next_commands
from local.progress import print_output, show_progress
from local.pulumi_cli import ensure_pulumi
from local.pulumi_locks import require_unlocked
from local.running import addresses, forget_deployment, open_stacks
from local.services import EMULATOR_PORT, QLDB_PORT, Ports, Services, loss_file
from local.stack import format_outputs

_MAX_PORT = 65_535

HELP = "start the servers, deploy both stacks, leave everything running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--port", type=_port, help=f"port of the emulator (default: {EMULATOR_PORT})"
    )
    parser.add_argument(
        "--qldb-port", type=_port, help=f"port of the simulated QLDB (default: {QLDB_PORT})"
    )
    parser.add_argument(
        "--no-deploy",
        action="store_true",
        help="start the servers and create empty stacks only, to run `pulumi up` by hand",
    )
    parser.add_argument(
        "--without-ledger",
        action="store_true",
        help="deploy a stack whose Kinesis stream is the input, as AWS can deploy it: `feed` "
        "writes to it, `e2e-deployed` tests it",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    services = _started(options)
    stacks = open_stacks(services, has_ledger=not options.without_ledger)
    stacks.prepare()
    if not options.no_deploy:
        stacks.up(
            on_output=print_output,
            refresh=loss_file(options.state).exists(),
            suppress_outputs=True,  # they are printed below
        )
        loss_file(options.state).unlink(missing_ok=True)
    print(f"\nThe local AWS is running: {addresses(services)}")
    if options.no_deploy:
        this_shell = f'eval "$({command(options.state)} env)"'
        up = "pulumi up --refresh" if loss_file(options.state).exists() else "pulumi up"
        ledger = "" if options.without_ledger else f"(cd ledger && {up}); "
        print(f"\nNext: {this_shell}; {ledger}{up}")
        return 0
    print(f"Stack outputs:\n{format_outputs(stacks.outputs())}")
    following = next_commands(options.state, has_ledger=not options.without_ledger)
    print(f"\nNext, for example:\n{textwrap.indent(following, '  ')}", end="")
    return 0


def _started(options: argparse.Namespace) -> Services:
    """Return the running servers, started if necessary."""
    # One that waits for former servers would go on with the new ones.
    require_unlocked(backend_folder(options.state))
    found = Services.found(options.state)
    ports = _ports(options, found.ports if found else Ports())
    if found is None or not found.alive():
        services = Services(state=options.state, ports=ports)
        ensure_pulumi(show_progress)
        forget_deployment(options.state)
        show_progress("Starting the AWS emulator and the simulated QLDB")
        services.start(detached=True)
        return services
    if ports != found.ports:
        raise LocalError(
            f"the servers already run, on the ports {found.ports.emulator} and "
            f"{found.ports.qldb}: `python -m local down` first, or another --state folder"
        )
    for name in found.start_ended():
        show_progress(
            f"Started {name} again: it had ended, and what it held is lost with its memory"
        )
    found.require_running()
    return found


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= port <= _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: expected 1 to {_MAX_PORT}")
    return port


def _ports(options: argparse.Namespace, others: Ports) -> Ports:
    """Return the ports that the command asks for; those that it leaves open are the others."""
    ports = Ports(emulator=options.port or others.emulator, qldb=options.qldb_port or others.qldb)
    if ports.emulator == ports.qldb:
        raise LocalError(
            f"both servers cannot use port {ports.emulator}: give --port and --qldb-port "
            "different numbers"
        )
    return ports
