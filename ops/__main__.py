"""What an operator runs, as a command: `python -m ops --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ops import failures_command, redrive_command, stack_outputs
from ops.errors import OpsError
from ops.record_processing import TIME_LIMIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.stack_outputs import StackOutputs

EPILOG = """\
examples:
  python -m ops failures --stack dev                  what waits, and why, without any document
  python -m ops failures --stack dev --json | jq .counts
  python -m ops failures --stack dev --show KEY       one object with its documents, as Ion text
  python -m ops redrive --stack dev --dry-run         what would happen
  python -m ops redrive --stack dev --limit 10
  python -m ops redrive --stack dev                   work through the failure queue
  python -m ops redrive --stack dev --from-bucket     also what the queue has forgotten
  python -m ops redrive --stack dev --drop-ignored    remove also what belongs to no table of yours
  pulumi stack output --json > outputs.json           for a machine without Pulumi
  python -m ops redrive --outputs outputs.json

Credentials and endpoints are AWS's usual ones (AWS_PROFILE, AWS_..., ~/.aws).
"""

REDRIVE = """\
Sends the records of the failure bucket through the handler again, in this process, with the
configuration of the deployed stack. Order does not matter and nothing is applied twice: an item is
written only by a higher version than its own.

An object goes once its records are applied or stale. A record that fails again is kept, with the
new reason, under the key of its position. The command may be interrupted, and run twice at once.

An object with a record of a table that is not configured, or of a type that is not known, is kept
as well, with the reason `ignored`: to an outputs file or a checkout older than the stack, the
records of a new table look the same, and this is the only copy. Once you know that nobody wants
them, --drop-ignored removes such objects, and only then are they gone.

exit status: 0 nothing is left to be sent again, 1 something failed again, something ignored was
kept or the command could not run, 130 interrupted
"""

FAILURES = """\
Lists the failure bucket: key (stream, shard, sequence number, place in the aggregate), reason,
code, time, size and how often it was sent again. Documents are shown by --show only.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        status: int = options.run(options, console)
        sys.stdout.flush()
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return redrive_command.STATUS_INTERRUPTED
    except BrokenPipeError:
        # `... | head` has seen enough. What is still buffered goes nowhere, or Python's own flush
        # at the exit would complain (Python documentation, signal, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        description="What an operator runs against a deployed stack.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    redrive = commands.add_parser(
        "redrive",
        help="send what could not be applied through the handler again",
        description=REDRIVE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_stack(redrive)
    redrive.add_argument(
        "--from-bucket",
        action="store_true",
        help="list the bucket instead of reading the queue, which forgets after 14 days",
    )
    redrive.add_argument(
        "--dry-run", action="store_true", help="read and decode everything, change nothing"
    )
    redrive.add_argument(
        "--drop-ignored",
        action="store_true",
        help="remove, instead of keep, what has no configured table or no known type",
    )
    redrive.add_argument("--limit", type=_positive, metavar="N", help="read at most N objects")
    redrive.add_argument(
        "--time-limit",
        type=_positive,
        metavar="SECONDS",
        default=int(TIME_LIMIT_SECONDS),
        help="for one object, repetitions after throttling included (default: %(default)s)",
    )
    redrive.set_defaults(run=_redrive)

    failures = commands.add_parser(
        "failures",
        help="list what could not be applied",
        description=FAILURES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_stack(failures)
    form = failures.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for machines")
    form.add_argument("--show", metavar="KEY", help="print one object with its documents")
    failures.set_defaults(run=_failures)
    return parser


def _add_stack(parser: argparse.ArgumentParser) -> None:
    stack = parser.add_mutually_exclusive_group(required=True)
    stack.add_argument("--stack", metavar="NAME", help="the Pulumi stack")
    stack.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="instead: what `pulumi stack output --json` printed",
    )


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _outputs(options: argparse.Namespace) -> StackOutputs:
    if options.outputs is not None:
        return stack_outputs.from_file(options.outputs)
    return stack_outputs.from_pulumi(options.stack)


def _redrive(options: argparse.Namespace, console: Console) -> int:
    return redrive_command.run(
        _outputs(options),
        redrive_command.Options(
            from_bucket=options.from_bucket,
            dry_run=options.dry_run,
            drop_ignored=options.drop_ignored,
            limit=options.limit,
            time_limit=options.time_limit,
        ),
        console,
    )


def _failures(options: argparse.Namespace, _console: Console) -> int:
    if options.show is not None:
        return failures_command.run_show(_outputs(options), options.show)
    return failures_command.run_list(_outputs(options), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
