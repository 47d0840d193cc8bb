"""Errors about one record."""

from __future__ import annotations

from typing import ClassVar


class RecordError(Exception):
    """A fault of one record; no other record is affected.

    Attributes
    ----------
    kind
        The kind of fault, in one word.
    code
        The fault: a constant text without any of the record's content.
    """

    kind: ClassVar[str]

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MalformedRecord(RecordError):  # noqa: N818 (a finding about a record, not a failure)
    """A record is not what QLDB writes."""

    kind = "malformed"


class IonError(RecordError):
    """The bytes are not Ion, or not of the expected type."""

    kind = MalformedRecord.kind


class DamagedObject(IonError):  # noqa: N818 (a finding about an object, not a failure)
    """An object of an export cannot be read from some place on.

    Attributes
    ----------
    offset
        Bytes before the value that cannot be read, in the object without its compression.
    """

    def __init__(self, code: str, offset: int) -> None:
        super().__init__(code)
        self.offset = offset


TRUNCATED = "truncated"
"""Code of an `IonError`: the bytes end too early."""
