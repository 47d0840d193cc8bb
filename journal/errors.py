"""Errors about one record."""

from __future__ import annotations

from typing import ClassVar


class RecordError(Exception):
    """A fault of one record; no other record is affected.

    Attributes
    ----------
    kind
        What sort of fault it is, in one word; each class has its own.
    code
        Which fault it is: a constant text with none of the record's content.
    """

    kind: ClassVar[str]

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MalformedRecord(RecordError):  # noqa: N818 (a finding about a record, not a failure)
    """A record is not what QLDB writes."""

    kind = "malformed"


class IonError(RecordError):
    """The bytes are not the Ion that was expected."""

    kind = MalformedRecord.kind


TRUNCATED = "truncated"
"""Code of an `IonError`: the bytes end too early."""
