"""Converts Ion text to binary Ion."""

from __future__ import annotations

import io

from amazon.ion import simpleion

_LONG_TEXT = 10_000


def binary(text: str) -> bytes:
    """Return the binary Ion of an Ion text, by amazon.ion's Python reader and writer.

    Long texts go through its C extension, which loses fractions of ten digits and more, but takes a
    hundredth of the time.
    """
    if len(text) > _LONG_TEXT:
        value = simpleion.loads(text, text_buffer_size_limit=len(text.encode()))
        return bytes(simpleion.dumps(value, binary=True))
    out = io.BytesIO()
    simpleion.dump_python(simpleion.load_python(io.StringIO(text)), out, binary=True)
    return out.getvalue()
