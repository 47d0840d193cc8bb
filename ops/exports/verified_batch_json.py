"""A verified batch as JSON, for results that come from another machine."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from journal.exports.block_verification import DeleteRule
from journal.exports.blocks import Format
from journal.exports.findings import Finding, FindingKind
from journal.exports.part_verification import (
    Edge,
    PartVerification,
    RevisionKey,
    TableTally,
    WantedBlock,
)
from journal.exports.sequence import ObjectPart
from ops.exports.verified_batch import VerifiedBatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from journal.retyping import LearnedTypes


def to_json(batch: VerifiedBatch) -> dict[str, Any]:
    """Return a batch as JSON. It holds no content of a document."""
    return {
        "parts": [list(part) for part in batch.parts],
        "results": [_part_json(result) for result in batch.results],
        "formats": [None if each is None else each.value for each in batch.formats],
        "learned": [
            [
                table_id,
                [[list(path), kind, sorted(labels)] for (path, kind), labels in types.items()],
            ]
            for table_id, types in batch.learned.items()
        ],
    }


def from_json(content: Mapping[str, Any]) -> VerifiedBatch:
    """Return the batch of `to_json`."""
    return VerifiedBatch(
        parts=[ObjectPart(*part) for part in content["parts"]],
        results=[_part(result) for result in content["results"]],
        formats=[None if each is None else Format(each) for each in content["formats"]],
        learned=_learned(content["learned"]),
    )


def _learned(content: Sequence[Any]) -> LearnedTypes:
    return {
        table_id: {(tuple(path), kind): frozenset(labels) for path, kind, labels in types}
        for table_id, types in content
    }


def _part_json(found: PartVerification) -> dict[str, Any]:
    return {
        "key": found.key,
        "blocks": found.blocks,
        "hashOnlyRevisions": found.hash_only_revisions,
        "first": _edge_json(found.first),
        "last": _edge_json(found.last),
        "tables": [[table_id, list(astuple(tally))] for table_id, tally in found.tables.items()],
        "names": found.names,
        "deleteRules": found.delete_rules.value,
        "deletes": found.deletes,
        "findings": [_finding_json(each) for each in found.findings],
        "findingCounts": {kind.value: count for kind, count in found.finding_counts.items()},
        "notProvable": [_finding_json(each) for each in found.not_provable],
        "revisionsByDay": dict(found.revisions_by_day),
        "wanted": [
            [number, _text(block.block_hash), [_text(each) for each in block.revision_hashes]]
            for number, block in found.wanted.items()
        ],
        "isReadable": found.is_readable,
        "withoutTransactionInfo": found.without_transaction_info,
        "withoutRevisions": found.without_revisions,
        "unknownFields": sorted(found.unknown_fields),
        "redacted": [[*key, block] for key, block in found.redacted.items()],
        "redactions": [list(key) for key in sorted(found.redactions)],
    }


def _part(content: Mapping[str, Any]) -> PartVerification:
    return PartVerification(
        key=content["key"],
        blocks=content["blocks"],
        hash_only_revisions=content["hashOnlyRevisions"],
        first=_edge(content["first"]),
        last=_edge(content["last"]),
        tables={table_id: TableTally(*tally) for table_id, tally in content["tables"]},
        names=dict(content["names"]),
        delete_rules=DeleteRule(content["deleteRules"]),
        deletes=content["deletes"],
        findings=[_finding(each) for each in content["findings"]],
        finding_counts=Counter(
            {FindingKind(kind): count for kind, count in content["findingCounts"].items()}
        ),
        not_provable=[_finding(each) for each in content["notProvable"]],
        revisions_by_day=Counter(content["revisionsByDay"]),
        wanted={
            number: WantedBlock(b64decode(block), tuple(b64decode(each) for each in revisions))
            for number, block, revisions in content["wanted"]
        },
        is_readable=content["isReadable"],
        without_transaction_info=content["withoutTransactionInfo"],
        without_revisions=content["withoutRevisions"],
        unknown_fields=set(content["unknownFields"]),
        redacted={
            RevisionKey(document_id, version): block
            for document_id, version, block in content["redacted"]
        },
        redactions={RevisionKey(*key) for key in content["redactions"]},
    )


def _edge_json(edge: Edge | None) -> list[Any] | None:
    if edge is None:
        return None
    number, timestamp, previous, own, offset = edge
    return [number, timestamp, _text(previous), _text(own), offset]


def _edge(content: Sequence[Any] | None) -> Edge | None:
    if content is None:
        return None
    number, timestamp, previous, own, offset = content
    return Edge(number, timestamp, b64decode(previous), b64decode(own), offset)


def _finding_json(finding: Finding) -> list[Any]:
    return [finding.kind.value, *finding[1:]]


def _finding(content: Sequence[Any]) -> Finding:
    kind, *rest = content
    return Finding(FindingKind(kind), *rest)


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")
