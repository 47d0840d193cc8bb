"""The three formats of an export: Ion binary, Ion text, and JSON."""

from __future__ import annotations

import base64
import enum
from typing import TYPE_CHECKING

from amazon.ion import simpleion
from qldb_simulator.ion_json import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable


class Format(enum.Enum):
    """A format of exports.

    Attributes
    ----------
    output_format
        Its name in QLDB's API.
    extension
        Of the names of objects.
    """

    JSON = ("json", "JSON", "json")
    ION_TEXT = ("ion-text", "ION_TEXT", "ion")
    ION_BINARY = ("ion-binary", "ION_BINARY", "ion")

    def __init__(self, option: str, output_format: str, extension: str) -> None:
        self.option = option
        self.output_format = output_format
        self.extension = extension


def encode(form: Format, values: Iterable[object]) -> bytes:
    """Return the content of an object with some values at top level."""
    match form:
        case Format.ION_BINARY:
            # One table of symbols, before the first value.
            return bytes(simpleion.dumps(values, sequence_as_stream=True))
        case Format.ION_TEXT:
            return b"".join(_ion_text_line(value) for value in values)
        case Format.JSON:
            return b"".join(f"{json_text(value)}\n".encode() for value in values)


def encoded_blob(form: Format, blob: bytes) -> bytes:
    """Return a blob's bytes as they are within the content of an object."""
    return blob if form is Format.ION_BINARY else base64.b64encode(blob)


def _ion_text_line(value: object) -> bytes:
    text: str = simpleion.dumps(value, binary=False, omit_version_marker=True)
    return f"{text}\n".encode()
