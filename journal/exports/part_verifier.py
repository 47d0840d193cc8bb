"""Verifies the blocks that are taken from one object, apart from all others."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from journal.errors import DamagedObject, IonError
from journal.exports.block import (
    Address,
    Block,
    BlockRevision,
    read_block,
    read_metadata,
    redactions,
    time_text,
    touched_documents,
)
from journal.exports.block_verification import DeleteRule, block_problems, delete_rules
from journal.exports.findings import Finding, FindingKind
from journal.exports.part_verification import (
    MAX_FINDINGS,
    MAX_REDACTIONS,
    MAX_UNKNOWN_FIELDS,
    Edge,
    PartVerification,
    RevisionKey,
    TableTally,
    WantedBlock,
    order_problems,
)
from journal.ion.hashing import ion_hash
from journal.merkle import dot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from journal.exports.block import Metadata, TouchedDocument
    from journal.exports.located import Located
    from journal.exports.selection import Selection
    from journal.ion.structure import Span

_DAY_LENGTH = len("2020-02-03")


class TypeSearch(Protocol):
    """Finds the types that JSON has lost."""

    def find(self, table_id: str | None, data: Span, fits: Callable[[bytes], bool]) -> Span | None:
        """Return the document with the types with which its hash fits; None if none do.

        If it fits as it is, it is returned itself.
        """


class Part(NamedTuple):
    """The blocks to be taken from an object.

    Attributes
    ----------
    key
        The object's key in the source.
    strand_id
        The strand that its blocks are of.
    first, last
        Sequence numbers of the object's first and last block, as its name tells; None if the name
        tells nothing.
    read_from, read_to
        Sequence numbers of the first and last block to be taken; None for no limit.
    """

    key: str
    strand_id: str
    first: int | None
    last: int | None
    read_from: int | None
    read_to: int | None


def verify_part(
    part: Part,
    blocks: Iterable[Located],
    *,
    selection: Selection,
    wanted: frozenset[int],
    types: TypeSearch | None,
) -> PartVerification:
    """Verify the blocks that are taken from one object.

    Parameters
    ----------
    part
        Which object, and which of its blocks.
    blocks
        All blocks of the object.
    selection
        What is to be verified.
    wanted
        Sequence numbers of blocks for which there are proofs.
    types
        Finds the types of documents in a format that has lost them; None for a format that keeps
        all types.
    """
    return _PartVerifier(part, selection, wanted, types).run(blocks)


class _PartVerifier:
    def __init__(
        self,
        part: Part,
        selection: Selection,
        wanted: frozenset[int],
        types: TypeSearch | None,
    ) -> None:
        self._part = part
        self._selection = selection
        self._wanted = wanted
        self._types = types
        self._result = PartVerification(part.key)
        self._first: int | None = None
        self._before: Edge | None = None
        self._offset = 0
        self._address: Address | None = None

    def run(self, blocks: Iterable[Located]) -> PartVerification:
        try:
            for located in blocks:
                self._offset = located.offset
                self._address = None
                try:
                    self._verify(read_block(located.span), located)
                except IonError as error:
                    self._add(FindingKind.MALFORMED_BLOCK, error.code)
        except DamagedObject as error:
            self._result.is_readable = False
            self._offset, self._address = error.offset, None
            self._add(FindingKind.UNREADABLE_OBJECT, error.code)
        else:
            self._check_name()
        return self._result

    def _add(self, kind: FindingKind, detail: str, metadata: Metadata | None = None) -> None:
        self._result.add(self._finding(kind, detail, metadata))

    def _finding(self, kind: FindingKind, detail: str, metadata: Metadata | None) -> Finding:
        return Finding(
            kind,
            detail,
            self._part.key,
            self._offset,
            None if self._address is None else self._address.sequence_no,
            None if metadata is None else metadata.document_id,
            None if metadata is None else metadata.version,
        )

    def _check_name(self) -> None:
        """Compare the object's first and last block with its name.

        An object of text or JSON that is cut at a line's end is otherwise well formed.
        """
        part, last = self._part, self._before
        if part.first is None:
            return
        if last is None or self._first is None:
            self._add(
                FindingKind.OBJECT_NAME,
                f"there is no block; the object's name tells of blocks {part.first} to {part.last}",
            )
            return
        self._address = None
        for place, found, told in (
            ("starts", self._first, part.first),
            ("ends", last.sequence_no, part.last),
        ):
            if found != told:
                self._add(
                    FindingKind.OBJECT_NAME,
                    f"the object {place} with block {found}; its name tells {told}",
                )

    def _verify(self, block: Block, located: Located) -> None:
        self._address = block.address
        sequence_no = block.address.sequence_no
        timestamp = time_text(block.timestamp)
        edge = Edge(
            sequence_no,
            timestamp,
            block.previous_block_hash,
            block.block_hash,
            located.offset,
        )
        if block.address.strand_id != self._part.strand_id:
            self._add(FindingKind.FOREIGN_BLOCK, "the block is of another strand")
            return
        self._check_order(edge)
        part = self._part
        if (part.read_from is not None and sequence_no < part.read_from) or (
            part.read_to is not None and sequence_no > part.read_to
        ):
            return
        if not self._selection.has_time(timestamp):
            return
        self._take(block, edge)

    def _check_order(self, edge: Edge) -> None:
        before, self._before = self._before, edge
        if before is None:
            self._first = edge.sequence_no
            return
        for problem in order_problems(before, edge):
            self._add(*problem)

    def _take(self, block: Block, edge: Edge) -> None:
        result = self._result
        if result.first is None:
            result.first = edge
        result.last = edge
        result.blocks += 1
        self._note_unknown(block.unknown)
        if block.redaction_info is not None:
            self._note_redactions(block.redaction_info)
        if edge.sequence_no in self._wanted:
            result.wanted[edge.sequence_no] = WantedBlock(
                block.block_hash, tuple(revision.hash for revision in block.revisions)
            )
        tables: dict[str, str] = {}
        touched: list[TouchedDocument] = []
        if block.transaction_info is None:
            result.without_transaction_info += 1
        else:
            touched += touched_documents(block.transaction_info)
            for each in touched:
                tables[each.document_id] = each.table_id
                result.names[each.table_id] = each.table_name
        documents, deleted = self._revisions(block, tables, edge.timestamp[:_DAY_LENGTH])
        for problem in block_problems(block, touched, documents, deleted):
            self._add(problem.kind, problem.detail)

    def _note_unknown(self, names: frozenset[str]) -> None:
        if names and len(self._result.unknown_fields) < MAX_UNKNOWN_FIELDS:
            self._result.unknown_fields |= names

    def _revisions(
        self, block: Block, tables: Mapping[str, str], day: str
    ) -> tuple[set[str], set[str]]:
        """Verify the revisions of a block.

        Returns
        -------
        tuple of set
            Ids of the documents that have one, and of those of which it is a delete.
        """
        documents: set[str] = set()
        deleted: set[str] = set()
        if not block.revisions:
            self._result.without_revisions += 1
        for revision in block.revisions:
            document_id = self._revision(revision, block, tables, day)
            if document_id is not None:
                documents.add(document_id)
                if revision.is_delete:
                    deleted.add(document_id)
        return documents, deleted

    def _note_redactions(self, redaction_info: Span) -> None:
        found = self._result.redactions
        # That it is what was hashed is checked elsewhere; how it looks is known from no genuine
        # sample.
        with contextlib.suppress(IonError):
            for each in redactions(redaction_info):
                if len(found) < MAX_REDACTIONS:
                    found.add(RevisionKey(each.document_id, each.version))

    def _revision(
        self, revision: BlockRevision, block: Block, tables: Mapping[str, str], day: str
    ) -> str | None:
        """Verify a revision.

        Returns
        -------
        str or None
            Id of its document; None if it is of QLDB's own catalog.
        """
        result = self._result
        self._note_unknown(revision.unknown)
        if revision.metadata is None:
            result.hash_only_revisions += 1
            if revision.data is not None or revision.data_hash is not None:
                self._add(FindingKind.MALFORMED_BLOCK, "a revision with data but without metadata")
            return None
        metadata = read_metadata(revision.metadata)
        result.revisions_by_day[day] += 1
        self._check_place(revision, metadata, block)
        table_id = tables.get(metadata.document_id)
        name = None if table_id is None else result.names[table_id]
        if self._selection.has_table(table_id, name):
            self._check_hash(revision, metadata, table_id)
        return metadata.document_id

    def _check_place(self, revision: BlockRevision, metadata: Metadata, block: Block) -> None:
        if revision.address != block.address:
            named = "no" if revision.address is None else "another"
            self._add(
                FindingKind.REVISION_PLACE, f"the revision names {named} block address", metadata
            )
        if block.transaction_id is not None and metadata.tx_id != block.transaction_id:
            self._add(
                FindingKind.REVISION_PLACE, "the revision names another transaction", metadata
            )

    def _check_hash(
        self, revision: BlockRevision, metadata: Metadata, table_id: str | None
    ) -> None:
        tally = self._result.tables.setdefault(table_id, TableTally())
        assert revision.metadata is not None  # noqa: S101 (the caller has read it)
        of_metadata = ion_hash(revision.metadata)
        if revision.is_delete:
            tally.deleted += 1
            self._check_delete(delete_rules(revision.hash, of_metadata), metadata, tally)
            return
        if revision.data is None:
            self._check_redacted(revision, of_metadata, metadata, tally)
            return
        if revision.data_hash is not None:
            self._add(FindingKind.MALFORMED_BLOCK, "a revision with both data and dataHash")

        def fits(data_hash: bytes) -> bool:
            return dot(of_metadata, data_hash) == revision.hash

        if self._types is None:
            if fits(ion_hash(revision.data)):
                tally.proven += 1
            else:
                self._add_wrong(metadata, tally, "metadata and data do not give the hash")
            return
        found = self._types.find(table_id, revision.data, fits)
        if found is None:
            tally.not_provable += 1
            if len(self._result.not_provable) < MAX_FINDINGS:
                detail = "no types that were tried give the hash"
                self._result.not_provable.append(
                    self._finding(FindingKind.NOT_PROVABLE, detail, metadata)
                )
        elif found is revision.data:
            tally.proven += 1
        else:
            tally.proven_retyped += 1

    def _check_redacted(
        self, revision: BlockRevision, of_metadata: bytes, metadata: Metadata, tally: TableTally
    ) -> None:
        tally.redacted += 1
        if len(self._result.redacted) < MAX_REDACTIONS and self._address is not None:
            key = RevisionKey(metadata.document_id, metadata.version)
            self._result.redacted[key] = self._address.sequence_no
        if dot(of_metadata, revision.data_hash or b"") == revision.hash:
            tally.proven += 1
        else:
            self._add_wrong(metadata, tally, "metadata and dataHash do not give the hash")

    def _check_delete(self, rules: DeleteRule, metadata: Metadata, tally: TableTally) -> None:
        if not rules:
            self._add_wrong(metadata, tally, "no known rule gives the hash of this delete")
            return
        tally.proven += 1
        self._result.deletes += 1
        self._result.delete_rules &= rules

    def _add_wrong(self, metadata: Metadata, tally: TableTally, detail: str) -> None:
        tally.wrong += 1
        self._add(FindingKind.REVISION_HASH, detail, metadata)
