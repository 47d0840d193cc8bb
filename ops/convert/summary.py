"""What a conversion tells at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.convert.conversion import HISTORY_NAME
from ops.exports import prices
from ops.replay.summary import summary_lines
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.convert.conversion import Converted


def converted_lines(converted: Converted, to: str) -> list[str]:
    """Return a summary as lines of text, without document data.

    Parameters
    ----------
    converted
        What was made.
    to
        The destination, with a slash at its end.
    """
    lines = summary_lines(
        converted.tally, converted.ending, is_dry_run=False, index_bytes=0, resumes=False
    )
    for table in converted.tables:
        dollars = table.bytes / 1_000_000_000 * prices.DOLLARS_PER_IMPORTED_GIGABYTE
        lines.append(
            f"{'table':<13} {printable(table.name)}: {table.items:,} items, "
            f"{table.bytes / 1_000_000:,.1f} MB in {table.objects:,} objects; "
            f"${dollars:,.2f} to import in {prices.REGION} ({prices.DATE})"
        )
    if converted.tables and not converted.is_complete:
        lines.append(
            f"{'not complete':<13} `pulumi up` does not import it: replace what is missing or "
            "damaged, and convert again to another place"
        )
    elif converted.tables:
        lines += _next(converted, to)
    return lines


def _next(converted: Converted, to: str) -> Iterator[str]:
    yield _line(
        "next", "name the folders in the settings before the tables exist, then `pulumi up`:"
    )
    for table in converted.tables:
        place = printable(f"{to}{table.name}/")
        if table.name == HISTORY_NAME:
            yield _line("", f"pulumi config set historyImportFrom {place}")
        else:
            yield _line("", f"`importFrom: {place}` in its entry of `replicaTables`")
    if not to.startswith("s3://"):
        yield _line("", f"They have to be in S3: aws s3 sync {printable(to)} s3://BUCKET/import/")


def _line(name: str, text: str) -> str:
    return f"{name:<13} {text}"
