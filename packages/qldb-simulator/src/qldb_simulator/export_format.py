"""The three output formats of a journal export.

Documented (API model, "Journal export output in QLDB"): the formats and their names, Ion text as
the default, one block after another in an object, one JSON object a line, manifests in the format
of their export, the endings ``.ion`` and ``.json``.

Inferred: each block of ION_BINARY has its own version marker and symbol table, as in QLDB's
stream records; each block of ION_TEXT is on one line; the content types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion

from qldb_simulator.ion_json import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """One output format.

    Attributes
    ----------
    name
        Value of OutputFormat.
    extension
        Ending of the names of data objects, without its dot.
    content_type
        Media type of all objects of an export.
    encode
        Returns a struct (a block or a manifest) as bytes; an object holds one after another.
    """

    name: str
    extension: str
    content_type: str
    encode: Callable[[Mapping[str, Any]], bytes]


def _ion_binary(struct: Mapping[str, Any]) -> bytes:
    return bytes(simpleion.dumps(struct))


def _ion_text(struct: Mapping[str, Any]) -> bytes:
    text: str = simpleion.dumps(struct, binary=False, omit_version_marker=True)
    return text.encode() + b"\n"


def _json(struct: Mapping[str, Any]) -> bytes:
    return json_text(struct).encode() + b"\n"


ION_BINARY: Final = ExportFormat(
    name="ION_BINARY", extension="ion", content_type="application/ion", encode=_ion_binary
)
ION_TEXT: Final = ExportFormat(
    name="ION_TEXT", extension="ion", content_type="text/ion", encode=_ion_text
)
JSON: Final = ExportFormat(
    name="JSON", extension="json", content_type="application/json", encode=_json
)
EXPORT_FORMATS: Final = {form.name: form for form in (ION_BINARY, ION_TEXT, JSON)}
"""Formats by name."""
