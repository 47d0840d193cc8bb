"""The report of a verification for machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ops.exports.report_words import first_bad_block
from ops.exports.verification import Outcome

if TYPE_CHECKING:
    from journal.exports.findings import Finding
    from ops.exports.verification import (
        BlockPlace,
        DigestVerification,
        RevisionCounts,
        TableVerification,
        Verification,
    )

FORMAT = 1
"""Increases when a field is removed or changes its meaning; new fields may come at any time."""

_OUTCOMES = {
    Outcome.PROVEN: "proven",
    Outcome.NOT_PROVEN: "notProven",
    Outcome.NOT_READ: "notRead",
}


def json_text(verification: Verification) -> str:
    """Return the report as JSON, in ASCII; ``docs/exports.md`` explains the fields.

    Parameters
    ----------
    verification
        What was found.
    """
    bad = first_bad_block(verification)
    return json.dumps(
        {
            "format": FORMAT,
            "outcome": _OUTCOMES[verification.outcome],
            "exitStatus": verification.outcome.value,
            "source": verification.source,
            "startedAt": datetime.fromtimestamp(verification.started_at, UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "seconds": verification.seconds,
            "toolVersion": verification.tool_version,
            "command": verification.command,
            "selection": verification.selection,
            "formats": dict(verification.formats),
            "objects": verification.objects,
            "bytes": verification.bytes,
            "strandId": verification.strand_id,
            "firstBlock": _block(verification.first_block),
            "lastBlock": _block(verification.last_block),
            "blocks": verification.blocks,
            "hashOnlyRevisions": verification.hash_only_revisions,
            "counts": _counts(verification.counts),
            "tables": [_table(each) for each in verification.tables],
            "deleteRule": verification.delete_rule,
            "digests": [_digest(each) for each in verification.digests],
            "rules": list(verification.rules),
            "notShown": list(verification.not_shown),
            "findingCounts": {
                kind.value: number for kind, number in verification.finding_counts.items()
            },
            "firstBadBlock": None if bad is None else bad.sequence_no,
            "findings": [_finding(each) for each in verification.findings],
            "revisionsByDay": dict(verification.revisions_by_day),
        },
        indent=2,
    )


def _block(place: BlockPlace | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"sequenceNo": place.sequence_no, "timestamp": place.timestamp}


def _counts(counts: RevisionCounts) -> dict[str, int]:
    return {
        "revisions": counts.total,
        "proven": counts.proven,
        "provenRetyped": counts.proven_retyped,
        "notProvable": counts.not_provable,
        "wrong": counts.wrong,
        "deleted": counts.deleted,
        "redacted": counts.redacted,
    }


def _table(table: TableVerification) -> dict[str, Any]:
    return {"tableId": table.table_id, "name": table.name, "counts": _counts(table.counts)}


def _digest(digest: DigestVerification) -> dict[str, Any]:
    return {
        "digest": digest.digest,
        "tipSequenceNo": digest.tip_sequence_no,
        "digestFile": digest.digest_file,
        "proofFile": digest.proof_file,
        "sequenceNo": digest.sequence_no,
        "isProven": digest.is_proven,
        "detail": digest.detail,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "detail": finding.detail,
        "key": finding.key,
        "offset": finding.offset,
        "sequenceNo": finding.sequence_no,
        "documentId": finding.document_id,
        "version": finding.version,
    }
