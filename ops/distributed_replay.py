"""`python -m ops replay --distributed`: replays or verifies with the stack's state machine."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from handler.replay_contract import MAX_CONCURRENCY
from journal.exports.selection import Selection
from ops import connections
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK
from ops.distributed.batch_result import RunResult
from ops.distributed.following import follow, require_machine
from ops.distributed.request import Request
from ops.distributed.verification import StoredBatches
from ops.errors import OpsError
from ops.exports import parallel, verification_options
from ops.exports.digests import wanted_blocks
from ops.exports.options import time_limits
from ops.exports.verification import Outcome
from ops.exports.verifier import VerifyOptions, verify
from ops.option_types import integer_up_to
from ops.replay.selected import chosen_tables
from ops.replay.summary import summary_lines
from ops.stack_outputs import text
from ops.standard_output import print_lines

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ops.stack_outputs import StackOutputs

DESCRIPTION = """\
With --distributed the stack's state machine does the same in AWS, where one
machine is not enough. It reads the bucket of the setting exportBucket, and has
no index, so a document costs a write for each batch of objects that has it. The
command follows it and may be started again; whatever was done is not done
again. With --verify it verifies the export instead, as `ops verify` does.
"""


_NO_INDEX = "the state machine has no index of documents on a disk"
_OF_ONE_MACHINE = {
    "source": (
        "SOURCE",
        "the state machine reads the bucket of the settings exportBucket and exportPrefix",
    ),
    "wcu": ("--wcu", "the settings tableMaxWriteUnits and replayConcurrency limit what it uses"),
    "no_index": ("--no-index", _NO_INDEX),
    "state": ("--state", _NO_INDEX),
    "dry_run": (
        "--dry-run",
        "to try it, give this machine the bucket: `replay s3://BUCKET/PREFIX --dry-run`",
    ),
    "accept_expired_tombstones": (
        "--accept-expired-tombstones",
        "set `tombstoneLifetimeDays` to 0 until everything is loaded",
    ),
}
"""Options that only a replay on this machine has, by their names in the namespace."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a replay in AWS."""
    group = parser.add_argument_group("replay in AWS, without SOURCE")
    group.add_argument(
        "--distributed", action="store_true", help="have the stack's state machine replay"
    )
    group.add_argument(
        "--concurrency",
        type=integer_up_to(MAX_CONCURRENCY, "which is what Step Functions does at a time"),
        metavar="N",
        help="batches at a time, of this execution, from now on (default: replayConcurrency; at "
        f"most {MAX_CONCURRENCY})",
    )
    group.add_argument(
        "--accept-gaps", action="store_true", help="replay an export that is not complete"
    )
    group.add_argument(
        "--verify", action="store_true", help="verify the export, and write nothing to the tables"
    )
    verification = parser.add_argument_group("with --verify")
    verification_options.add_proofs(verification)
    verification_options.add_reports(verification)


def refuse_mixture(options: argparse.Namespace) -> None:
    """Raise an error if there are options of several kinds of replay.

    Raises
    ------
    OpsError
        That names them.
    """
    of_verification = {
        "--digest": options.digest,
        "--proof": options.proof,
        "--json": options.json,
        "--html": options.html,
    }
    of_machine = {
        "--concurrency": options.concurrency,
        "--accept-gaps": options.accept_gaps,
        "--verify": options.verify,
    }
    if options.distributed:
        _refuse_of_one_machine(options)
    if not options.distributed and (given := _given(of_machine)):
        raise OpsError(f"{given}: only with --distributed")
    if not options.verify and (given := _given(of_verification)):
        raise OpsError(f"{given}: only with --verify")
    of_writing = {"--retype": options.retype, "--accept-gaps": options.accept_gaps}
    if options.verify and (given := _given(of_writing)):
        raise OpsError(f"{given}: not with --verify, which writes nothing")
    if not options.distributed and options.source is None:
        raise OpsError(
            "SOURCE is missing: name the folder, file or s3://bucket/prefix/ with the export, or "
            "have the stack's state machine replay with --distributed"
        )


def _refuse_of_one_machine(options: argparse.Namespace) -> None:
    """Raise an error if there is an option that only a replay on this machine has."""
    for name, (option, reason) in _OF_ONE_MACHINE.items():
        if getattr(options, name):
            raise OpsError(f"{option}: not with --distributed: {reason}")
    if options.processes is not None and not options.verify:
        raise OpsError(
            "--processes: not with --distributed, unless with --verify: --concurrency sets how "
            "many batches the state machine writes at a time"
        )


def _given(options: dict[str, object]) -> str:
    return ", ".join(name for name, value in options.items() if value)


def run_distributed(options: argparse.Namespace, outputs: StackOutputs, console: Console) -> int:
    """Replay or verify with the state machine, and return the exit status.

    Raises
    ------
    OpsError
        If the stack has none, it does something else, or the export cannot be read.
    """
    require_machine(outputs)
    if options.verify:
        try:
            return _verify(options, outputs, console)
        except OpsError as error:
            # As `ops verify`, where 1 means that it is not proven.
            console.print(f"error: {error}", style="red")
            return Outcome.NOT_READ.value
    start, end = time_limits(options)
    request = Request(
        strand=options.strand,
        tables=chosen_tables(options.tables, outputs.settings),
        selection=Selection(start=start, end=end),
        retype=options.retype,
        accept_gaps=options.accept_gaps,
        restart=options.restart,
    )
    ended = follow(outputs, request, options.concurrency, console)
    if ended is None:
        return STATUS_INTERRUPTED
    if ended.summary is None:
        return STATUS_FAILED
    result = RunResult.from_json(ended.summary)
    print_lines(summary_lines(result.tally, result.ending, is_dry_run=False, index_bytes=0))
    for each in result.missing:
        console.print(f"warning: {each}", style="yellow")
    if ended.is_success and not result.is_new:
        console.print("This replay was complete; nothing was read. --restart does it again.")
    is_clean = ended.is_success and not (result.tally.quarantined or result.missing)
    return STATUS_OK if is_clean else STATUS_FAILED


def _verify(options: argparse.Namespace, outputs: StackOutputs, console: Console) -> int:
    start, end = time_limits(options)
    location = text(outputs.values, "exportLocation")
    proofs = verification_options.proofs(options)
    reports = verification_options.reports(options)
    request = Request(
        strand=options.strand,
        tables=options.tables,
        selection=Selection(start=start, end=end),
        restart=options.restart,
        verify=True,
        # Those in the export the state machine finds.
        wanted=wanted_blocks(proofs),
    )
    ended = follow(outputs, request, options.concurrency, console)
    if ended is None:
        return STATUS_INTERRUPTED
    if ended.summary is None or not ended.is_success:
        return Outcome.NOT_READ.value
    verification = verify(
        location,
        VerifyOptions(
            selection=Selection(options.tables, start, end),
            strand_id=options.strand,
            proofs=proofs,
            processes=options.processes or parallel.available_processes(),
            command=_command(options),
        ),
        start=lambda _: None,
        advance=lambda _: None,
        reader=StoredBatches(connections.replay_bucket(outputs), ended.summary["folder"]),
    )
    return verification_options.tell(replace(verification, seconds=ended.seconds), reports)


def _command(options: argparse.Namespace) -> str:
    """Return the command line, without what changes only speed and reports."""
    words = ["python", "-m", "ops", "replay", "--distributed", "--verify"]
    if options.stack is not None:
        words += ["--stack", options.stack]
    if options.outputs is not None:
        words += ["--outputs", str(options.outputs)]
    return shlex.join([*words, *verification_options.words(options)])
