"""Reads binary Ion, avoiding a fault of amazon.ion's C reader."""

from __future__ import annotations

import io
from typing import Any, Final

from amazon.ion import simpleion

VERSION_MARKER: Final = b"\xe0\x01\x00\xea"
"""First bytes of binary Ion 1.0."""

_PAGE_BYTES: Final = 8192


def read_binary(data: bytes) -> Any:  # noqa: ANN401 (any Ion value)
    """Read one value of binary Ion.

    The C reader of amazon.ion 0.15.0 reads its input in pages. It silently misreads an int of eight
    bytes that straddles two of them, if its magnitude is 2^63 or more. Input of more than one page
    goes to the slower Python reader.

    Raises
    ------
    amazon.ion.exceptions.IonException
        If the bytes are not one value.
    """
    if len(data) < _PAGE_BYTES:
        return simpleion.loads(data)
    return simpleion.load_python(io.BytesIO(data))
