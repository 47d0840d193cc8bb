"""What a batch tells that has to be known of all before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops.exports.catalogue import Unreadable
from ops.replay.messages import RevisionKey

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Redactions:
    """What a batch redacts, and the ids of its ledger tables.

    Attributes
    ----------
    revisions
        Revisions whose data is redacted.
    table_ids
        Ids of ledger tables by the entry of the settings that takes them.
    problems
        What of the batch cannot be read: it may redact more.
    """

    revisions: frozenset[RevisionKey] = frozenset()
    table_ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    problems: tuple[Unreadable, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON."""
        return {
            "revisions": [[each.document.hex(), each.version] for each in sorted(self.revisions)],
            "tableIds": {entry: sorted(ids) for entry, ids in self.table_ids.items()},
            "problems": [list(problem) for problem in self.problems],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Redactions:
        """Return those of `to_json`."""
        return cls(
            revisions=frozenset(
                RevisionKey(bytes.fromhex(key), version) for key, version in content["revisions"]
            ),
            table_ids={entry: frozenset(ids) for entry, ids in content["tableIds"].items()},
            problems=tuple(Unreadable(*problem) for problem in content["problems"]),
        )
