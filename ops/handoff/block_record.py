"""Reads which block a record of a QLDB stream is about.

Source of the format: QLDB developer guide, "Stream records".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from journal.ion.stream import single_value
from journal.ion.structure import struct, struct_field, text_field, uint_field

if TYPE_CHECKING:
    from journal.ion.structure import Fields


class Kind(enum.Enum):
    """What a record tells of its block."""

    SUMMARY = "BLOCK_SUMMARY"
    """The stream has delivered the block."""

    REVISION = "REVISION_DETAILS"
    """The block exists: each record is delivered by itself, so its summary may be missing."""


class BlockRecord(NamedTuple):
    """A record with its block.

    Attributes
    ----------
    kind
        What it tells of the block.
    strand_id, sequence_no
        The block.
    """

    kind: Kind
    strand_id: str
    sequence_no: int


class ControlRecord(NamedTuple):
    """A record that is about the QLDB stream itself.

    Attributes
    ----------
    is_start
        Whether it is the first record of a QLDB stream.
    """

    is_start: bool


def read_block_record(data: bytes) -> BlockRecord | ControlRecord | None:
    """Read which block a record is about.

    Parameters
    ----------
    data
        The user record.

    Returns
    -------
    BlockRecord or ControlRecord or None
        None for a type of record that QLDB is not known to write.

    Raises
    ------
    IonError
        If the record is not Ion, lacks a field or has one of a wrong type.
    """
    record = struct(single_value(data))
    record_type = text_field(record, "recordType")
    if record_type == "CONTROL":
        return ControlRecord(_control_type(record) == "CREATED")
    if record_type == Kind.SUMMARY.value:
        return _block_record(Kind.SUMMARY, struct_field(record, "payload"))
    if record_type == Kind.REVISION.value:
        payload = struct_field(record, "payload")
        return _block_record(Kind.REVISION, struct_field(payload, "revision"))
    return None


def _control_type(record: Fields) -> str:
    return text_field(struct_field(record, "payload"), "controlRecordType")


def _block_record(kind: Kind, found: Fields) -> BlockRecord:
    address = struct_field(found, "blockAddress")
    return BlockRecord(kind, text_field(address, "strandId"), uint_field(address, "sequenceNo"))
