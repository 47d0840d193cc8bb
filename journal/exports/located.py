"""A value and its place in an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from journal.ion.structure import Span

MAX_VALUE_BYTES = 64 * 1024 * 1024
"""Maximum size of a value at top level, such as a block. A transaction has at most 4 MB of Ion
(QLDB developer guide, "Quotas and limits"); as JSON or text it is a few times as long."""

TOO_LONG = f"a value of more than {MAX_VALUE_BYTES} bytes"
"""Code of a `journal.errors.DamagedObject`: a value is too large to be one of QLDB's."""

CUT = "the object ends in the middle of a value: it was cut"
"""Code of a `journal.errors.DamagedObject`: its offset is that of the value."""


class Located(NamedTuple):
    """A value at top level of an object.

    Attributes
    ----------
    offset
        Bytes before the value, in the object without its compression.
    size
        Bytes of the value as it is in the object.
    span
        The value, as binary Ion.
    """

    offset: int
    size: int
    span: Span
