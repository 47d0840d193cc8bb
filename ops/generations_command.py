"""The command `python -m ops generations`."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rich.progress import TextColumn, TimeElapsedColumn

from handler.contract import RevisionState
from ops import connections, stack_option
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, Command
from ops.confirmation import confirmed
from ops.errors import OpsError
from ops.generation_removal import GenerationRemoval, RemovalCounts
from ops.generations import (
    HISTORY_NAMES,
    LIVE,
    STATE_NAMES,
    TOMBSTONES,
    Generation,
    TableGenerations,
)
from ops.interruption import end_on_request
from ops.option_types import positive_number
from ops.progress_display import ProgressDisplay
from ops.table_scan import CapacityLimit, pages
from ops.terminal_text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from rich.console import Console

    from handler.settings import ReplicaTable
    from ops.stack_outputs import StackOutputs

_DESCRIPTION = """\
Lists what is in the tables by generation, which is the id of the ledger table
that an item is from: items live and tombstones, first and last transaction; for
the history table, revisions by state. A ledger table that was dropped and
created again has two, because QLDB writes no deletes for a dropped table. The
one with the newest transaction is marked as the one that is written now. That
is an inference: after a drop it is wrong until the new table has a revision.

--remove TABLE_ID turns the live items of a generation into tombstones of the
same version, so that neither late records nor a new stream of the journal from
its start bring the documents back, unless it is a revision that the item did
not have yet: redrive first. Readers see them as deleted. An item that changes
meanwhile is left alone. The history is kept. It asks first, refuses the newest
generation without --force, and may be interrupted and repeated.

Both read whole tables, which costs read units; --rate limits how fast.

exit status: 0 done, 1 an item has changed meanwhile, the answer was no, or the
command could not run, 130 interrupted
"""

_EXAMPLES = """\
  python -m ops generations --stack dev               count by ledger table
  python -m ops generations --stack dev --ledger-table Person --rate 100
  python -m ops generations --stack dev --remove TABLE_ID --dry-run
  python -m ops generations --stack dev --remove TABLE_ID
