"""Starts the local AWS's commands: `python -m local`, or `python FOLDER/local` from anywhere."""

import sys
from pathlib import Path

# The folder of the repository: `python FOLDER/local` sees only what is in `local`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ops.interruption import end_at_once

try:
    with end_at_once():
        from local.command_line import main
except ModuleNotFoundError as error:
    sys.exit(
        f"error: the package {error.name} is missing from {sys.executable}: run `make venv` in the "
        "repository, then use its .venv/bin/python (`pulumi install` alone is not enough)"
    )

if __name__ == "__main__":
    sys.exit(main())
