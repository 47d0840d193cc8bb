"""Starts the operator's commands: `python -m ops`, or `python FOLDER/ops` from anywhere."""

import sys
from pathlib import Path

# The folder of the repository: `python FOLDER/ops` sees only what is in `ops`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ops.interruption import end_at_once, leave

try:
    with end_at_once():
        from ops.command_line import main
except ModuleNotFoundError as error:
    sys.exit(
        f"error: the package {error.name} is missing from {sys.executable}: run `make venv` or "
        "`pulumi install` in the repository, then use its .venv/bin/python"
    )

if __name__ == "__main__":
    leave(main())
