"""Genuine answers of QLDB, as the AWS CLI's documentation prints them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STRAND = "KmA3ZZca7vAIiJAK9S5Iwl"
SEQUENCE_NO = 100

_OUTPUT = "Output::\n"


def cli_output(shared_data: Path, command: str) -> bytes:
    """Return the JSON that a command such as ``get-block`` printed."""
    text = (shared_data / "aws-cli-examples" / f"{command}.rst").read_text()
    start = text.index("{", text.index(_OUTPUT))
    value, _ = json.JSONDecoder().raw_decode(text[start:])
    return json.dumps(value).encode()


def block_text(shared_data: Path) -> bytes:
    """Return the Ion text of a whole block."""
    return str(json.loads(cli_output(shared_data, "get-block"))["Block"]["IonText"]).encode()
