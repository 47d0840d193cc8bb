"""What decides, beside the objects of the export, what a distributed replay writes where."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handler.settings import HandlerSettings
    from ops.distributed.request import Request
    from ops.replay.job import Job


def identity_of(request: Request, job: Job) -> dict[str, object]:
    """Return what decides, beside the export and its proofs, what is written or verified."""
    start, end = job.selection.start, job.selection.end
    return {
        "source": job.location,
        "settings": None if request.verify else _settings_text(job.settings),
        "tables": sorted(job.tables),
        "from": None if start is None else start.isoformat(),
        "to": None if end is None else end.isoformat(),
        "correction": None if job.correction is None else job.correction.value,
    }


def identity_digest(request: Request, job: Job) -> str:
    """Return a text that is the same for the same identity."""
    content = json.dumps(identity_of(request, job), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _settings_text(settings: HandlerSettings) -> str:
    content = {
        "tables": {name: asdict(table) for name, table in settings.replica_tables.items()},
        "history": settings.history_table,
    }
    return json.dumps(content, sort_keys=True)
