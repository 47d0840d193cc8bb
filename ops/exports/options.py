"""Options that all commands share that read exports."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from journal.exports.sequence import JournalSequence
from ops.errors import OpsError
from ops.exports import parallel
from ops.option_types import moment
from ops.terminal_text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from ops.exports.catalogue import Catalogue


def add_source(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """Add the source, the choice of a journal, and the number of processes.

    Parameters
    ----------
    parser
        Of the command.
    is_required
        Whether the source has to be given.
    """
    add_journal(parser, is_required=is_required)
    _add_processes(parser)


def add_journal(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """Add the source and the choice of a journal; see `add_source`."""
    _add_source(parser, is_required=is_required)
    parser.add_argument(
        "--strand", metavar="ID", help="which ledger's journal, if SOURCE has several"
    )


def add_location(parser: argparse.ArgumentParser) -> None:
    """Add the source with all its journals, and the number of processes."""
    _add_source(parser)
    _add_processes(parser)


def add_time_limits(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add ``--from`` and ``--to``, which `time_limits` reads.

    Parameters
    ----------
    verb
        What the command does with blocks.
    """
    for name, what in (("from", "at or after"), ("to", "before")):
        parser.add_argument(
            f"--{name}",
            dest=f"{name}_time",
            type=moment,
            metavar="TIME",
            help=f"{verb} blocks {what} this time only, such as 2024-05-01 or 2024-05-01T12:00Z",
        )


def time_limits(options: argparse.Namespace) -> tuple[datetime | None, datetime | None]:
    """Return the start and the end that were asked for.

    Raises
    ------
    OpsError
        If no block can be between them.
    """
    start, end = options.from_time, options.to_time
    if start and end and start >= end:
        raise OpsError("--from is not before --to: no block is between them")
    return start, end


def _add_source(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs=None if is_required else "?",
        help="folder, file or s3://bucket/prefix/ with the export",
    )


def _add_processes(parser: argparse.ArgumentParser) -> None:
    available = parallel.available_processes()
    parser.add_argument(
        "--processes",
        type=_positive,
        default=available,
        metavar="N",
        # Not %(default)s: `replay` has another one, by which it knows whether the option was given.
        help=f"processes that read (default: one for each core, here {available})",
    )


def chosen_sequence(found: Catalogue, strand_id: str | None) -> JournalSequence:
    """Return the journal that is to be read.

    Parameters
    ----------
    found
        What the source has.
    strand_id
        The choice of the user; None if there is none.

    Returns
    -------
    JournalSequence
        Without any part if the exports in the source are empty, or it has only proofs.

    Raises
    ------
    OpsError
        If there is nothing of an export, or there are several journals without a choice.
    """
    by_id = {sequence.strand_id: sequence for sequence in found.sequences}
    if strand_id is not None:
        if strand_id not in by_id:
            raise OpsError(
                f"{printable(found.location)} has no journal with the strand "
                f"{printable(strand_id)}: `python -m ops inspect` lists them"
            )
        return by_id[strand_id]
    if not (by_id or found.exports or found.proofs or found.unreadable):
        raise OpsError(
            f"{printable(found.location)} has no journal export: expected *.completed.manifest, or "
            "objects with names such as strandId.0-99.ion"
        )
    if len(by_id) > 1:
        raise OpsError(
            f"{printable(found.location)} has the journals of {len(by_id)} ledgers: choose one "
            f"with --strand: {', '.join(map(printable, by_id))}"
        )
    return next(iter(by_id.values()), JournalSequence("", [], [], []))


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("expected a number from 1")
    return number
