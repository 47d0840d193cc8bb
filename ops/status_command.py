"""The command `python -m ops status`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console as OutputConsole

from ops import connections, stack_option
from ops.command import STATUS_FAILED, STATUS_OK, Command
from ops.status.judgement import Verdict, findings
from ops.status.reader import StatusReader
from ops.status.report import json_text, lines

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

_DESCRIPTION = """\
Tells at a glance how a stack is: whether records are read (event source
mapping, function, stream), how far it is behind, what waits for a redrive,
which alarms are in ALARM, the tables, and what was done in the last hour to
each ledger table. It changes nothing and reads no documents.

Exit status: 0 all is well; 1 something needs attention or could not be read;
130 interrupted.
"""

_EXAMPLES = """\
  python -m ops status --stack dev                    what needs attention
  python -m ops status --stack dev --json | jq .findings
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    stack_option.add_to(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(options: argparse.Namespace, console: Console) -> int:
    outputs = stack_option.read(options, console)

    def client(service: str) -> Any:  # noqa: ANN401 (clients share no type)
        return connections.client(service, outputs.region)

    status = StatusReader(outputs, client, now=time.time()).read()
    found = findings(status)
    if options.json:
        print(json_text(status, found))
    else:
        # With colors only on a terminal.
        output = OutputConsole(file=sys.stdout, soft_wrap=True, highlight=False)
        for line in lines(status, found):
            output.print(line)
    good = all(each.verdict is Verdict.OK for each in found)
    return STATUS_OK if good else STATUS_FAILED


COMMAND = Command(
    name="status",
    summary="tell how a stack is, and what needs attention",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)
