"""What is said of objects that a manifest names and a source lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.exports.manifest_keys import kept_name
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.exports.catalogue import Catalogue


class MissingObject(NamedTuple):
    """An object that is not there.

    Attributes
    ----------
    key
        As its manifest names it.
    problem
        Which export has it, and where it was looked for.
    """

    key: str
    problem: str

    @property
    def text(self) -> str:
        """The key and the problem."""
        return f"{printable(self.key)} is {self.problem}"


def missing_objects(found: Catalogue) -> Iterator[MissingObject]:
    """Yield the objects that are missing in a source, in the order of their exports."""
    for export in found.exports:
        for key in export.missing:
            yield MissingObject(
                key,
                f"not there, though the manifest of export {printable(export.export_id)} names "
                f"it: {_where_looked(found, key)}",
            )


def _where_looked(found: Catalogue, key: str) -> str:
    name = kept_name(key)
    what = "this name" if name == key else f"this key, nor the name {printable(name)}"
    return f"nothing below {printable(found.location)} has {what}"
