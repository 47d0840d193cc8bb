"""The manifests of an export, from binary Ion.

Source: QLDB developer guide, "Journal export output in QLDB". A JSON export has its timestamps as
strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError
from journal.ion.structure import (
    ANNOTATION,
    TIMESTAMP,
    Fields,
    elements,
    is_absent,
    struct,
    text_field,
    timestamp_field,
    without_annotations,
)
from journal.ion.timestamps import timestamp_text

if TYPE_CHECKING:
    from journal.ion.structure import Span

_KEYS = "keys"


class StartedManifest(NamedTuple):
    """What QLDB writes when an export starts; None for a field that it lacks.

    Attributes
    ----------
    ledger_name, export_id
        The ledger, and the export's id.
    start_time, end_time
        The blocks' times from this one and before that one, as Ion text.
    bucket, prefix
        Where the export was written.
    encryption
        ``NO_ENCRYPTION``, ``SSE_S3`` or ``SSE_KMS``.
    output_format
        ``ION_TEXT``, ``ION_BINARY`` or ``JSON``; QLDB leaves it out if the request did.
    """

    ledger_name: str | None
    export_id: str | None
    start_time: str | None
    end_time: str | None
    bucket: str | None
    prefix: str | None
    encryption: str | None
    output_format: str | None


def completed_keys(manifest: Span) -> list[str]:
    """Return the keys of the data objects, in the order of the journal.

    Raises
    ------
    IonError
        If the value is not such a manifest.
    """
    field = struct(manifest).get(_KEYS)
    if field is None:
        raise IonError("a manifest without keys")
    return _texts(field)


def started_manifest(manifest: Span) -> StartedManifest:
    """Return the description of an export.

    Raises
    ------
    IonError
        If the value is not such a manifest.
    """
    found = struct(manifest)
    if is_absent(found, "exportId") and is_absent(found, "ledgerName"):
        raise IonError("a manifest without ledger and export")
    return StartedManifest(
        ledger_name=_text(found, "ledgerName"),
        export_id=_text(found, "exportId"),
        start_time=_time(found, "inclusiveStartTime"),
        end_time=_time(found, "exclusiveEndTime"),
        bucket=_text(found, "bucket"),
        prefix=_text(found, "prefix"),
        encryption=_text(found, "objectEncryptionType"),
        output_format=_text(found, "outputFormat"),
    )


def _text(found: Fields, name: str) -> str | None:
    return None if is_absent(found, name) else text_field(found, name)


def _time(found: Fields, name: str) -> str | None:
    if is_absent(found, name):
        return None
    if found[name][2] >> 4 == TIMESTAMP:
        return timestamp_text(*timestamp_field(found, name))
    return text_field(found, name)


def _texts(sequence: Span) -> list[str]:
    return [text_field({_KEYS: _plain(each)}, _KEYS) for each in elements(sequence)]


def _plain(span: Span) -> Span:
    """Return a value without its annotations."""
    data, names, head, start, stop = span
    if head >> 4 != ANNOTATION:
        return span
    return (data, names, *without_annotations(data, names, start, stop))
