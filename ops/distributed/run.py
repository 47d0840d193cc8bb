"""What the first step of a distributed replay tells all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handler.replay_contract import RunField
from ops.distributed.identity import identity_digest
from ops.distributed.request import Request
from ops.distributed.run_folder import RunFolder
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.distributed.workplace import Workplace
    from ops.replay.job import Job


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution.

    Attributes
    ----------
    folder
        The keys of its objects.
    strand_id
        The journal.
    request
        What it was asked to do, without its `wanted`: each batch gets the run with its input.
    identity
        Stands for the export's location and the configuration that the plan is made for.
    batches, superseded
        Number of batches with blocks that are written, and with superseded copies.
    blocks
        Number of blocks in the batches that are written.
    missing
        What the export should have and has not, or cannot be read; the first ones.
    scan_count, write_count
        Number of batches that this execution scans and writes.
    scan_key, write_key
        Keys of the lists of these batches.
    wanted_key
        Key of the sequence numbers of the blocks for which there are proofs; None if it does not
        verify.
    redacted_key
        Key of what the export redacts; None before that is known.
    """

    folder: RunFolder
    strand_id: str
    request: Request
    identity: str
    batches: int
    superseded: int
    blocks: int
    missing: tuple[str, ...]
    scan_key: str
    scan_count: int
    write_key: str
    write_count: int
    wanted_key: str | None = None
    redacted_key: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the run as JSON."""
        return {
            "folder": self.folder.prefix,
            "strandId": self.strand_id,
            "request": self.request.to_json(),
            "identity": self.identity,
            "batches": self.batches,
            "superseded": self.superseded,
            "blocks": self.blocks,
            "missing": list(self.missing),
            RunField.SCAN_KEY.value: self.scan_key,
            RunField.SCAN_COUNT.value: self.scan_count,
            RunField.WRITE_KEY.value: self.write_key,
            RunField.WRITE_COUNT.value: self.write_count,
            "wantedKey": self.wanted_key,
            "redactedKey": self.redacted_key,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Run:
        """Return the run of `to_json`."""
        return cls(
            folder=RunFolder(content["folder"]),
            strand_id=content["strandId"],
            request=Request.from_json(content["request"]),
            identity=content["identity"],
            batches=content["batches"],
            superseded=content["superseded"],
            blocks=content["blocks"],
            missing=tuple(content["missing"]),
            scan_key=content[RunField.SCAN_KEY],
            scan_count=content[RunField.SCAN_COUNT],
            write_key=content[RunField.WRITE_KEY],
            write_count=content[RunField.WRITE_COUNT],
            wanted_key=content.get("wantedKey"),
            redacted_key=content.get("redactedKey"),
        )

    def job(self, workplace: Workplace) -> Job:
        """Return the work of a batch.

        Raises
        ------
        OpsError
            If the stack was deployed with another configuration since the plan was made: the
            results would be taken for those of the former one.
        """
        location = workplace.source.location
        job = self.request.job(location, self.strand_id, workplace.settings)
        if identity_digest(self.request, job) != self.identity:
            raise OpsError(
                "the stack was deployed with other tables or another export since the execution "
                "began: start it again, which replays with the new configuration"
            )
        return job
