"""What the steps of a distributed replay share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handler.settings import HandlerSettings
    from ops.distributed.replay_bucket import ReplayBucket
    from ops.exports.source import Source


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a step reads and writes.

    Attributes
    ----------
    settings
        The configuration of the function.
    source
        The export.
    bucket
        Plans and results.
    batch_bytes
        Bytes of the objects of one batch, as stored.
    """

    settings: HandlerSettings
    source: Source
    bucket: ReplayBucket
    batch_bytes: int
