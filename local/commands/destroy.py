"""The command `destroy`, which destroys both stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.environment import backend_folder
from local.errors import LocalError
from local.progress import print_output
from local.pulumi_locks import require_unlocked
from local.running import open_stacks, running_services

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

HELP = "destroy both stacks, leave the servers running"


def is_protected(outputs: Mapping[str, Any]) -> bool:
    """Return whether a stack with these outputs has tables that Pulumi refuses to delete."""
    is_retained = outputs.get("retainOnDelete") is True
    return outputs.get("deletionProtection") is True and not is_retained


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    stacks = open_stacks(running_services(options.state))
    require_unlocked(backend_folder(options.state))
    # Pulumi would refuse a protected table only after it has deleted other resources.
    if is_protected(stacks.outputs()):
        raise LocalError(
            "the stack's tables are protected against deletion, so nothing was destroyed. To "
            "destroy them with their items: pulumi config set deletionProtection false, "
            "pulumi up, then this command again"
        )
    stacks.destroy(on_output=print_output)
    return 0
