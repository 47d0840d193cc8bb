"""The genuine block of the AWS CLI's examples: Ion text of a block with a revision."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion

if TYPE_CHECKING:
    from pathlib import Path


def genuine_block(shared_data: Path) -> Any:  # noqa: ANN401 (an Ion struct)
    """Return the block as amazon.ion reads it."""
    page = (shared_data / "aws-cli-examples" / "get-block.rst").read_text()
    found = re.search(r'"Block": \{\s+"IonText": ("(?:[^"\\]|\\.)*")', page)
    assert found
    return simpleion.load_python(io.StringIO(json.loads(found[1])))
