"""The error that the local commands report to the user."""

from __future__ import annotations


class LocalError(Exception):
    """The local AWS cannot do what was asked; the message names the problem and its remedy.

    The command line prints the message without a stack trace and exits with status 1.
    """
