"""Converts payloads to Ion text, for an operator who asks for them."""

from __future__ import annotations

import base64
import io
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amazon.ion import simpleion
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

_MAX_SECONDS = 10.0

_MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Maximum size of the text. A record of a few kilobytes can have gigabytes: a symbol is written out
wherever it is referenced."""


class _TooLongError(Exception):
    """Reading took too long, or the text is too long."""


class _BoundedText(io.BytesIO):
    """Receives a text up to a size."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    @override
    def write(self, data: Buffer, /) -> int:
        count = super().write(data)
        if self.tell() > self._max_bytes:
            raise _TooLongError
        return count


def ion_text(data: bytes, seconds: float = _MAX_SECONDS, max_bytes: int = _MAX_TEXT_BYTES) -> str:
    """Return bytes as Ion text; bytes without a text become an Ion blob with a comment.

    Malformed input is to be expected in a failure bucket, and from some of it the C extension of
    amazon.ion 0.15.0 never returns. Its Python reader can be interrupted, though some timestamps
    keep it for half a minute first.

    Parameters
    ----------
    data
        A user record, or anything else.
    seconds
        Time limit for reading.
    max_bytes
        Limit for the text.
    """
    text = _BoundedText(max_bytes)
    try:
        with _time_limit(seconds):
            values = simpleion.load_python(io.BytesIO(data), single_value=False)
            for number, value in enumerate(values):
                if number:
                    text.write(b"\n")
                # Unlike `simpleion.dumps`, this one writes as it goes.
                simpleion.dump_python(
                    value, text, binary=False, indent="  ", omit_version_marker=True
                )
        return text.getvalue().decode()
    except _TooLongError:
        return _as_blob(data, "too long to show as text")
    except Exception:  # noqa: BLE001 (readers raise many kinds)
        return _as_blob(data, "not Ion")


def _as_blob(data: bytes, reason: str) -> str:
    blob = base64.b64encode(data).decode("ascii")
    return f"// {reason}: the bytes as they are\n{{{{{blob}}}}}"


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
