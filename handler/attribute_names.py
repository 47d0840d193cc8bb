"""The rules for the attributes that one table projects.

Standard library only: the program refuses a wrong name before a deployment with the same rules as
the handler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.contract import MAX_ATTRIBUTES, RESERVED_ATTRIBUTES
from handler.statements import MAX_STATEMENT, longest_statement

if TYPE_CHECKING:
    from collections.abc import Collection

_PLACEHOLDERS = ("#", ":")
"""DynamoDB reads a name in an ``UPDATE`` that starts with one of these as a placeholder that is not
defined, and refuses the statement (measured on DynamoDB Local; developer guide, "Expression
attribute names (aliases) in DynamoDB")."""


def name_problem(name: str) -> str | None:
    """Return what is wrong with the name of one projected attribute, to follow its table's name.

    Returns
    -------
    str or None
        None if every statement can hold the name.
    """
    if name in RESERVED_ATTRIBUTES:
        return (
            f"uses the reserved attribute name {name!r}; "
            f"reserved are {', '.join(RESERVED_ATTRIBUTES)}"
        )
    if not name or name != name.strip():
        return (
            f"has the attribute name {name!r}; expected at least one character and no leading or "
            "trailing space"
        )
    if name.startswith(_PLACEHOLDERS):
        return (
            f"has the attribute name {name!r}; DynamoDB cannot update an attribute whose name "
            "starts with '#' or ':'; choose another name for the same path"
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"has the attribute name {name!r}, which is not Unicode text"
    return None


def names_problem(
    names: Collection[str], *, is_indexed: bool = False, has_history: bool = False
) -> str | None:
    """Return what is wrong with the projected attributes of one table together.

    Parameters
    ----------
    names
        The projected attributes.
    is_indexed
        Whether the table has indexes.
    has_history
        Whether revisions go to the history table too.

    Returns
    -------
    str or None
        None if every statement can hold them.
    """
    if len(names) > MAX_ATTRIBUTES:
        return (
            f"has {len(names)} attributes; {MAX_ATTRIBUTES} are allowed: "
            "leave `attributes` out to write whole documents"
        )
    length = longest_statement(names, is_indexed=is_indexed, has_history=has_history)
    if length > MAX_STATEMENT:
        return (
            f"has attribute names that make a write statement {length} bytes long; DynamoDB "
            f"allows {MAX_STATEMENT}: shorten them or leave `attributes` out to write whole "
            "documents"
        )
    return None
