"""Converts payloads to Ion text, for an operator who asks for them."""

from __future__ import annotations

import base64
import io
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amazon.ion import simpleion
from typing_extensions import override

from handler.aggregation import MAGIC
from journal.ion.stream import VERSION_MARKER
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

_MAX_SECONDS = 10.0

_MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Maximum size of the text. A record of a few kilobytes can have gigabytes: a symbol is written out
wherever it is referenced."""

_MIN_PRINTABLE = 0.5
"""Share of printable characters from which on bytes are shown as text."""


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
    """Return bytes as Ion text, with a comment if they are anything but a readable record.

    Text that is not binary Ion becomes an Ion string, other bytes become a blob. Without values,
    the comment is all. No control character is left for a terminal to obey.

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
    if not data:
        return "// (empty: 0 bytes)"
    if not data.startswith(VERSION_MARKER):
        return _not_ion(data, max_bytes)
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
        return text.getvalue().decode() or f"// (binary Ion without any value: {len(data)} bytes)"
    except _TooLongError:
        return _as_blob(data, "too long to show as text")
    except Exception:  # noqa: BLE001 (readers raise many kinds)
        return _as_blob(data, "damaged binary Ion")


def _not_ion(data: bytes, max_bytes: int) -> str:
    """Return a string if the bytes are text, else a blob."""
    if data.startswith(MAGIC):
        return _as_blob(data, "not Ion, but the start of a KPL aggregate")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _as_blob(data, "not Ion")
    shown = _as_string(text)
    if _printable_share(text) < _MIN_PRINTABLE or len(shown) > max_bytes:
        return _as_blob(data, "not Ion")
    return f"// text, not binary Ion: {len(data)} bytes\n{shown}"


def _printable_share(text: str) -> float:
    return sum(each.isprintable() or each.isspace() for each in text) / len(text)


def _as_string(text: str) -> str:
    """Return an Ion string of the long form, in which the lines of the text are lines."""
    escaped = text.replace("\\", r"\\").replace("'", r"\'")
    return "'''" + "\n".join(printable(line) for line in escaped.split("\n")) + "'''"


def _as_blob(data: bytes, reason: str) -> str:
    blob = base64.b64encode(data).decode("ascii")
    return f"// {reason}: {len(data)} bytes as they are\n{{{{{blob}}}}}"


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
