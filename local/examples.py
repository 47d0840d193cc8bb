"""The examples that `--help` and `up` show."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from local.services import DEFAULT_STATE

_COMMAND = "python -m local"
EXAMPLES = """\
python -m local up
python -m local put Person '{"firstName": "Ann", "email": "ann@example.com"}'
python -m local put Person '{"firstName": "Anne"}' --id DOCUMENT_ID
python -m local delete Person DOCUMENT_ID
python -m local redact Person DOCUMENT_ID 0
python -m local show --wait --diff
python -m local logs function --follow
python -m local export --format json
eval "$(python -m local env)"; pulumi preview; aws kinesis list-streams
eval "$(python -m local env --unset)"
python -m local down
"""

WITHOUT_LEDGER = """\
eval "$(python -m local env)"
python -m local feed --stream "$(pulumi stack output streamName)"
pulumi stack output --json > outputs.json
python -m local e2e-deployed --outputs outputs.json
python -m ops generations --outputs outputs.json
python -m local down
"""


def next_commands(state: Path, *, has_ledger: bool) -> str:
    """Return the examples for a deployment, as they can be typed in this shell.

    Parameters
    ----------
    state
        Folder of the local AWS.
    has_ledger
        Whether the deployment has a ledger.
    """
    _, _, others = EXAMPLES.partition("\n")
    return (others if has_ledger else WITHOUT_LEDGER).replace(_COMMAND, command(state))


def command(state: Path) -> str:
    """Return how this shell calls the commands: with which Python, and for which state folder.

    Parameters
    ----------
    state
        Folder of the local AWS, which every command must name if it is not the default.
    """
    is_default = state.resolve() == DEFAULT_STATE.resolve()
    option = "" if is_default else f" --state {shlex.quote(str(state))}"
    return f"{python()} -m local{option}"


def python() -> str:
    """Return how this shell calls the Python of this process."""
    found = shutil.which("python")
    is_active = found is not None and Path(found).parent == Path(sys.executable).parent
    return "python" if is_active else shlex.quote(os.path.relpath(sys.executable))
