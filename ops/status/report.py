"""Shows the state of a stack: text for a terminal, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from infra.metrics import TABLE_COUNTERS
from ops.status.judgement import Finding, Verdict
from ops.status.model import RecentMetrics
from ops.terminal_text import printable
from ops.text_table import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.status.model import StackStatus

_MARKS = {
    Verdict.OK: ("ok", "green"),
    Verdict.ATTENTION: ("!!", "bold red"),
    Verdict.UNKNOWN: ("??", "yellow"),
}

_NO_DATA_NOTE = (
    "CloudWatch has no data of the last hour. Nothing was replicated, or this is a local AWS, "
    "which makes no metrics of Lambda."
)


def lines(status: StackStatus, found: Sequence[Finding]) -> Iterator[Text]:
    """Return the status as lines, with styles that a terminal shows as colors.

    Parameters
    ----------
    status
        The state.
    found
        Its parts in words.
    """
    yield Text(f"stack in {status.region}, deployed by version {status.version}, at {status.at}")
    yield Text()
    width = max(len(each.part) for each in found)
    for each in found:
        mark, style = _MARKS[each.verdict]
        yield Text.assemble(
            (mark, style), f"  {printable(each.part):<{width}}  {printable(each.text)}"
        )
        for hint in each.hints:
            yield Text(f"{'':<{width + 6}}{printable(hint)}")
    yield Text()
    yield from map(Text, _last_hour(status))


def _last_hour(status: StackStatus) -> Iterator[str]:
    recent = status.metrics
    if not isinstance(recent, RecentMetrics):
        return
    if recent.applied is None:
        yield _NO_DATA_NOTE
        return
    names = [
        metric.name
        for metric in TABLE_COUNTERS
        if any(recent.tables.get(table, {}).get(metric.name) for table in status.tables)
    ]
    if not names:
        yield "in the last hour: nothing"
        return
    yield "in the last hour (counters without a number are left out):"
    yield from aligned(
        [
            ["ledger table", *map(_heading, names)],
            *(
                [table, *(str(recent.tables.get(table, {}).get(name, 0)) for name in names)]
                for table in status.tables
            ),
        ]
    )


def _heading(name: str) -> str:
    """Return a metric's name as the heading of a column."""
    return (
        name.removeprefix("Revisions")
        .removeprefix("Records")
        .lower()
        .replace("historyrevisionswritten", "history")
    )


def json_text(status: StackStatus, found: Sequence[Finding]) -> str:
    """Return the status as JSON: what was read, and what of it needs attention."""
    document = {
        "ok": all(each.verdict is Verdict.OK for each in found),
        "findings": _plain(list(found)),
        **_plain(status),
    }
    return json.dumps(document, indent=2)


def _plain(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return dataclasses as objects with names in camel case, and anything else as it is."""
    if is_dataclass(value):
        return {_camel(each.name): _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
