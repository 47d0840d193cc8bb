"""Prints a comparison of the ledger with DynamoDB."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from local.comparison import Verdict, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.comparable import Comparable
    from local.comparison import Difference, Row

MAX_VALUE_CHARACTERS = 80
"""Longer values are cut."""
_WORDS = {
    Verdict.EQUAL: Text("yes"),
    Verdict.REMOVED: Text("removed"),
    Verdict.BEHIND: Text("on its way", style="yellow"),
    Verdict.DIFFERENT: Text("NO", style="bold red"),
}


def comparison_table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table("table", "document id", "ledger", "DynamoDB", "equal")
    for row in rows:
        table_name = f"{row.table} (dropped)" if row.is_dropped else row.table
        cells = (table_name, row.document_id, row.ledger, row.replica)
        table.add_row(*map(Text, cells), _WORDS[row.verdict])
    return table


def summaries(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line about the revisions in the history, if there are any, and one about documents.

    Parameters
    ----------
    rows
        The comparison.
    """
    revisions = [row for row in rows if row.is_revision]
    if revisions:
        yield summary(revisions, "revision in the history", "revisions in the history")
    yield summary([row for row in rows if not row.is_revision])


def summary(rows: Sequence[Row], noun: str = "document", nouns: str = "documents") -> str:
    """Return the number of documents of each verdict, in one line.

    Parameters
    ----------
    rows
        The comparison.
    noun, nouns
        What one row is about, and what several are about.
    """
    equal, removed, behind, different = (count(rows, verdict) for verdict in Verdict)
    parts = [f"{equal} equal"]
    if removed:
        parts.append(f"{removed} removed")
    parts.append(f"{behind} on {'its' if behind == 1 else 'their'} way")
    parts.append(f"{different} {'differs' if different == 1 else 'differ'}")
    dropped = sum(row.is_dropped for row in rows)
    of_dropped = f"; {dropped} of dropped tables" if dropped else ""
    return f"{len(rows)} {noun if len(rows) == 1 else nouns}: {', '.join(parts)}{of_dropped}"


def difference_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield lines that say for each document that differs, in what.

    The values are part of the lines: they are meant for documents of a local, simulated ledger.

    Parameters
    ----------
    rows
        The comparison.
    """
    for row in rows:
        if row.verdict is not Verdict.DIFFERENT:
            continue
        about = f"history of {row.table}" if row.is_revision else row.table
        yield f"{_printable(about)} {_printable(row.document_id)}: " + (
            f"DynamoDB has no item (ledger {row.ledger})"
            if row.replica == "-"
            else f"the ledger does not have what DynamoDB has ({row.replica})"
            if row.ledger == "-"
            else f"ledger {row.ledger}, DynamoDB {row.replica}"
        )
        for difference in row.differing:
            yield f"  {_difference(difference)}"


def _difference(difference: Difference) -> str:
    name = ".".join(map(_name, difference.path))
    if difference.replica is None:
        return f"{name} is missing: ledger {_value(difference.ledger)}"
    if difference.ledger is None:
        return f"{name} is extra: DynamoDB {_value(difference.replica)}"
    ledger, replica = _value(difference.ledger), _value(difference.replica)
    return f"{name} is different: ledger {ledger}, DynamoDB {replica}"


def _name(name: str) -> str:
    return name if name.isidentifier() and name.isprintable() else _quoted(name)


def _value(value: Comparable | None) -> str:
    text = "nothing" if value is None else _ion_text(value)
    if len(text) <= MAX_VALUE_CHARACTERS:
        return text
    return f"{text[:MAX_VALUE_CHARACTERS]}... ({len(text):,} characters)"


def _ion_text(value: Comparable) -> str:
    match value:
        case "text", text:
            return _quoted(text)
        case "binary", binary:
            return f"{{{{{base64.b64encode(binary).decode()}}}}}"
        case "map", members:
            fields = (f"{_quoted(name)}: {_ion_text(field)}" for name, field in members.items())
            return f"{{{', '.join(fields)}}}"
        case "list" | "set" as kind, members:
            prefix = "" if kind == "list" else f"{kind}::"
            return f"{prefix}[{', '.join(map(_ion_text, members))}]"
        case "number", number:
            return str(number)
        case _, plain:
            return json.dumps(plain)


def _quoted(text: str | None) -> str:
    return "null" if text is None else _printable(json.dumps(text, ensure_ascii=False))


def _printable(text: str) -> str:
    """Escape what would act on the terminal instead of being seen."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
