"""An inspection as JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ops.exports import prices

if TYPE_CHECKING:
    from ops.exports.catalogue import FoundProof
    from ops.exports.inspection import Inspection, LoadEstimate, StrandInspection
    from ops.exports.part_scan import Place


def json_text(inspection: Inspection) -> str:
    """Return an inspection as JSON, for machines."""
    return json.dumps(
        {
            "source": inspection.source,
            "seconds": round(inspection.seconds, 3),
            "exports": [_camel(asdict(export)) for export in inspection.exports],
            "objectsInNoManifest": inspection.unlisted,
            "strands": [_strand(strand) for strand in inspection.strands],
            "proofs": [_proof(proof) for proof in inspection.proofs],
            "foreignFiles": {
                "count": inspection.foreign,
                "first": list(inspection.foreign_keys),
            },
            "problems": [each._asdict() for each in inspection.problems],
            "toKnow": [
                {"kind": notice.kind.value, "text": notice.text} for notice in inspection.to_know
            ],
        },
        indent=2,
    )


def _strand(strand: StrandInspection) -> dict[str, Any]:
    return {
        "strandId": strand.strand_id,
        "ledgerNames": list(strand.ledger_names),
        "objects": strand.objects,
        "bytes": strand.bytes,
        "formats": dict(strand.formats),
        "firstBlock": _place(strand.first),
        "lastBlock": _place(strand.last),
        "blocks": strand.blocks,
        "missingBlocks": [
            {
                "first": each.first,
                "last": each.last,
                "key": each.key,
                "after": _place(each.after),
                "before": _place(each.before),
            }
            for each in strand.missing
        ],
        "overlaps": [_camel(each._asdict()) for each in strand.overlaps],
        "revisions": strand.revisions,
        "hashOnlyRevisions": strand.hash_only,
        "tables": [_camel(asdict(table)) for table in strand.tables],
        "redactedButStillWhole": {
            "count": strand.still_whole_count,
            "first": [_camel(each._asdict()) for each in strand.still_whole],
        },
        "load": _load(strand.load),
    }


def _load(load: LoadEstimate) -> dict[str, Any]:
    return _camel(asdict(load)) | {
        "dollarsPerMillionWriteUnits": prices.DOLLARS_PER_MILLION_WRITE_UNITS,
        "writeUnitsPerSecond": prices.WRITE_UNITS_PER_SECOND,
        "pricesOf": prices.DATE,
        "region": prices.REGION,
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"sequenceNo": place.sequence_no, "time": place.time}


def _proof(proof: FoundProof) -> dict[str, Any]:
    file = proof.file
    return {
        "key": proof.key,
        "kind": file.kind.value,
        "digest": None if file.digest is None else base64.b64encode(file.digest).decode(),
        "digestTip": None if file.tip is None else _camel(file.tip._asdict()),
        "block": None if file.place is None else _camel(file.place._asdict()),
    }


def _camel(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with names as QLDB writes them, and places as structs."""
    return {_name(name): _value(value) for name, value in fields.items()}


def _value(value: object) -> object:
    match value:
        case (int() as number, str() as time):
            return {"sequenceNo": number, "time": time}
        case tuple():
            return list(value)
        case _:
            return value


def _name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
