"""Options that all verifications share: digests and proofs, and reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ops.errors import OpsError
from ops.exports import report_html, report_json, report_text
from ops.exports.catalogue import FoundProof
from ops.exports.proof_files import proof_file
from ops.report_files import check_writable, write_report
from ops.standard_output import print_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ops.exports.verification import Verification

Reports: TypeAlias = "Sequence[tuple[Path, Callable[[Verification], str]]]"
"""Files, and what writes the text of each."""


def add_proofs(parser: argparse._ActionsContainer) -> None:
    """Add ``--digest`` and ``--proof``, which `proofs` reads."""
    parser.add_argument(
        "--digest",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a digest as GetDigest or the console saved it, to which a proof has to lead; may be "
        "repeated",
    )
    parser.add_argument(
        "--proof",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a proof as GetBlock or GetRevision returned it; may be repeated",
    )


def add_reports(parser: argparse._ActionsContainer) -> None:
    """Add ``--json`` and ``--html``, which `reports` reads."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page that an auditor can keep"
    )


def words(options: argparse.Namespace) -> list[str]:
    """Return the words of a command line that decide what is verified, beside the source."""
    found = [] if options.strand is None else ["--strand", options.strand]
    for name, paths in (("--digest", options.digest), ("--proof", options.proof)):
        for path in paths:
            found += [name, str(path)]
    if options.tables:
        found += ["--tables", ",".join(sorted(options.tables))]
    for name, time in (("--from", options.from_time), ("--to", options.to_time)):
        if time is not None:
            found += [name, time.isoformat()]
    return found


def reports(options: argparse.Namespace) -> Reports:
    """Return the reports that were asked for.

    Raises
    ------
    OpsError
        If a file cannot be written.
    """
    found = [
        (path, report)
        for path, report in (
            (options.json, report_json.json_text),
            (options.html, report_html.html),
        )
        if path is not None
    ]
    for path, _ in found:
        check_writable(path)
    return found


def tell(verification: Verification, wanted: Reports) -> int:
    """Write reports, print the summary, and return the exit status.

    Raises
    ------
    OpsError
        If a file cannot be written.
    """
    for path, report in wanted:
        write_report(path, report(verification))
    print_lines(report_text.summary(verification))
    return verification.outcome.value


def proofs(options: argparse.Namespace) -> list[FoundProof]:
    """Return the digests and proofs that were given.

    Raises
    ------
    OpsError
        If a file cannot be read, or has neither.
    """
    found_proofs = []
    for path in [*options.digest, *options.proof]:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise OpsError(f"{path} cannot be read: {error.strerror}") from None
        found = proof_file(content)
        if found is None:
            raise OpsError(
                f"{path} has neither a digest nor a proof: expected what GetDigest, GetBlock or "
                "GetRevision returned (with the proof), the console's digest file, or proofs.json"
            )
        found_proofs.append(FoundProof(str(path), found, is_given=True))
    return found_proofs
