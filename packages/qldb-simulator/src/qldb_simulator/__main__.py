"""Runs the simulated QLDB: ``python -m qldb_simulator --help``."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from typing import TYPE_CHECKING

from qldb_simulator.config import ExportLayout, SimulatorConfig
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.service import QldbService

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT and return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    config = SimulatorConfig(
        aws_endpoint=options.aws_endpoint,
        region=options.region,
        account=options.account,
        export_layout=ExportLayout(
            blocks_per_object=options.export_blocks_per_object,
            bytes_per_object=options.export_bytes_per_object,
        ),
    )
    try:
        service = QldbService(ControlPlane(config), port=options.port)
    except OSError as error:
        print(
            f"port {options.port} cannot be used ({error.strerror}): stop what listens there or "
            "choose another one with --port",
            file=sys.stderr,
        )
        return 1
    with service:
        print(f"simulated QLDB ready on {service.endpoint}", flush=True)
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qldb_simulator",
        description="Serves a simulated Amazon QLDB on the loopback interface. Its state is in "
        "memory and ends with the process.",
    )
    parser.add_argument(
        "--port", type=int, required=True, help="TCP port to listen on; 0 takes a free one"
    )
    parser.add_argument(
        "--aws-endpoint",
        required=True,
        help="URL that serves Kinesis, S3, IAM and STS, such as an AWS emulator's",
    )
    parser.add_argument("--region", default="us-east-1", help="part of ARNs (%(default)s)")
    parser.add_argument("--account", default="000000000000", help="part of ARNs (%(default)s)")
    layout = ExportLayout()
    parser.add_argument(
        "--export-blocks-per-object",
        type=_at_least_one,
        default=layout.blocks_per_object,
        metavar="N",
        help="maximum number of blocks in an object of an S3 export (%(default)s)",
    )
    parser.add_argument(
        "--export-bytes-per-object",
        type=_at_least_one,
        default=layout.bytes_per_object,
        metavar="BYTES",
        help="maximum size of an object of an S3 export (%(default)s)",
    )
    parser.add_argument("--log-level", default="INFO", help="such as DEBUG (%(default)s)")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
