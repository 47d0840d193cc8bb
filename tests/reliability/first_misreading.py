"""`python -m tests.reliability.first_misreading N`: reads bytes whose meaning is known.

Prints the first record or frame that is read as another, read though it is illegal, or refused
though it is not, and exits with `BROKEN`; without one, prints nothing and exits with 0. The
mutations run it. The number is ignored: there is nothing to try more than once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pulumi.automation  # noqa: F401 (lifts protobuf's limit of depth, as in ops)

from handler.aggregation import FrameError, user_records
from handler.values import attribute_value
from journal.errors import IonError, MalformedRecord
from journal.ion.stream import single_value
from journal.revisions import Ignored, Redactions, Revision, read_record
from tests.reliability.findings import print_first
from tests.support.attribute_values import checked
from tests.support.ion_cases import ION_CASES
from tests.support.kpl import RECORDS, TAGS, bytes_field, frame, groups, message
from tests.support.qldb_records import block_summary, revision
from tests.support.raw_ion import (
    FIRST_LOCAL,
    STRUCT,
    SYMBOL,
    VERSION_MARKER,
    importing,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES = {"Person"}
_TOO_DEEP = 101
_TYPE_WITHOUT_TEXT = value(STRUCT, var_uint(FIRST_LOCAL + 1) + value(SYMBOL, bytes([FIRST_LOCAL])))


def main() -> int:
    """Read everything."""
    return print_first(_findings())


def _findings() -> Iterator[str]:
    yield from _misread_values()
    yield from _misread_records()
    yield from _misread_frames()


def _misread_values() -> Iterator[str]:
    for case in ION_CASES:
        try:
            found = checked(dict(attribute_value(single_value(VERSION_MARKER + case.content))))
        except IonError:
            found = None
        except Exception as error:  # noqa: BLE001 (any other is a finding)
            yield f"{case.name}: {type(error).__name__}"
            continue
        if found != case.becomes:
            yield f"{case.name}: {found or 'refused'}"


def _misread_records() -> Iterator[str]:
    summary_in_a_document = revision(data='{a: "BLOCK_SUMMARY"}')
    if not isinstance(read_record(summary_in_a_document, _TABLES), Revision):
        yield "a document with the text BLOCK_SUMMARY is not a revision"
    if isinstance(read_record(block_summary("SELECT 'REVISION_DETAILS'"), _TABLES), Revision):
        yield "a block summary with the text REVISION_DETAILS is a revision"
    if isinstance(_read(VERSION_MARKER + importing("recordType") + _TYPE_WITHOUT_TEXT), Ignored):
        yield "a record whose type has no text is ignored"


def _read(data: bytes) -> Revision | Redactions | Ignored | None:
    try:
        return read_record(data, _TABLES)
    except MalformedRecord:
        return None


def _misread_frames() -> Iterator[str]:
    deep = {
        "an aggregate": groups(_TOO_DEEP),
        "an aggregate with a record": message([b"data"]) + groups(_TOO_DEEP),
        "a record": bytes_field(RECORDS, groups(_TOO_DEEP)),
        "a tag": bytes_field(RECORDS, bytes_field(TAGS, groups(_TOO_DEEP))),
    }
    for place, content in deep.items():
        try:
            user_records(frame(content))
        except FrameError as error:
            if error.code == "not a protobuf message of an aggregate":
                continue
        yield f"deep groups in {place} reach protobuf"


if __name__ == "__main__":
    sys.exit(main())
