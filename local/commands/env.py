"""The command `env`, which prints shell commands for the use of the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.environment import environment, shell_exports
from local.progress import show_progress
from local.pulumi_cli import ensure_pulumi
from local.running import running_services, stack_name

if TYPE_CHECKING:
    import argparse

HELP = 'print shell exports: eval "$(python -m local env)"'


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    services = running_services(options.state)
    pulumi_bin = ensure_pulumi(show_progress)
    stack = stack_name(services.state)
    variables = environment(services.endpoints, pulumi_bin, services.state, stack=stack)
    print(shell_exports(variables))
    return 0