"""

_UNKNOWN = "(not stored)"
_NEWEST = "*"
_NEWEST_NOTE = "* written now (inferred: it has the newest transaction)"
_MINUTES = "%Y-%m-%d %H:%M"
_RETURNS = (
    "A revision that an item did not have yet brings its document back: run the command\n"
    "again when the stream is read and the failure bucket is empty (python -m ops redrive)."
)
_HISTORY_STATES = (*RevisionState, "other")


def _add_options(parser: argparse.ArgumentParser) -> None:
    stack_option.add_to(parser)
    parser.add_argument(
        "--ledger-table",
        metavar="NAME",
        help="look at this ledger table only, by its name, and at its history if it has one",
    )
    parser.add_argument("--no-history", action="store_true", help="do not read the history table")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--rate",
        type=positive_number("rate"),
        metavar="UNITS",
        help="consume at most so many capacity units a second (default: no limit)",
    )
    parser.add_argument(
        "--remove", metavar="TABLE_ID", help="turn the live items of a generation into tombstones"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="with --remove: say what it would do"
    )
    parser.add_argument("--yes", action="store_true", help="with --remove: do not ask")
    parser.add_argument(
        "--force", action="store_true", help="with --remove: remove the newest generation too"
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    if options.remove is None and (options.dry_run or options.yes or options.force):
        raise OpsError("--dry-run, --yes and --force belong to --remove TABLE_ID: add it")
    if options.remove is not None and options.json:
        raise OpsError("--json prints the list, and --remove prints none: leave one of them out")
    if options.remove is not None and options.no_history:
        raise OpsError(
            "--no-history shortens the list, and --remove never reads the history: leave one of "
            "them out"
        )
    outputs = stack_option.read(options, console)
    tables = _selected(outputs, options.ledger_table)
    dynamodb, limit = connections.dynamodb(outputs), CapacityLimit(options.rate)
    if options.remove is not None:
        return _remove(options, console, dynamodb, tables, limit)
    with _progress(console) as step:
        found = [_counted(dynamodb, table, limit, step) for table in tables]
        history = None
        if _reads_history(outputs, options, tables):
            history = TableGenerations(
                table_name=str(outputs.settings.history_table), ledger_table=options.ledger_table
            )
            for items in pages(dynamodb, history.table_name, HISTORY_NAMES, limit):
                history.add_revisions(items)
                step(len(items))
    if options.json:
        print(_json_text(found, history))
    else:
        print("\n".join(_lines(found, history)))
    return STATUS_OK


COMMAND = Command(
    name="generations",
    summary="count items by the generation of their ledger table, remove a dropped one",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _selected(outputs: StackOutputs, name: str | None) -> list[ReplicaTable]:
    configured = outputs.settings.replica_tables
    if name is None:
        return list(configured.values())
    if name not in configured:
        raise OpsError(
            f"the stack does not replicate a ledger table {printable(name)}; it replicates "
            f"{', '.join(map(printable, configured))}"
        )
    return [configured[name]]


def _reads_history(
    outputs: StackOutputs, options: argparse.Namespace, tables: Sequence[ReplicaTable]
) -> bool:
    """Return whether the list has the history table, which is read as a whole for any part."""
    if outputs.settings.history_table is None or options.no_history:
        return False
    return options.ledger_table is None or any(table.history for table in tables)


def _counted(
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    table: ReplicaTable,
    limit: CapacityLimit,
    step: Callable[[int], None],
    *,
    consistent: bool = False,
) -> TableGenerations:
    found = TableGenerations(table_name=table.table_name, ledger_table=table.ledger_table)
    for items in pages(dynamodb, table.table_name, STATE_NAMES, limit, ConsistentRead=consistent):
        found.add_items(items)
        step(len(items))
    return found


def _remove(
    options: argparse.Namespace,
    console: Console,
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    tables: Sequence[ReplicaTable],
    limit: CapacityLimit,
) -> int:
    """Remove a generation, print what was done, and return the exit status."""
    with _progress(console) as step:
        table, found = _with_generation(dynamodb, tables, options.remove, limit, step)
    generation = found.generation(options.remove)
    live = 0 if generation is None else generation.states[LIVE]
    _refuse_newest(found, options)
    what = f"{live} live {_items(live)} of {table.ledger_table} in {table.table_name}"
    if not live:
        print(f"{options.remove} has no live items in {table.table_name}: nothing to remove")
        return STATUS_OK
    if options.dry_run:
        print(f"Dry run: would turn {what} into tombstones.")
        return STATUS_OK
    sys.stdout.flush()
    if not options.yes and not confirmed(
        console, f"Turn {what} into tombstones?", "nothing was removed"
    ):
        console.print("Nothing was removed.")
        return STATUS_FAILED

    def announce() -> None:
        console.print("stopping soon; Ctrl-C again stops at once")

    with end_on_request(announce) as stop, _progress(console) as step:
        done = 0

        def advance(counts: RemovalCounts) -> None:
            nonlocal done
            step(counts.removed + counts.changed - done)
            done = counts.removed + counts.changed

        removal = GenerationRemoval(dynamodb, table, options.remove, limit=limit, stop=stop)
        try:
            removal.run(advance)
        finally:
            _tell(removal.counts)
    if removal.counts.interrupted:
        return STATUS_INTERRUPTED
    return STATUS_FAILED if removal.counts.changed else STATUS_OK


def _tell(counts: RemovalCounts) -> None:
    print(f"removed  {counts.removed} {_items(counts.removed)}, which are tombstones now")
    if counts.changed:
        print(
            f"changed  {counts.changed} {_items(counts.changed)} meanwhile: run the command again, "
            "and check that the ledger's table was dropped"
        )
    if counts.interrupted:
        print("Interrupted: run the command again for the rest.")
    if counts.removed:
        print(_RETURNS)


def _with_generation(
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    tables: Sequence[ReplicaTable],
    table_id: str,
    limit: CapacityLimit,
    step: Callable[[int], None],
) -> tuple[ReplicaTable, TableGenerations]:
    """Return the replica table that has a generation, with all its generations."""
    for table in tables:
        # What is refused as the newest must not depend on a read that lags behind.
        found = _counted(dynamodb, table, limit, step, consistent=True)
        if found.generation(table_id) is not None:
            return table, found
    names = ", ".join(table.table_name for table in tables)
    raise OpsError(
        f"no item of {names} is from a ledger table with the id {printable(table_id)}, so nothing "
        "was removed: `python -m ops generations` lists the ids"
    )


def _refuse_newest(found: TableGenerations, options: argparse.Namespace) -> None:
    generation = found.generation(options.remove)
    if options.force or generation is None or generation not in found.newest:
        return
    raise OpsError(
        f"{options.remove} has the newest transaction with a table id of {found.ledger_table} "
        f"({generation.last}), so "
        "it may be the table that is written now: nothing was removed; pass --force if you know "
        "that the ledger has dropped it"
    )


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[int], None]]:
    """Count items if the output is a terminal; how many there are is not known."""
    columns = (TextColumn("{task.completed:,.0f} items"), TimeElapsedColumn())
    with ProgressDisplay(*columns, console=console) as progress:
        task = progress.add_task("items", total=None)
        yield lambda number: progress.advance(task, number)


def _lines(found: Sequence[TableGenerations], history: TableGenerations | None) -> list[str]:
    lines: list[str] = []
    for table in found:
        lines += [f"{table.ledger_table} ({table.table_name})"]
        lines += _rows(table, (LIVE, TOMBSTONES)) or ["  no items"]
    if history is not None:
        lines += [f"history ({history.table_name})"]
        lines += _rows(history, _HISTORY_STATES, with_name=True) or ["  no revisions"]
    if any(each.newest for each in found):
        lines += ["", _NEWEST_NOTE]
    if any(each.generation(None) is not None for each in [*found, *([history] if history else [])]):
        lines += [
            "",
            f"{_UNKNOWN}: items that an earlier version wrote, which did not store the id. Their",
            "next revision stores it.",
        ]
    return lines


def _rows(table: TableGenerations, states: Sequence[str], *, with_name: bool = False) -> list[str]:
    generations = table.generations
    if not generations:
        return []
    shown = [state for state in states if state == LIVE or _has(generations, state)]
    name = ["ledger table"] if with_name else []
    rows = [[" ", "table id", "first (UTC)", "last (UTC)", *shown, *name]]
    newest = [] if with_name else table.newest
    rows += [
        [
            _NEWEST if each in newest else "",
            printable(each.table_id or _UNKNOWN),
            _minute(each.first_moment),
            _minute(each.last_moment),
            *(str(each.states[state]) for state in shown),
            *([printable(each.ledger_table or "?")] if with_name else []),
        ]
        for each in generations
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{mark:1} "
        + "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths[1:], strict=True)
        ).rstrip()
        for mark, *row in rows
    ]


def _minute(moment: datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(UTC).strftime(_MINUTES)


def _has(generations: Sequence[Generation], state: str) -> bool:
    return any(each.states[state] for each in generations)


def _json_text(found: Sequence[TableGenerations], history: TableGenerations | None) -> str:
    return json.dumps(
        {
            "tables": [
                {
                    "ledgerTable": table.ledger_table,
                    "tableName": table.table_name,
                    "generations": [
                        {
                            **_fields(each, (LIVE, TOMBSTONES)),
                            "isNewest": each in table.newest,
                        }
                        for each in table.generations
                    ],
                }
                for table in found
            ],
            "history": None
            if history is None
            else {
                "tableName": history.table_name,
                "generations": [
                    {"ledgerTable": each.ledger_table, **_fields(each, _HISTORY_STATES)}
                    for each in history.generations
                ],
            },
        },
        indent=2,
    )


def _fields(generation: Generation, states: Sequence[str]) -> dict[str, Any]:
    return {
        "tableId": generation.table_id,
        **{state: generation.states[state] for state in states},
        "firstTxTime": generation.first,
        "lastTxTime": generation.last,
    }


def _items(number: int) -> str:
    return "item" if number == 1 else "items"
