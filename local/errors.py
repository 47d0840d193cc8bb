"""The one error that the local commands show to the user."""

from __future__ import annotations


class LocalError(Exception):
    """Something stops the local AWS; the message says what it is and how to fix it.

    The command line prints the message without a stack trace and exits with status 1.
    """
