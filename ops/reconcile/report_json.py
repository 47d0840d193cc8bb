"""The report of a comparison for machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ops.reconcile.reconciliation import Outcome

if TYPE_CHECKING:
    from ops.exports.verification import BlockPlace
    from ops.reconcile.comparison import Difference
    from ops.reconcile.reconciliation import Reconciliation, TableResult

FORMAT = 1
"""Increases when a field is removed or changes its meaning; new fields may come at any time."""

_OUTCOMES = {
    Outcome.EQUAL: "equal",
    Outcome.DIFFERENT: "different",
    Outcome.NOT_READ: "notRead",
}


def json_text(found: Reconciliation) -> str:
    """Return the report as JSON, in ASCII; ``docs/exports.md`` explains the fields.

    Parameters
    ----------
    found
        What was compared.
    """
    return json.dumps(
        {
            "format": FORMAT,
            "outcome": _OUTCOMES[found.outcome],
            "exitStatus": found.outcome.value,
            "source": found.source,
            "startedAt": datetime.fromtimestamp(found.started_at, UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "seconds": found.seconds,
            "toolVersion": found.tool_version,
            "command": found.command,
            "isDeep": found.is_deep,
            "isEnded": found.is_ended,
            "formats": dict(found.formats),
            "objects": found.objects,
            "bytes": found.bytes,
            "strandId": found.strand_id,
            "firstBlock": _block(found.first_block),
            "lastBlock": _block(found.last_block),
            "blocks": found.blocks,
            "revisions": found.revisions,
            "wrong": found.wrong,
            "counts": {kind.value: number for kind, number in found.counts.items()},
            "tables": [_table(found, each) for each in found.tables],
            "differences": [_difference(found, each) for each in found.differences],
            "unread": found.unread,
            "problems": [each._asdict() for each in found.problems],
        },
        indent=2,
    )


def _block(place: BlockPlace | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"sequenceNo": place.sequence_no, "timestamp": place.timestamp}


def _table(found: Reconciliation, table: TableResult) -> dict[str, Any]:
    return {
        "ledgerTable": table.ledger_table,
        "tableName": table.table_name,
        "items": table.items,
        "otherItems": table.other_items,
        "expected": table.expected,
        "wrong": sum(number for kind, number in table.counts.items() if found.is_wrong(kind)),
        "counts": {kind.value: table.counts[kind] for kind in found.counts if table.counts[kind]},
    }


def _difference(found: Reconciliation, difference: Difference) -> dict[str, Any]:
    table = found.table_of(difference)
    return {
        "kind": difference.kind.value,
        "isWrong": found.is_wrong(difference.kind),
        "ledgerTable": table.ledger_table,
        "tableName": table.table_name,
        "documentId": difference.document_id,
        "version": difference.version,
        "expectedVersion": difference.expected_version,
    }
