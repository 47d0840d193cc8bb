"""The commands of `python -m local`, each in a module of the same name (`_` for `-`).

To add a command, write a module here with the members of `Command`, and add it to `COMMANDS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from local.commands import (
    delete,
    demo,
    destroy,
    down,
    e2e_deployed,
    env,
    export,
    feed,
    logs,
    put,
    redact,
    show,
    status,
    up,
)

if TYPE_CHECKING:
    import argparse


class Command(Protocol):
    """The members of a command's module.

    Attributes
    ----------
    HELP
        One line for the list of commands.
    """

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Declare the command's arguments."""

    def run(self, options: argparse.Namespace, /) -> int:
        """Run the command and return its exit status.

        `options` contains the command's arguments and `state`, the folder of the local AWS.
        """


COMMANDS: dict[str, Command] = {
    "up": up,
    "status": status,
    "env": env,
    "put": put,
    "delete": delete,
    "redact": redact,
    "show": show,
    "logs": logs,
    "export": export,
    "destroy": destroy,
    "down": down,
    "demo": demo,
    "feed": feed,
    "e2e-deployed": e2e_deployed,
}
"""Commands by name, in the order of `--help`."""
