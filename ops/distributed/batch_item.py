"""A batch as JSON: an item of the state machine's distributed maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from journal.exports.sequence import ObjectPart
from ops.replay.messages import Pass
from ops.replay.plan import Batch

if TYPE_CHECKING:
    from collections.abc import Mapping


class Item(NamedTuple):
    """A batch, and in which pass it is read.

    Attributes
    ----------
    pass_
        `Pass.REDACTIONS` for superseded copies, `Pass.NEWEST` for all others.
    batch
        The batch.
    """

    pass_: Pass
    batch: Batch

    def to_json(self) -> dict[str, Any]:
        """Return the item as JSON."""
        return {
            "pass": int(self.pass_),
            "number": self.batch.number,
            "parts": [list(part) for part in self.batch.parts],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Item:
        """Return the item of `to_json`."""
        parts = tuple(ObjectPart(*part) for part in content["parts"])
        return cls(Pass(content["pass"]), Batch(content["number"], parts))
