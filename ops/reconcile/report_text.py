"""The report of a comparison for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ops.exports.report_words import block_text, duration_text, size_text
from ops.reconcile import report_words as words
from ops.reconcile.kinds import MEANINGS
from ops.terminal_text import printable
from ops.text_table import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.reconcile.kinds import Kind
    from ops.reconcile.reconciliation import Reconciliation

WIDTH = 80
"""Columns; only ids and names are longer, because they are for copying."""

_LABEL = 13
_INDENT = "  "


def summary(found: Reconciliation) -> list[str]:
    """Return the report as lines of at most `WIDTH` columns.

    Parameters
    ----------
    found
        What was compared.

    Returns
    -------
    list of str
        The outcome first. No content of a document.
    """
    lines = [
        words.OUTCOME_WORDS[found.outcome],
        *_wrapped(" ".join(words.outcome_sentences(found)), _INDENT),
    ]
    for part in (_facts(found), _tables(found), _differences(found), _problems(found)):
        if part:
            lines += ["", *part]
    return lines


def _facts(found: Reconciliation) -> list[str]:
    read = f"{words.formats_text(found)}, {size_text(found.bytes)}"
    pairs = [
        ("Read", f"{read}, from {printable(found.source)}"),
        ("Strand", printable(found.strand_id or "")),
        ("Starts at", block_text(found.first_block)),
        ("Ends with", block_text(found.last_block)),
        ("Revisions", f"{found.revisions:,} in {found.blocks:,} blocks"),
        ("Took", duration_text(found.seconds)),
    ]
    return [
        line for label, value in pairs if value for line in _wrapped(value, label.ljust(_LABEL))
    ]


def _tables(found: Reconciliation) -> list[str]:
    rows = [("Table", "items", "expected", "wrong")]
    for table in found.tables:
        wrong = sum(number for kind, number in table.counts.items() if found.is_wrong(kind))
        title = words.table_title(table)
        rows.append((title, f"{table.items:,}", f"{table.expected:,}", f"{wrong:,}"))
        if table.other_items:
            other = f"{_INDENT}and {table.other_items:,} items of tables that were not compared"
            rows.append((other, "", "", ""))
    return aligned(rows, columns=WIDTH)


def _differences(found: Reconciliation) -> list[str]:
    return [line for kind in found.counts for line in _kind(found, kind)]


def _kind(found: Reconciliation, kind: Kind) -> Iterator[str]:
    number = found.counts[kind]
    mark = "" if found.is_wrong(kind) else " (not wrong)"
    yield f"{number:,} x {kind.value}{mark}"
    yield from _wrapped(MEANINGS[kind].text, _INDENT)
    listed = [each for each in found.differences if each.kind is kind]
    rows = [
        (
            f"{_INDENT}- {printable(each.document_id)}",
            words.table_label(found.table_of(each)),
            words.difference_text(each),
        )
        for each in listed
    ]
    yield from aligned(rows, text_columns=range(3), columns=WIDTH)
    if number > len(listed) > 0:
        yield f"{_INDENT}- and {number - len(listed):,} more"
    if remedy := words.remedy(found, kind):
        yield from _wrapped(remedy, f"{_INDENT}What to do: ")


def _problems(found: Reconciliation) -> list[str]:
    if not found.unread:
        return []
    lines = [f"Could not be read: {found.unread:,}"]
    for each in found.problems:
        lines += _wrapped(words.problem_text(each), f"{_INDENT}- ")
    if found.unread > len(found.problems):
        lines.append(f"{_INDENT}- and {found.unread - len(found.problems):,} more")
    return lines


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        # A key that is cut is no key.
        break_long_words=False,
        break_on_hyphens=False,
    )
