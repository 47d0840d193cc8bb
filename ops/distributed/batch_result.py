"""What became of one batch of a distributed replay, or of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.exports.catalogue import Unreadable
from ops.replay.engine import Ending
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """The counts of a batch.

    Attributes
    ----------
    tally
        The counts.
    problems
        What of it cannot be read.
    """

    tally: Tally
    problems: tuple[Unreadable, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            "tally": self.tally.to_json(),
            "problems": [list(problem) for problem in self.problems],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> BatchResult:
        """Return the result of `to_json`."""
        return cls(
            tally=Tally.from_json(content["tally"]),
            problems=tuple(Unreadable(*problem) for problem in content["problems"]),
        )


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """The counts of all batches.

    Attributes
    ----------
    tally
        The counts.
    ending
        What could not be read.
    unwritten
        Number of batches that were not written.
    missing
        What the export should have and has not, or cannot be read; the first ones.
    is_new
        Whether this execution had anything to do.
    """

    tally: Tally
    ending: Ending
    unwritten: int
    missing: tuple[str, ...]
    is_new: bool

    @property
    def is_complete(self) -> bool:
        """Whether everything that is in the export was read, and written or quarantined."""
        return not (self.unwritten or self.ending.unread)

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            "tally": self.tally.to_json(),
            "problems": [list(problem) for problem in self.ending.problems],
            "unread": self.ending.unread,
            "unwritten": self.unwritten,
            "missing": list(self.missing),
            "isNew": self.is_new,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunResult:
        """Return the result of `to_json`."""
        return cls(
            tally=Tally.from_json(content["tally"]),
            ending=Ending(
                problems=[Unreadable(*problem) for problem in content["problems"]],
                unread=content["unread"],
            ),
            unwritten=content["unwritten"],
            missing=tuple(content["missing"]),
            is_new=content["isNew"],
        )
