"""The command `python -m bench export`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.export.formats import Format
from bench.export.plan import Journal
from bench.export.writing import ExportError, ExportPlan, write_export

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Write a journal export of any size into a new folder, as QLDB wrote exports to
S3: manifests, and objects with blocks whose hashes are right. Beside them is
the file with digest and proof of AWS's migration sample.

The journal has inserts, updates, deletes and redactions in five tables, one of
them dropped and created again, over 30 days. Objects are made on all cores; the
memory grows with their size and not with that of the export. The same arguments
result in the same bytes, and all formats hold the same blocks. The folder is
printed at the end; progress goes to standard error.
"""
_EPILOG = """\
examples:
  python -m bench export --revisions 1000 --format json --to exports/small
  python -m bench export --revisions 1200000 --format ion-binary --to exports/1G
"""
_MEGABYTE = 1_000_000
_SECONDS_BETWEEN_LINES = 5


def main(arguments: Sequence[str]) -> int:
    """Write an export, and return the exit status."""
    options = _parser().parse_args(arguments)
    plan = ExportPlan(
        journal=Journal(seed=options.seed, revisions=options.revisions),
        form=options.format,
        object_bytes=round(options.object_megabytes * _MEGABYTE),
    )
    progress = _Progress()
    try:
        written = write_export(plan, options.to, progress=progress)
    except (ExportError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped; {options.to} holds a part of the export: remove it\n")
        return 130
    progress.show(
        f"{options.revisions:,} revisions in {written.blocks:,} blocks and {written.objects:,} "
        f"objects, {written.bytes / _MEGABYTE:,.1f} MB"
    )
    print(options.to)
    return 0


class _Progress:
    """Writes a line every few seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._next_line = self._began + _SECONDS_BETWEEN_LINES

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            self.show(f"{done:,} of {total:,} objects")

    def show(self, line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._began:4.0f} s  {line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench export",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--revisions", type=_count, required=True, metavar="N", help="revisions of documents"
    )
    parser.add_argument(
        "--format",
        type=_format,
        required=True,
        metavar="FORMAT",
        help=", ".join(form.option for form in Format),
    )
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder"
    )
    parser.add_argument(
        "--object-megabytes",
        type=_megabytes,
        default=8,
        metavar="M",
        help="about how much each object holds (default 8, at least 0.3)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="another number results in another journal (default 0)"
    )
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, not {text}")
    return number


def _format(text: str) -> Format:
    for form in Format:
        if form.option == text:
            return form
    known = ", ".join(form.option for form in Format)
    raise argparse.ArgumentTypeError(f"unknown format {text!r}; expected {known}")


def _megabytes(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected more than 0, not {text}")
    return number
