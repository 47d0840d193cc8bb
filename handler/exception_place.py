"""Where an exception was raised, without what it says."""

from __future__ import annotations


def place(error: Exception) -> str:
    """Return an exception's kind and where it was raised, without its message.

    The message may quote a document.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}"
