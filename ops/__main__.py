"""Starts the operator's commands: `python -m ops`, or `python FOLDER/ops` from anywhere."""

import signal
import sys
from pathlib import Path

# The folder of the repository: `python FOLDER/ops` sees only what is in `ops`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

try:
    from ops.command_line import main
except ModuleNotFoundError as error:
    sys.exit(
        f"error: the package {error.name} is missing from {sys.executable}: run `make venv` or "
        "`pulumi install` in the repository, then use its .venv/bin/python"
    )
except KeyboardInterrupt:
    # The imports take a second, in which Ctrl-C may come more than once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stderr.write("stopped\n")
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
