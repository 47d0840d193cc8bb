"""Settings of the Python process that runs the function."""

from __future__ import annotations

import gc
import logging

_GC_THRESHOLD = 50_000
"""Number of new objects that starts a collection: a few megabytes."""


def collect_garbage_less_often() -> None:
    """Run the garbage collector less often.

    A batch allocates tens of thousands of objects, nearly none of them in cycles, and keeps them
    until it ends. With Python's default threshold, the collector scans them, and everything that
    was imported, again and again, which takes a fifth of a batch's CPU time.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)


def keep_requests_out_of_logs() -> None:
    """Keep documents out of the logs, whatever level Lambda or the environment sets.

    At level DEBUG these libraries log requests with their bodies.
    """
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)
