"""The command `export`, which exports the ledger's journal to a bucket, and to a folder."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from qldb_simulator.client import LedgerClient

from local import aws
from local.errors import LocalError
from local.export_destination import default_bucket, prepare_destination
from local.exported_objects import ExportedObjects
from local.progress import show_progress
from local.running import deployed

if TYPE_CHECKING:
    from collections.abc import Callable

HELP = "export the ledger's journal to a bucket of the local AWS, or to a folder"

FORMATS = {"json": "JSON", "ion-text": "ION_TEXT", "ion-binary": "ION_BINARY"}
"""QLDB's output formats by the names of `--format`."""

_MAX_PREFIX = 128
"""Characters of a prefix (QLDB API reference, S3ExportConfiguration)."""

_PROGRESS_SECONDS = 2.0
_EPILOG = """\
The journal is written as QLDB's own export does it: manifests, and objects
named after the blocks in them. Bucket and role are made if they do not exist.
Beside them, the ledger's digest is saved with a proof of the last exported
block: only a proof shows that nothing is missing at the end.

The last line on standard output is the export's URL, or the folder with
--folder. Progress is on standard error.

examples:
  python -m local export
  python -m local export --format json --folder my-export
  python -m local export --from 2026-11-01 --to 2026-11-02T12:00:00Z
  python -m local export --format ion-binary --blocks-per-object 1
  python -m ops verify "$(python -m local export --folder my-export | tail -1)"
  eval "$(python -m local env)"
  python -m ops verify "$(python -m local export | tail -1)"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Export the journal of the deployed ledger, as QLDB exports one to S3."
    parser.epilog = _EPILOG
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        default="ion-text",
        help="form of the blocks (default: %(default)s, as QLDB's own)",
    )
    parser.add_argument(
        "--bucket",
        metavar="NAME",
        help="bucket, which is made if necessary (default: one for the exports of this ledger)",
    )
    parser.add_argument(
        "--prefix",
        metavar="P",
        type=_prefix,
        help="folder in the bucket; several exports may share one (default: a new one)",
    )
    parser.add_argument(
        "--from",
        dest="start",
        type=_time,
        default=datetime.fromtimestamp(0, UTC),
        metavar="TIME",
        help="first block time, such as 2026-11-02T12:00:00Z or 2026-11-02 (UTC; default: the "
        "ledger's start)",
    )
    parser.add_argument(
        "--to",
        dest="end",
        type=_time,
        metavar="TIME",
        help="first block time that is not exported any more (default: now)",
    )
    parser.add_argument(
        "--folder", type=Path, help="copy the objects into this folder, with their keys as paths"
    )
    parser.add_argument(
        "--proof",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="save the ledger's digest and a proof of the last block beside the export",
    )
    parser.add_argument(
        "--blocks-per-object",
        type=_at_least_one,
        metavar="N",
        help="maximum number of blocks in an object (default: 1000)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    end = datetime.now(UTC) if options.end is None else options.end
    _check(options, end)
    services, outputs = deployed(options.state)
    name = str(outputs["ledgerName"])
    ledger, endpoint = LedgerClient(services.endpoints.qldb), services.endpoints.emulator
    if options.folder is not None:
        _make_folder(options.folder)
    destination = prepare_destination(
        endpoint, ledger=name, bucket=options.bucket or default_bucket(name)
    )
    prefix = _new_prefix(options.format) if options.prefix is None else options.prefix
    url = f"s3://{destination.bucket}/{prefix}"
    show_progress(f"Exporting the journal of ledger {name} as {options.format} to {url}")
    ledger.set_export_layout(name, blocks_per_object=options.blocks_per_object)
    export_id = ledger.export_to_s3(
        name,
        bucket=destination.bucket,
        prefix=prefix,
        role_arn=destination.role_arn,
        inclusive_start_time=options.start.timestamp(),
        # Later than a block that was committed in this very moment.
        exclusive_end_time=None if options.end is None else end.timestamp(),
        output_format=FORMATS[options.format],
    )
    done = ledger.wait_exported(name, export_id, progress=_reporter())
    objects = ExportedObjects(
        aws.client("s3", endpoint), bucket=destination.bucket, prefix=prefix, export_id=export_id
    )
    if options.proof and objects.save_proof(ledger, name) is None:
        show_progress("No block is in this range: there is nothing to prove")
    print(f"Export {export_id}: {_counted(done)}")
    if options.folder is None:
        print(url)
    else:
        objects.copy_to(options.folder)
        show_progress(f"Copied from {url}")
        print(options.folder)
    return 0


def _check(options: argparse.Namespace, end: datetime) -> None:
    """Refuse what QLDB or the folder would refuse, before anything is made."""
    if options.start >= end:
        limit = "in the past" if options.end is None else f"before --to {end.isoformat()}"
        raise LocalError(f"--from {options.start.isoformat()} is not {limit}")
    if end > datetime.now(UTC):
        raise LocalError(
            f"--to {end.isoformat()} is in the future: QLDB exports only the past; leave it out "
            "for everything so far"
        )
    if options.folder is not None and ".." in PurePosixPath(options.prefix or "").parts:
        raise LocalError(f"--prefix {options.prefix} leads out of the folder: leave out the ..")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"--folder {folder} cannot be made: {error.strerror}") from error


def _new_prefix(name: str) -> str:
    return f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}/"


def _reporter() -> Callable[[dict[str, Any]], None]:
    """Return a function that reports a progress every few seconds."""
    reported = time.monotonic()

    def report(progress: dict[str, Any]) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= _PROGRESS_SECONDS:
            reported = now
            show_progress(f"... {_counted(progress)}")

    return report


def _counted(progress: dict[str, Any]) -> str:
    counts = (("block", "blocks"), ("object", "objects"), ("byte", "bytes"))
    blocks, objects, size = (
        f"{progress[plural]:,} {singular if progress[plural] == 1 else plural}"
        for singular, plural in counts
    )
    return f"{blocks} in {objects}, {size}"


def _prefix(text: str) -> str:
    prefix = text if not text or text.endswith("/") else f"{text}/"
    if len(prefix) > _MAX_PREFIX or prefix.startswith("/"):
        raise argparse.ArgumentTypeError(
            f"{text} is no prefix: expected at most {_MAX_PREFIX} characters, and no slash at the "
            "start"
        )
    return prefix


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no time: expected one such as 2026-11-02T12:00:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _at_least_one(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of blocks: expected 1 or more")
    return number
