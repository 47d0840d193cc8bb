"""Writes the table of settings in docs/settings.md from Pulumi.yaml (``make settings``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).parent.parent
PROJECT = _ROOT / "Pulumi.yaml"
PAGE = _ROOT / "docs" / "settings.md"

START = "<!-- `make settings` writes this table from Pulumi.yaml -->"
END = "<!-- end of the table -->"


def described_settings() -> dict[str, dict[str, Any]]:
    """Return the settings that Pulumi.yaml describes, by name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["config"]
    return found


def table(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table in Markdown.

    Parameters
    ----------
    settings
        As Pulumi.yaml describes them, by name.
    """
    names = re.compile(rf"(?<![\w`])({'|'.join(map(re.escape, settings))})(?![\w`])")
    rows = [
        f"| `{name}` | {_default(setting)} | {_escaped(names, str(setting['description']))} |"
        for name, setting in settings.items()
    ]
    return "\n".join(["| setting | default | what it does |", "|---|---|---|", *rows])


def with_table(page: str, text: str) -> str:
    """Return a page with another table between its two markers.

    Parameters
    ----------
    page
        Markdown with the lines `START` and `END`.
    text
        The table.

    Raises
    ------
    ValueError
        If a marker is missing.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"expected the lines {START} and {END}")
    return f"{before}{START}\n{text}\n{END}{after}"


def _default(setting: Mapping[str, Any]) -> str:
    match setting.get("default"):
        case None:
            return "none, required"
        case "":
            return "none"
        case bool(value):
            return f"`{str(value).lower()}`"
        case value:
            return f"`{value}`"


def _escaped(names: re.Pattern[str], description: str) -> str:
    """Return a description with other settings' names as code, and no accidental HTML or cell."""
    plain = description.replace("<", r"\<").replace("|", r"\|")
    return names.sub(r"`\1`", plain)


def main() -> None:
    """Write the table."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_table(page, table(described_settings())), encoding="utf-8")


if __name__ == "__main__":
    main()
