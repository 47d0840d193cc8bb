"""What an execution of the state machine is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from handler.corrections import Correction
from journal.exports.selection import Selection
from ops.errors import OpsError
from ops.replay.job import Job
from ops.replay.revisions import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from handler.settings import HandlerSettings

_MAX_NAMED = 5
"""Things that an error about an export names."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The input of an execution.

    Attributes
    ----------
    strand
        Which ledger's journal, if the export has several; None for the only one.
    tables
        Entries of the settings that are replayed, by their ledger table; empty for all.
    selection
        Its time limits which blocks are replayed.
    retype
        Whether items of the same version and hash are written again where they differ.
    accept_gaps
        Whether an export that is not contiguous is replayed nevertheless.
    restart
        Whether what earlier executions have done is done again.
    verify
        Whether the export is verified, and nothing is written to the tables. `tables` are then
        names or ids of ledger tables.
    wanted
        Sequence numbers of the blocks for which there are proofs beside those in the export, when
        it verifies.
    """

    strand: str | None = None
    tables: frozenset[str] = frozenset()
    selection: Selection = EVERYTHING
    retype: bool = False
    accept_gaps: bool = False
    restart: bool = False
    verify: bool = False
    wanted: frozenset[int] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        start, end = self.selection.start, self.selection.end
        return {
            "strand": self.strand,
            "tables": sorted(self.tables),
            "from": None if start is None else start.isoformat(),
            "to": None if end is None else end.isoformat(),
            "retype": self.retype,
            "acceptGaps": self.accept_gaps,
            "restart": self.restart,
            "verify": self.verify,
            "wanted": sorted(self.wanted),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Request:
        """Return the request of `to_json`. What is left out has its default.

        Raises
        ------
        OpsError
            If the input has something else. People start executions in the console, too.
        """
        problems = list(_problems(content))
        if problems:
            raise OpsError(
                f"the input of the execution is wrong: {'; '.join(problems)}. Start it with "
                "`python -m ops replay --distributed`, or with the input {}"
            )
        return cls(
            strand=content.get("strand"),
            tables=frozenset(content.get("tables", ())),
            selection=Selection(start=_time(content.get("from")), end=_time(content.get("to"))),
            retype=content.get("retype", False),
            accept_gaps=content.get("acceptGaps", False),
            restart=content.get("restart", False),
            verify=content.get("verify", False),
            wanted=frozenset(content.get("wanted", ())),
        )

    def job(self, location: str, strand_id: str, settings: HandlerSettings) -> Job:
        """Return the work of a batch.

        Parameters
        ----------
        location
            Of the export.
        strand_id
            The journal.
        settings
            The configuration of the function.
        """
        return Job(
            location=location,
            strand_id=strand_id,
            settings=settings,
            tables=self.tables,
            selection=self.selection,
            correction=Correction.SAME_REVISION if self.retype else None,
        )


def incomplete(missing: Sequence[str]) -> str:
    """Return the error about an export that is not complete, which the request does not accept.

    Parameters
    ----------
    missing
        What is missing or damaged; a text for each.
    """
    named = "; ".join(missing[:_MAX_NAMED])
    more = f"; and {len(missing) - _MAX_NAMED} more" if len(missing) > _MAX_NAMED else ""
    return (
        f"the export is not complete: {named}{more}. Complete it, or replay what there is with "
        "--accept-gaps (acceptGaps: true in the input of the execution)"
    )


def _problems(content: object) -> Iterator[str]:
    if not isinstance(content, dict):
        yield "it is no object"
        return
    for name in sorted(content.keys() - _FIELDS.keys()):
        yield f"it has {name}, and expected are some of {', '.join(_FIELDS)}"
    for name, field in _FIELDS.items():
        if name in content and not field.accepts(content[name]):
            yield f"{name} is no {field.kind}"
    start, end = content.get("from"), content.get("to")
    if (
        start is not None
        and end is not None
        and _is_time(start)
        and _is_time(end)
        and datetime.fromisoformat(start) >= datetime.fromisoformat(end)
    ):
        yield "from is not before to: no block is between them"


class _Field(NamedTuple):
    """A field of the input: what it is, and whether a value is that."""

    kind: str
    accepts: Callable[[object], bool]


def _is_time(value: object) -> bool:
    if value is None:
        return True
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return time is not None and time.tzinfo is not None


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


_TIME = _Field("time with its zone, such as 2024-05-01T12:00:00+00:00", _is_time)
_TRUTH = _Field("true or false", lambda value: isinstance(value, bool))
_FIELDS = {
    "strand": _Field("text", lambda value: isinstance(value, str | None)),
    "tables": _Field("list of names", _are_names),
    "from": _TIME,
    "to": _TIME,
    "retype": _TRUTH,
    "acceptGaps": _TRUTH,
    "restart": _TRUTH,
    "verify": _TRUTH,
    "wanted": _Field("list of numbers", _are_numbers),
}
