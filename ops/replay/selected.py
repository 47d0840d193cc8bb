"""What of a source and of a stack a command is to load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exports.missing_objects import missing_objects
from ops.option_types import table_names
from ops.terminal_text import printable

if TYPE_CHECKING:
    import argparse

    from handler.settings import HandlerSettings
    from journal.exports.sequence import JournalSequence
    from ops.exports.catalogue import Catalogue


def add_tables(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add ``--tables``, which `chosen_tables` checks.

    Parameters
    ----------
    verb
        What the command does with the tables.
    """
    parser.add_argument(
        "--tables",
        type=table_names,
        default=frozenset(),
        metavar="NAME,...",
        help=f"{verb} these entries of `replicaTables` only, by their `ledgerTable`",
    )


def missing_parts(found: Catalogue, sequence: JournalSequence) -> list[str]:
    """Return what the source should have and has not, or cannot be read.

    Parameters
    ----------
    found
        Everything in the source.
    sequence
        The journal that is loaded.
    """
    missing = [f"{printable(each.key)}: {each.problem}" for each in found.unreadable]
    missing += [each.text for each in missing_objects(found)]
    missing += [
        f"blocks {gap.first} to {gap.last} are in no object: some documents may lack their newest "
        "revision"
        for gap in sequence.gaps
    ]
    return missing


def chosen_tables(names: frozenset[str], settings: HandlerSettings) -> frozenset[str]:
    """Return the entries of the settings that an option names.

    Raises
    ------
    OpsError
        If the stack has no such entry.
    """
    refuse_unknown_tables(names, settings)
    return names


def refuse_unknown_tables(names: frozenset[str], settings: HandlerSettings) -> None:
    """Raise an error if the stack lacks an entry that is named; see `chosen_tables`."""
    known = settings.replica_tables
    for name in sorted(names):
        if name not in known:
            raise OpsError(
                f"--tables: {printable(name)} is no `ledgerTable` of the stack's `replicaTables`: "
                f"expected some of {', '.join(map(printable, known))}"
            )
