"""Payloads as Ion text, for an operator who asks for them."""

from __future__ import annotations

import base64
import io

from amazon.ion import simpleion


def ion_text(data: bytes) -> str:
    """Write bytes as Ion text; what is not Ion becomes an Ion blob with a comment.

    The Python reader of amazon.ion is used: its C extension never returns from some malformed
    input, and malformed input is what a failure bucket is for.
    """
    try:
        values = simpleion.load_python(io.BytesIO(data), single_value=False)
        return "\n".join(
            simpleion.dumps(value, binary=False, indent="  ", omit_version_marker=True)
            for value in values
        )
    except Exception:  # noqa: BLE001  (readers raise many kinds)
        blob = base64.b64encode(data).decode("ascii")
        return f"// not Ion: the bytes as they are\n{{{{{blob}}}}}"
