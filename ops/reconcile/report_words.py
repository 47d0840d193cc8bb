"""The sentences that all reports of a comparison share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports.report_words import plural
from ops.reconcile.kinds import MEANINGS, Kind
from ops.reconcile.reconciliation import Outcome
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.exports.catalogue import Unreadable
    from ops.reconcile.comparison import Difference
    from ops.reconcile.reconciliation import Reconciliation, TableResult

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.EQUAL: "EQUAL",
    Outcome.DIFFERENT: "DIFFERENT",
    Outcome.NOT_READ: "COULD NOT BE READ",
}


def outcome_sentences(found: Reconciliation) -> list[str]:
    """Return what the outcome means."""
    sentences = []
    if found.outcome is Outcome.NOT_READ:
        what = (
            f"{plural(found.unread, 'part')} of the export could not be read, which may be why "
            "something differs."
            if found.unread
            else "The export has no block."
        )
        sentences.append(what)
    if found.wrong:
        sentences.append(f"{plural(found.wrong, 'item')} of the tables differ from the export.")
    elif found.outcome is Outcome.EQUAL:
        sentences.append("The tables have what the export says.")
    if not found.is_deep:
        sentences.append(
            "Versions, hashes and states were compared; --deep compares all attributes."
        )
    newer = found.counts.get(Kind.NEWER, 0)
    if newer and not found.is_ended:
        sentences.append(
            f"{plural(newer, 'item')} changed after the end of the export, which is not wrong "
            "while the ledger is in use."
        )
    if found.counts.get(Kind.RETYPED):
        sentences.append(
            "The export is JSON, which has lost types: items that an Ion export or the stream "
            "wrote have them."
        )
    return sentences


def remedy(found: Reconciliation, kind: Kind) -> str:
    """Return what to do about a kind; empty for nothing."""
    if kind is Kind.NEWER and found.is_ended:
        return "find out what wrote it"
    return MEANINGS[kind].remedy


def table_title(table: TableResult) -> str:
    """Return the name of a table for people."""
    name = "history" if table.ledger_table is None else table.ledger_table
    return f"{printable(name)} ({printable(table.table_name)})"


def table_label(table: TableResult) -> str:
    """Return what stands for a table where its name in DynamoDB is told elsewhere.

    No ledger table has a name with a space (QLDB developer guide, "Quotas and limits": naming
    constraints), so that of the history is its own.
    """
    return "history table" if table.ledger_table is None else printable(table.ledger_table)


def difference_text(difference: Difference) -> str:
    """Return which versions differ."""
    have, want = difference.version, difference.expected_version
    if difference.kind is Kind.UNSTORABLE:
        return f"version {want}"
    if have is None:
        return "" if want is None else f"expected version {want}"
    if want is None or have == want:
        return f"version {have}"
    return f"version {have}, expected {want}"


def problem_text(problem: Unreadable) -> str:
    """Return what could not be read."""
    where = printable(problem.key)
    offset = "" if problem.offset is None else f", byte {problem.offset:,}"
    return f"{where}{offset}: {printable(problem.problem)}" if where else problem.problem


def formats_text(found: Reconciliation) -> str:
    """Return how many objects were read, and in which format."""
    formats = ", ".join(f"{number:,} {name}" for name, number in found.formats.items())
    return f"{plural(found.objects, 'object')} ({formats})" if formats else "no object"
