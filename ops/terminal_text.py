"""Makes text of unknown origin safe to print."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text whose control and other unprintable characters are escapes, as in Ion text.

    A terminal obeys control characters, such as those that move its cursor or set its title.
    """
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
