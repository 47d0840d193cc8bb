"""Compares JSON values with the shapes of the QLDB API model."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class ApiModel:
    """The model 2019-01-02, as botocore had it in 2025."""

    def __init__(self, shared_data: Path) -> None:
        with gzip.open(shared_data / "qldb-api" / "service-2.json.gz") as file:
            model: dict[str, Any] = json.load(file)
        self._operations: dict[str, Any] = model["operations"]
        self._shapes: dict[str, Any] = model["shapes"]

    def method(self, operation: str, path: str) -> str:
        """Return the HTTP method of an operation, whose path must match."""
        declared = self._operations[operation]["http"]
        pattern = re.sub(r"\{\w+\}", "[^/]+", declared["requestUri"])
        assert re.fullmatch(pattern, path.partition("?")[0]), f"{path} is not {pattern}"
        return str(declared["method"])

    def output_misfits(self, operation: str, answer: dict[str, Any]) -> list[str]:
        """Return the places where an answer does not match an operation's output."""
        output = self._operations[operation].get("output")
        if output is None:
            return ["an answer is unexpected"] if answer else []
        return self.misfits(output["shape"], answer)

    def misfits(self, shape_name: str, value: Any, path: str = "") -> list[str]:  # noqa: ANN401 (JSON)
        """Return the places where a JSON value does not match a shape."""
        shape = self._shapes[shape_name]
        kind = shape["type"]
        if kind == "structure" and isinstance(value, dict):
            return self._struct_misfits(shape, value, path)
        if kind == "list" and isinstance(value, list):
            member = shape["member"]["shape"]
            parts = [self.misfits(member, item, f"{path}[{n}]") for n, item in enumerate(value)]
            return [fault for part in parts for fault in part]
        fits = {
            "map": isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
            "string": isinstance(value, str) and _string_fits(shape, value),
            "blob": kind == "blob" and len(base64.b64decode(value)) == shape["max"],
            "boolean": isinstance(value, bool),
            "timestamp": isinstance(value, float),
        }
        return [] if fits.get(kind) else [f"{path} ({shape_name})"]

    def _struct_misfits(self, shape: dict[str, Any], value: dict[str, Any], path: str) -> list[str]:
        members = shape.get("members", {})
        found = [f"{path}.{name} is unknown" for name in set(value) - set(members)]
        missing = set(shape.get("required", [])) - set(value)
        found += [f"{path}.{name} is missing" for name in missing]
        for name in set(value) & set(members):
            found += self.misfits(members[name]["shape"], value[name], f"{path}.{name}")
        return found


def _string_fits(shape: dict[str, Any], value: str) -> bool:
    # The model's minimum length of an ARN excludes what it documents for keys that AWS owns.
    return value == "AWS_OWNED_KMS_KEY" or (
        shape.get("min", 0) <= len(value) <= shape.get("max", len(value))
        and value in shape.get("enum", [value])
        and re.search(shape.get("pattern", ""), value) is not None
    )
