"""Repairs what differs: sends the documents concerned through the replay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handler.contract import (
    DELETED_ATTRIBUTE,
    KEY_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    VERSION_ATTRIBUTE,
    RevisionState,
)
from handler.corrections import Correction
from ops.errors import OpsError, aws_errors
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.reconcile.kinds import REPAIRED, Kind
from ops.reconcile.records import Fact
from ops.replay.engine import Ending, Engine
from ops.replay.job import Job
from ops.replay.messages import document_key
from ops.replay.plan import plan_of
from ops.replay.safety import refuse_expired_tombstones
from ops.replay.state import ReplayState
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handler.settings import HandlerSettings
    from journal.exports.sequence import JournalSequence
    from ops.exports.source import Source
    from ops.reconcile.comparison import Difference
    from ops.replay.crew import Crew
    from ops.replay.engine import Progress

MAX_DOCUMENTS = 500_000
"""Documents that one repair takes, which bounds its memory. More are a replay's work."""

_REFUSED = "ConditionalCheckFailedException"


@dataclass(kw_only=True)
class ToRepair:
    """What is to be repaired, collected while differences are found.

    Attributes
    ----------
    keeps_extra
        Whether extra items are collected too.
    max_documents
        As `MAX_DOCUMENTS`.
    documents
        What stands for the documents of items that are to be written again.
    tombstones
        What stands for those whose item is a tombstone of the right version that differs.
    removed
        What stands for documents of removed generations, which must not come back.
    extra
        Items of documents, or revisions, that the export does not have.
    is_too_much
        Whether there was more.
    """

    keeps_extra: bool = False
    max_documents: int = MAX_DOCUMENTS
    documents: set[bytes] = field(default_factory=set)
    tombstones: set[bytes] = field(default_factory=set)
    removed: set[bytes] = field(default_factory=set)
    extra: list[Difference] = field(default_factory=list)
    is_too_much: bool = False

    def add(self, difference: Difference) -> None:
        """Add what a repair can do about a difference, if there is still room for it."""
        kind = difference.kind
        is_extra = kind is Kind.EXTRA and self.keeps_extra
        if not (is_extra or kind is Kind.REMOVED or kind in REPAIRED):
            return
        if len(self.documents) + len(self.removed) + len(self.extra) >= self.max_documents:
            self.is_too_much = True
        elif is_extra:
            self.extra.append(difference)
        else:
            key = document_key(difference.document_id)
            (self.removed if kind is Kind.REMOVED else self.documents).add(key)
            is_same_version = difference.version == difference.expected_version
            if difference.place is not None and is_same_version and _is_tombstone(difference):
                self.tombstones.add(key)

    def refuse_too_much(self) -> None:
        """Raise an error if not everything could be collected.

        Raises
        ------
        OpsError
            If there is too much.
        """
        if self.is_too_much:
            raise OpsError(
                f"more than {self.max_documents:,} documents differ, so nothing was repaired: "
                "bring the tables up to date with `python -m ops replay`, and reconcile again"
            )

    @property
    def wanted(self) -> frozenset[bytes]:
        """What stands for the documents that are to be written again."""
        return frozenset(self.documents - self.removed)

    @property
    def by_correction(self) -> Mapping[Correction, frozenset[bytes]]:
        """What stands for the documents by how they are corrected.

        A tombstone that was not there when the tables were compared is no difference: somebody has
        removed the document since.
        """
        wanted = self.wanted
        parts = {
            Correction.ANY: wanted & self.tombstones,
            Correction.ANY_BUT_TOMBSTONES: wanted - self.tombstones,
        }
        return {correction: documents for correction, documents in parts.items() if documents}


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Repairs the tables of a stack.

    Attributes
    ----------
    location
        Of the source, which is read again.
    strand_id
        Which ledger's journal; None for the only one.
    settings
        The configuration of the deployed function.
    tables
        The entries of the settings that are repaired; empty for all.
    crew_of
        Returns the workers of a replay, of which it receives the bytes that are read.
    progress
        Receives how far it is.
    stop
        Returns whether to stop soon.
    """

    location: str
    strand_id: str | None
    settings: HandlerSettings
    tables: frozenset[str]
    crew_of: Callable[[Job, int], Crew]
    progress: Progress
    stop: Callable[[], bool] = lambda: False

    def refuse_expired_tombstones(self) -> None:
        """Raise an error if a repair could bring deleted documents back, as a replay does.

        Raises
        ------
        OpsError
            If tombstones of a table expire, and the export ends longer ago than they live.
        """
        source, sequence = self._journal()
        refuse_expired_tombstones(self._job(sequence), source, sequence, has_index=True)

    def _journal(self) -> tuple[Source, JournalSequence]:
        source = open_source(self.location)
        return source, chosen_sequence(catalogue(source, block_range), self.strand_id)

    def _job(
        self,
        sequence: JournalSequence,
        documents: frozenset[bytes] | None = None,
        correction: Correction | None = None,
    ) -> Job:
        return Job(
            location=self.location,
            strand_id=sequence.strand_id,
            settings=self.settings,
            tables=self.tables,
            correction=correction,
            documents=documents,
        )

    def repair(self, found: ToRepair) -> tuple[Ending, Tally]:
        """Write the newest revisions of some documents again, and all of their history.

        The writes have the handler's conditions, and items of the same version that differ are
        replaced under the condition that they still do. So whatever else writes is safe.

        Parameters
        ----------
        found
            The documents.

        Returns
        -------
        tuple
            How it ended, and its counts.

        Raises
        ------
        OpsError
            If something cannot be read or written for now.
        """
        ending, tally = Ending(), Tally()
        for correction, documents in found.by_correction.items():
            if not ending.is_interrupted:
                part, counts = self._replay(documents, correction)
                ending.is_interrupted = part.is_interrupted
                ending.problems += part.problems
                ending.unread += part.unread
                tally.add(counts)
        return ending, tally

    def _replay(self, documents: frozenset[bytes], correction: Correction) -> tuple[Ending, Tally]:
        _, sequence = self._journal()
        job, plan = self._job(sequence, documents, correction), plan_of(sequence)
        state = ReplayState(None)
        crew = self.crew_of(job, plan.size)
        try:
            engine = Engine(job, plan, state, crew, stop=self.stop, progress=self.progress)
            return engine.run(), state.tally
        finally:
            crew.close()
            state.close()


def remove_extra(
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    table_name: str,
    difference: Difference,
    *,
    has_versions: bool,
) -> bool:
    """Delete an item that the export does not know, if it is still what was found.

    Its version must be the same, and whether it is a tombstone or redacted: without such an item, a
    record that comes late would bring back what was removed.

    Parameters
    ----------
    dynamodb
        boto3's client.
    table_name
        The table.
    difference
        The item; it has a version.
    has_versions
        Whether the version is a part of its key.

    Returns
    -------
    bool
        Whether it was deleted; False if something has changed it.

    Raises
    ------
    OpsError
        If AWS refuses.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 (see `ops.errors`)

    version = {"N": str(difference.version)}
    key: dict[str, Any] = {KEY_ATTRIBUTE: {"S": difference.document_id}}
    values: dict[str, Any] = {":version": version}
    if has_versions:
        key[VERSION_ATTRIBUTE] = version
        same, name = "#state = :state", REVISION_STATE_ATTRIBUTE
        values[":state"] = {"S": _state(difference.facts).value}
    elif _is_tombstone(difference):
        same, name = "attribute_exists(#state)", DELETED_ATTRIBUTE
    else:
        same, name = "attribute_not_exists(#state)", DELETED_ATTRIBUTE
    try:
        with aws_errors(f"table {table_name}", passes=(_REFUSED,)):
            dynamodb.delete_item(
                TableName=table_name,
                Key=key,
                ConditionExpression=f"#version = :version AND {same}",
                ExpressionAttributeNames={"#version": VERSION_ATTRIBUTE, "#state": name},
                ExpressionAttributeValues=values,
            )
    except ClientError:
        return False
    return True


def _is_tombstone(difference: Difference) -> bool:
    return bool(difference.facts & Fact.TOMBSTONE)


def _state(facts: int) -> RevisionState:
    if facts & Fact.REDACTED:
        return RevisionState.REDACTED
    return RevisionState.DELETED if facts & Fact.TOMBSTONE else RevisionState.LIVE
