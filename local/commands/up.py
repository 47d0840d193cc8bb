"""The command `up`, which starts the servers and deploys both stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.examples import EXAMPLES
from local.progress import show_progress
from local.pulumi_cli import ensure_pulumi
from local.running import addresses, open_stacks, stop_and_forget
from local.services import EMULATOR_PORT, QLDB_PORT, Ports, Services
from local.stack import format_outputs

if TYPE_CHECKING:
    import argparse

HELP = "start the servers, deploy both stacks, leave everything running"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, default=EMULATOR_PORT, help="port of the emulator")
    parser.add_argument(
        "--qldb-port", type=int, default=QLDB_PORT, help="port of the simulated QLDB"
    )
    parser.add_argument(
        "--no-deploy",
        action="store_true",
        help="start the servers and create empty stacks only, to run `pulumi up` by hand",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    services = _started(options)
    stacks = open_stacks(services)
    stacks.prepare()
    if not options.no_deploy:
        stacks.up(on_output=print)
    print(f"\nThe local AWS is running: {addresses(services)}")
    if options.no_deploy:
        print('\nNext: eval "$(python -m local env)"; (cd ledger && pulumi up); pulumi up')
        return 0
    print(f"Stack outputs:\n{format_outputs(stacks.outputs())}")
    next_commands = EXAMPLES.splitlines()[1:]
    print("\n".join(["\nNext, for example:", *(f"  {line}" for line in next_commands)]))
    return 0


def _started(options: argparse.Namespace) -> Services:
    """Return the running servers, started if necessary."""
    services = Services.found(options.state)
    if services is not None and not any(services.running().values()):
        stop_and_forget(services)
        services = None
    if services is None:
        services = Services(
            state=options.state, ports=Ports(emulator=options.port, qldb=options.qldb_port)
        )
        ensure_pulumi(show_progress)
        show_progress("Starting the AWS emulator and the simulated QLDB")
        services.start(detached=True)
    services.require_running()
    return services
