"""Binary Ion of any length, read right by one of amazon.ion's readers."""

from __future__ import annotations

import io
from typing import Any

from amazon.ion import simpleion

VERSION_MARKER = b"\xe0\x01\x00\xea"
_PAGE_BYTES = 8192


def read_binary(data: bytes) -> Any:  # noqa: ANN401 - any Ion value
    """Read one value of binary Ion.

    The C reader of amazon.ion 0.15.0 takes its input in pages and reads an int of eight bytes that
    lies across two of them as another number, without an error. What fills more than one page is
    left to the slower Python reader.

    Raises
    ------
    amazon.ion.exceptions.IonException
        The bytes are not one value.
    """
    if len(data) < _PAGE_BYTES:
        return simpleion.loads(data)
    return simpleion.load_python(io.BytesIO(data))
