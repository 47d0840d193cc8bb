"""An inspection as text for people."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from ops.exports import prices
from ops.terminal_text import printable
from ops.text_table import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.exports.catalogue import FoundProof
    from ops.exports.inspection import (
        ExportInspection,
        Inspection,
        LoadEstimate,
        StrandInspection,
        TableInspection,
    )

_UNITS = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WIDTH = 12
_MAX_EXPORTS = 50
"""How many exports are listed; --json lists all."""

_MAX_PROBLEMS = 20


def inspection_lines(inspection: Inspection) -> list[str]:
    """Return what was found, as lines of text."""
    lines = [f"{printable(inspection.source)}"]
    lines += _exports(inspection.exports)
    for strand in inspection.strands:
        lines += _strand(strand)
    lines += _proofs(inspection.proofs)
    if inspection.foreign:
        named = ", ".join(map(printable, inspection.foreign_keys[:5]))
        more = ", ..." if inspection.foreign > 5 else ""  # noqa: PLR2004 (as many as in the line above)
        lines += ["", _field("other files", f"{inspection.foreign:,}: {named}{more}")]
    if inspection.to_know:
        lines += ["", "Things to know"]
        lines += [f"- {notice.text}" for notice in inspection.to_know]
    # Notices hold texts of manifests and blocks, such as ids and times, that can be anything.
    return [printable(line) for line in lines]


def _exports(exports: Sequence[ExportInspection]) -> list[str]:
    if not exports:
        return ["", "No manifest was found: objects are read by their names."]
    lines = ["", f"{len(exports):,} {'export' if len(exports) == 1 else 'exports'}"]
    for export in exports[:_MAX_EXPORTS]:
        lines += ["", _field("export", printable(export.export_id))]
        if export.ledger_name is not None:
            lines.append(_field("ledger", printable(export.ledger_name)))
        if export.start_time is not None and export.end_time is not None:
            times = f"{export.start_time} up to {export.end_time} (without it)"
            lines.append(_field("asked for", printable(times)))
        lines.append(_field("objects", _objects(export)))
        if export.first is not None and export.last is not None:
            first, last = export.first, export.last
            lines.append(
                _field(
                    "blocks",
                    f"{first.sequence_no:,} to {last.sequence_no:,}, {first.time} to {last.time}",
                )
            )
        if export.format is not None:
            lines.append(_field("format", export.format))
        lines.append(_field("encryption", _encryption(export)))
    if len(exports) > _MAX_EXPORTS:
        lines += ["", f"... and {len(exports) - _MAX_EXPORTS:,} more (--json lists all)"]
    return lines


def _objects(export: ExportInspection) -> str:
    if not export.is_completed:
        return "unknown: the manifest that lists them is not there"
    missing = f", {export.missing:,} missing" if export.missing else ""
    return f"{export.objects:,}{missing}, {size_text(export.bytes)}"


def _encryption(export: ExportInspection) -> str:
    asked = {
        "NO_ENCRYPTION": "none was asked for",
        "SSE_S3": "by S3's key was asked for (SSE-S3)",
        "SSE_KMS": "by a KMS key was asked for (SSE-KMS)",
        None: "not told by a manifest",
    }.get(export.encryption, printable(export.encryption or ""))
    stored = export.stored_encryption
    return asked if stored is None else f"{asked}; in the bucket now: {printable(stored)}"


def _strand(strand: StrandInspection) -> list[str]:
    names = " or ".join(map(printable, strand.ledger_names)) or "of unknown name"
    lines = ["", f"Ledger {names}", _field("strand", printable(strand.strand_id))]
    formats = ", ".join(f"{count:,} {name}" for name, count in strand.formats.items())
    lines.append(
        _field("objects", f"{strand.objects:,} ({formats or 'none could be read'}), ")
        + size_text(strand.bytes)
    )
    if strand.first is not None and strand.last is not None:
        lines.append(
            _field(
                "blocks",
                f"{strand.blocks:,}, from {strand.first.sequence_no:,} ({strand.first.time}) to "
                f"{strand.last.sequence_no:,} ({strand.last.time})",
            )
        )
    missing = sum(each.last - each.first + 1 for each in strand.missing)
    lines.append(_field("missing", f"{missing:,} blocks" if missing else "none"))
    lines.append(_field("revisions", f"{strand.revisions:,}"))
    if strand.tables:
        lines += ["", *_tables(strand.tables)]
    if strand.load.items:
        lines += ["", *_load(strand.load)]
    return lines


def _tables(tables: Sequence[TableInspection]) -> list[str]:
    rows = [("table", "id", "live", "deleted", "revisions", "redacted", "data", "")]
    rows += [
        (
            printable(table.name or "unknown"),
            printable(table.table_id or ""),
            f"{table.live:,}",
            f"{table.deleted:,}",
            f"{table.revisions:,}",
            f"{table.redacted:,}",
            size_text(table.bytes),
            _life(table),
        )
        for table in tables
    ]
    return aligned(rows, text_columns=(0, 1, 7))


def _life(table: TableInspection) -> str:
    if table.is_dropped:
        return f"dropped {table.dropped}"
    return "" if table.restored is None else f"dropped, and restored {table.restored}"


def _load(load: LoadEstimate) -> list[str]:
    lines = [
        "To load into DynamoDB (estimated)",
        _field("items", f"{load.items:,}: the last revision of each document"),
        _field(
            "writes",
            f"about {load.write_units:,} units, ${load.dollars:,.2f}, {_duration(load.seconds)}",
        ),
        _field(
            "history",
            f"about {load.history_write_units:,} units more, ${load.history_dollars:,.2f}, "
            f"{_duration(load.history_seconds)}, for tables with all {load.history_items:,} "
            "revisions",
        ),
    ]
    lines.append(
        _field(
            "prices",
            f"of {prices.DATE} in {prices.REGION}: "
            f"${prices.DOLLARS_PER_MILLION_WRITE_UNITS} a million write units on demand; "
            f"{prices.WRITE_UNITS_PER_SECOND:,} units/s, as a new table takes at once",
        )
    )
    return lines


def _proofs(proofs: Sequence[FoundProof]) -> list[str]:
    if not proofs:
        return []
    lines = ["", "Digests and proofs"]
    for key, file, _ in proofs:
        facts = [file.kind.value]
        if file.digest is not None:
            facts.append(f"digest {base64.b64encode(file.digest).decode()}")
        if file.tip is not None:
            facts.append(f"which covers the blocks up to {file.tip.sequence_no:,}")
        if file.place is not None:
            facts.append(f"for block {file.place.sequence_no:,}")
        lines.append(f"  {printable(key)}: {', '.join(facts)}")
    return lines


def size_text(size: int) -> str:
    """Return a number of bytes as text."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} bytes"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return "under a minute"
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return "about a minute"


def _field(name: str, text: str) -> str:
    return f"  {name:<{_WIDTH}}{text}"
