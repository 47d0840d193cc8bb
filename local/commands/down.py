"""The command `down`, which stops the servers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from local.environment import backend_folder
from local.pulumi_locks import interrupt_holders
from local.running import forget_deployment, stack_name
from local.services import Services
from local.stack_settings import keep_own_settings, remove_settings

if TYPE_CHECKING:
    import argparse

HELP = "stop the servers and remove what was deployed; your settings are kept"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--settings",
        action="store_true",
        help="remove the settings of the stacks too, which `pulumi config set` changed",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    # While the servers still answer: without them it would wait for them.
    interrupt_holders(backend_folder(options.state))
    services = Services.found(options.state)
    if services is not None:
        services.stop()
    forget_deployment(options.state)
    stack = stack_name(options.state)
    if options.settings:
        remove_settings(stack)
        kept = []
    else:
        kept = keep_own_settings(stack)
    print("The local AWS is stopped; only its logs and caches are left.")
    if kept:
        files = " and ".join(os.path.relpath(file) for file in kept)
        print(f"Your settings are kept in {files}; `down --settings` removes them.")
    return 0
