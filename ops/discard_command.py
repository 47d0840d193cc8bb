"""The command `python -m ops discard`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ops import connections, stack_option
from ops.command import STATUS_FAILED, STATUS_OK, Command
from ops.confirmation import confirmed
from ops.discard import discard, discarded_key
from ops.errors import OpsError
from ops.failure_objects import PREFIXES, describe
from ops.failures_command import description_lines
from ops.terminal_text import printable

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ops.failure_bucket import FailureBucket, StoredObject

_DESCRIPTION = """\
Discards failures that nobody can ever repair, such as records that are not Ion:
`failures` no longer lists them and no redrive sends them. Prints what they are,
without any document, and asks.

Nothing is destroyed at once: an object KEY becomes discarded/KEY in the same
bucket, and expires failureRetentionDays later. `failures --discarded` lists
such objects, `failures --show` shows them, and moving one back to KEY (`aws s3
mv`) makes it pending again.

The command may be interrupted, and repeated. If one KEY does not exist, none is
discarded.

exit status: 0 every KEY is discarded, 1 a KEY does not exist or has changed
meanwhile, the answer was no, or the command could not run, 130 interrupted
"""

_EXAMPLES = """\
  python -m ops discard KEY --stack dev               discard, after asking
  python -m ops discard KEY KEY --stack dev --yes     the same without asking
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    stack_option.add_to(parser)
    parser.add_argument("keys", nargs="+", metavar="KEY", help="key of an object to discard")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _run(options: argparse.Namespace, console: Console) -> int:
    bucket = connections.failure_bucket(stack_option.read(options, console))
    found = _read(bucket, list(dict.fromkeys(options.keys)))
    for key, stored in found.items():
        print("\n".join(description_lines(describe(key, stored.body))))
    sys.stdout.flush()
    what = "this object" if len(found) == 1 else f"these {len(found)} objects"
    if (
        found
        and not options.yes
        and not confirmed(console, f"Discard {what}?", "nothing was discarded")
    ):
        console.print("Nothing was discarded.")
        return STATUS_FAILED
    status = STATUS_OK
    for key, stored in found.items():
        if discard(bucket, key, stored):
            print(f"discarded {printable(key)}")
        else:
            status = STATUS_FAILED
            console.print(
                f"error: {printable(key)} has changed or gone since it was read, perhaps by a "
                f"redrive, and was not discarded; a copy is in {printable(discarded_key(key))}. "
                "Look at it with `python -m ops failures`",
                style="red",
            )
    return status


COMMAND = Command(
    name="discard",
    summary="discard failures that nobody can repair",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _read(bucket: FailureBucket, keys: list[str]) -> dict[str, StoredObject]:
    """Return the objects that are still to be discarded.

    Raises
    ------
    OpsError
        If a key is not that of a pending or discarded object.
    """
    found: dict[str, StoredObject] = {}
    for key in keys:
        stored = bucket.get(key) if key.startswith(PREFIXES) else None
        if stored is not None:
            found[key] = stored
        elif key.startswith(PREFIXES) and bucket.get(discarded_key(key)) is not None:
            print(f"{printable(key)} is already discarded")
        else:
            raise OpsError(
                f"bucket {bucket.name} has no pending failure {printable(key)}, so nothing was "
                "discarded: `python -m ops failures` lists the keys"
            )
    return found
