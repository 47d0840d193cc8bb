"""The one error that the local commands show to a person."""

from __future__ import annotations


class LocalError(Exception):
    """Something on this machine stops the local AWS; the text says what it is and how to mend it.

    The command line prints the text without a stack trace and exits with status 1.
    """
