"""The command `env`, which prints shell commands for the use of the local AWS."""

from __future__ import annotations

import argparse

from local.environment import environment
from local.progress import show_progress
from local.pulumi_cli import ensure_pulumi
from local.running import running_services, stack_name
from local.shell_environment import inherited_path, shell_exports, shell_undo

HELP = 'print shell exports: eval "$(python -m local env)"; --unset prints what undoes them'

_EPILOG = """\
The commands are for sh, bash and zsh. They replace every variable that begins
with AWS_ or PULUMI_, put pulumi and the provider in front of PATH, and keep
proxies away from 127.0.0.1.

--unset removes these variables and folders, and restores what the same shell
had before, such as AWS_PROFILE. It works when the local AWS no longer runs. A
shell that was started later by the one that used the exports cannot restore the
former values: it names them.

examples:
  eval "$(python -m local env)"; pulumi preview; aws kinesis list-streams
  eval "$(python -m local env --unset)"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Print shell commands with which this shell uses the local AWS."
    parser.epilog = _EPILOG
    parser.add_argument(
        "--unset", action="store_true", help="print the commands that undo those of `env`"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    if options.unset:
        undo = shell_undo()
        if undo is None:
            show_progress("nothing to undo: this shell does not use the local AWS")
        print(undo or "", end="")
        return 0
    services = running_services(options.state)
    inherited = inherited_path()
    variables = environment(
        services.endpoints,
        ensure_pulumi(show_progress),
        services.state,
        stack=stack_name(services.state),
        inherited=inherited,
    )
    print(shell_exports(variables, inherited), end="")
    return 0
