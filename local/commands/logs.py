"""The command `logs`, which prints the logs of the servers and of the function."""

from __future__ import annotations

import argparse
import select
import sys
import time
from typing import TYPE_CHECKING

from local.errors import LocalError
from local.log_sources import FUNCTION, SERVERS, open_source
from local.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.log_sources import LogSource

HELP = "print the logs of the servers and of the function, to see why nothing replicates"

_POLL_SECONDS = 0.5
_EPILOG = """\
logs:
  emulator  the AWS emulator, with the function's output among the rest
  qldb      the simulated QLDB service, which delivers to Kinesis
  function  the Lambda function, from the emulator's CloudWatch Logs

The servers' logs stay when a server dies and after `down`, until the next
start. The function's log is in the emulator's memory, and lost with it.

examples:
  python -m local logs                    all three, each line with its name
  python -m local logs function --follow  in a second terminal, during a `put`
  python -m local logs emulator | tail    why the emulator died
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Print the logs of the servers and of the function."
    parser.epilog = _EPILOG
    parser.add_argument(
        "log", nargs="?", choices=(*SERVERS, FUNCTION), help="only this one (default: all three)"
    )
    parser.add_argument(
        "--follow", action="store_true", help="go on with what is added, until Ctrl-C"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a log cannot be read."""
    names = (*SERVERS, FUNCTION) if options.log is None else (options.log,)
    sources = {name: open_source(name, options.state) for name in names}
    unreadable = _print_new(sources, {})
    if len(unreadable) == len(sources):
        raise LocalError("; ".join(unreadable.values()))
    for reason in unreadable.values():
        show_progress(reason)
    while options.follow and not _reader_is_gone():
        time.sleep(_POLL_SECONDS)
        known, unreadable = unreadable, _print_new(sources, unreadable)
        for name in unreadable.keys() - known.keys():
            show_progress(unreadable[name])
    return 1 if unreadable else 0


def _print_new(sources: Mapping[str, LogSource], known: Mapping[str, str]) -> dict[str, str]:
    """Print what the logs have received, and return why some cannot be read."""
    unreadable = {}
    width = max(map(len, sources))
    for name, source in sources.items():
        prefix = f"{name:<{width}} | " if len(sources) > 1 else ""
        try:
            for line in source.new_lines():
                print(f"{prefix}{line}")
        except LocalError as error:
            unreadable[name] = known.get(name, str(error))
    sys.stdout.flush()
    return unreadable


def _reader_is_gone() -> bool:
    """Return whether standard output is a pipe that nobody reads any more, as after `| head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
