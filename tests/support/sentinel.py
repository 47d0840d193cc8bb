"""The sentinel in every text of a document, and a search for it in output."""

from __future__ import annotations

import base64
import traceback

SENTINEL = "sentinel-"
"""Start of every text in a document; no log line or exception text may contain it."""

SECRET = f"{SENTINEL}8f1c-of-a-document"
"""A complete text of a document."""

MESSAGE = f"Injected by the test, as if it quoted the value {SENTINEL}quoted"
"""DynamoDB quotes values in messages, so every message of an injected fault does."""

# The sentinel's bytes at each of the three places that they can have in base64.
_FORMS = (
    SENTINEL,
    *(base64.b64encode(b"x" * n + SENTINEL.encode()).decode()[4:10] for n in (0, 1, 2)),
)


def leak(text: str) -> str | None:
    """Return the first line of a text that contains part of a document, or None."""
    if not any(form in text for form in _FORMS):
        return None
    return next(line for line in text.splitlines() if any(form in line for form in _FORMS))


def printed_form(error: BaseException) -> str:
    """Return everything printable of an exception, with and without its traceback."""
    trace = traceback.format_exception(error)
    return "\n".join((str(error), repr(error), repr(vars(error)), *trace))
