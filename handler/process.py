"""Settings of the Python process that runs the function."""

from __future__ import annotations

import gc
import logging

_GC_THRESHOLD = 50_000
"""New objects that start the garbage collector: a few megabytes."""


def collect_garbage_less_often() -> None:
    """Run the garbage collector less often.

    A batch allocates tens of thousands of objects, nearly none of them in cycles, and keeps them
    until it ends. With Python's own threshold the collector searches them again and again, and
    everything that was imported with them, which takes a fifth of a batch's CPU time.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)


def keep_requests_out_of_logs() -> None:
    """Keep documents out of the log at every log level that Lambda or the environment sets.

    At level DEBUG these libraries log requests with their bodies.
    """
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)
