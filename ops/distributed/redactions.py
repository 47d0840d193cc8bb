"""What has to be known of a whole export before anything of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops.exports.catalogue import Unreadable
from ops.replay.messages import RevisionKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Redactions:
    """What some batches redact, and the ids of their ledger tables.

    Attributes
    ----------
    revisions
        Revisions whose data is redacted.
    table_ids
        Ids of ledger tables by the entry of the settings that takes them.
    problems
        What of the batches cannot be read: it may redact more.
    """

    revisions: frozenset[RevisionKey] = frozenset()
    table_ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    problems: tuple[Unreadable, ...] = ()

    def of(self, keys: Iterable[bytes]) -> frozenset[RevisionKey]:
        """Return the revisions of some documents."""
        wanted = set(keys)
        return frozenset(each for each in self.revisions if each.document in wanted)

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


def united(each: Iterable[Redactions]) -> Redactions:
    """Return the redactions of all."""
    revisions: set[RevisionKey] = set()
    table_ids: dict[str, set[str]] = {}
    problems: list[Unreadable] = []
    for found in each:
        revisions |= found.revisions
        for entry, ids in found.table_ids.items():
            table_ids.setdefault(entry, set()).update(ids)
        problems += found.problems
    return Redactions(
        revisions=frozenset(revisions),
        table_ids={entry: frozenset(ids) for entry, ids in table_ids.items()},
        problems=tuple(problems),
    )
