"""Converts payloads to Ion text, for an operator who asks for them."""

from __future__ import annotations

import base64
import io
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amazon.ion import simpleion

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SECONDS = 10.0


class _TooLongError(Exception):
    """Reading took too long."""


def ion_text(data: bytes, seconds: float = _MAX_SECONDS) -> str:
    """Return bytes as Ion text; bytes that cannot be read become an Ion blob with a comment.

    Malformed input is to be expected in a failure bucket, and from some of it the C extension of
    amazon.ion 0.15.0 never returns. Its Python reader can be interrupted, though some timestamps
    keep it for half a minute first.

    Parameters
    ----------
    data
        A user record, or anything else.
    seconds
        Time limit for reading.
    """
    try:
        with _time_limit(seconds):
            values = simpleion.load_python(io.BytesIO(data), single_value=False)
            return "\n".join(
                simpleion.dumps(value, binary=False, indent="  ", omit_version_marker=True)
                for value in values
            )
    except Exception:  # noqa: BLE001 (readers raise many kinds)
        blob = base64.b64encode(data).decode("ascii")
        return f"// not Ion: the bytes as they are\n{{{{{blob}}}}}"


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def end(_signal: int, _frame: object) -> None:
        raise _TooLongError

    former = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
