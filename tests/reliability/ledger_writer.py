"""Commits random transactions to a ledger."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Select, Update
from qldb_simulator.records import StreamRecord, revision_details_record

from tests.reliability.history import QLDB_STREAM_ARN
from tests.reliability.ledger_tables import PROJECTED, UNKNOWN, WHOLE
from tests.reliability.refused_documents import REFUSED, refusals
from tests.support.sentinel import SENTINEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from qldb_simulator.blocks import Block, Revision

    from tests.reliability.history import History
    from tests.reliability.plan import Plan


class LedgerWriter:
    """Commits random transactions, and tracks the documents that are alive.

    Parameters
    ----------
    plan, random
        Sources of all choices.
    history
        Contains the ledger, and receives everything that is committed.
    """

    def __init__(self, plan: Plan, random: Random, history: History) -> None:
        self._plan = plan
        self._random = random
        self._history = history
        self._ledger = history.ledger
        self._alive: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._to_refuse = refusals(plan, random)

    def blocks(self) -> Iterator[Block]:
        """Commit the plan's transactions, one at a time."""
        tables = [CreateTable(table=name) for name in (PROJECTED, WHOLE, UNKNOWN)]
        yield self._ledger.commit(tables)
        if self._plan.wide:
            yield self._noted(
                [Insert(table=WHOLE, document=self._document()) for _ in range(self._plan.wide)]
            )
        commits = range(self._plan.commits)
        recreations = [self._random.choice(commits) for _ in range(self._plan.generations)]
        for number in commits:
            for _ in range(recreations.count(number)):
                yield from self._recreate_table()
            yield self._commit()

    def late_redactions(self) -> Iterator[Block]:
        """Redact the plan's number of revisions after the end of the stream."""
        for _ in range(self._plan.late_redactions):
            redaction = self._redaction(set())
            if redaction is not None:
                yield self._ledger.commit([redaction])

    def _commit(self) -> Block:
        operations: list[Any] = []
        touched: set[str] = set()
        for _ in range(self._random.choice((1, 1, 2, 4))):
            operation = self._operation(touched)
            if operation is not None:
                operations.append(operation)
        if not operations:
            operations = [Select(table=PROJECTED)]
        return self._noted(operations)

    def _noted(self, operations: list[Any]) -> Block:
        block = self._ledger.commit(operations)
        for revision in block.documents:
            self._note(revision)
        return block

    def _recreate_table(self) -> Iterator[Block]:
        name = self._random.choice((PROJECTED, WHOLE))
        gone = [document for document, table in self._known.items() if table == name]
        for document in gone:
            self._alive.pop(document, None)
            del self._known[document]
        yield self._ledger.commit([DropTable(table=name)])
        yield self._ledger.commit([CreateTable(table=name)])

    def revivals(self) -> list[StreamRecord]:
        """Add a newer live revision of some deleted documents, which no ledger does."""
        records = []
        for versions in list(self._history.committed.values()) if self._plan.revivals else []:
            last = versions[max(versions)]
            if last.data is not None or last.table_name == UNKNOWN or self._random.random() < 0.3:
                continue
            revision = replace(
                last,
                version=last.version + 1,
                data=self._document(refusals=False),
                hash=self._random.randbytes(32),
            )
            versions[revision.version] = revision
            records.append(revision_details_record(QLDB_STREAM_ARN, revision))
            self._history.revisions[records[-1].data] = revision
        return records

    def _note(self, revision: Revision) -> None:
        document = revision.document_id
        self._history.committed.setdefault(document, {})[revision.version] = revision
        self._known[document] = revision.table_name
        if revision.data is None:
            self._alive.pop(document, None)
        else:
            self._alive[document] = revision.table_name
        replicated = revision.table_name != UNKNOWN
        if replicated and revision.data is not None and "refused" in revision.data:
            self._history.refused[document, revision.version] = str(revision.data["refused"])
        first = revision.version == 0 and revision.data is not None
        eligible = first and replicated and (document, 0) not in self._history.refused
        if eligible and self._plan.earlier_deployment:
            choice = self._random.random()
            if choice < 0.5:
                self._history.seeded.add(document)
            elif choice < 0.6:
                self._history.unversioned.add(document)
        has_history = replicated and self._history.tables[revision.table_name].history
        if has_history and self._plan.earlier_deployment and self._random.random() < 0.05:
            self._history.stateless.add((document, revision.version))

    def _operation(self, touched: set[str]) -> Any:  # noqa: ANN401 (an operation of the journal)
        room = len(self._known) < self._plan.documents + self._plan.wide
        alive = [document for document in self._alive if document not in touched]
        choice = self._random.random()
        if room and (choice < 0.3 or not alive):
            table = self._random.choices((PROJECTED, WHOLE, UNKNOWN), (60, 30, 10))[0]
            return Insert(table=table, document=self._document())
        if not alive:
            return self._redaction(touched)
        document = alive[0] if self._plan.hot else self._random.choice(alive)
        table = self._alive[document]
        if choice < 0.7:
            touched.add(document)
            return Update(table=table, document_id=document, document=self._document())
        if choice < 0.82:
            touched.add(document)
            return Delete(table=table, document_id=document)
        return self._redaction(touched)

    def _redaction(self, touched: set[str]) -> Redact | None:
        """Redact one inactive revision; QLDB takes one redaction in a transaction."""
        if "redaction" in touched:
            return None
        candidates = [
            (table, document, revision.version)
            for document, table in self._known.items()
            if document not in touched
            for revision in self._ledger.history(table, document)[:-1]
            if not revision.is_redacted
        ]
        if not candidates:
            return None
        table, document, version = self._random.choice(candidates)
        touched.update(("redaction", document))
        return Redact(table=table, document_id=document, version=version)

    def _document(self, *, refusals: bool = True) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if refusals and self._to_refuse and self._random.random() < 0.5:
            kind = self._to_refuse.pop()
            document["refused"] = kind
            document["extra"] = REFUSED[kind]()
            return document
        for name in ("firstName", "lastName", "extra"):
            if self._random.random() < 0.6:
                document[name] = self._value(2)
        if self._random.random() < 0.7:
            address = {name: self._value(0) for name in ("city", "zip")}
            document["address"] = address if self._random.random() < 0.8 else self._value(0)
        if self._random.random() < 0.05:
            # Types vary anyhow; these have the type of an index's key and no length for it.
            document["firstName"] = self._random.choice(("", SENTINEL + "x" * 1024))
        return document

    def _value(self, depth: int) -> Any:  # noqa: ANN401 (any Ion value)
        random = self._random
        scalars: list[Callable[[], Any]] = [
            lambda: SENTINEL + str(random.randrange(1000)),
            lambda: random.randrange(-(10**20), 10**20),
            lambda: random.random() < 0.5,
            lambda: None,
            lambda: Decimal(random.randrange(-(10**9), 10**9)).scaleb(random.randint(-8, 8)),
            lambda: random.randbytes(4),
        ]
        if depth == 0 or random.random() < 0.7:
            return random.choice(scalars)()
        members = [self._value(depth - 1) for _ in range(random.randrange(4))]
        if random.random() < 0.5:
            return members
        return {f"f{n}": member for n, member in enumerate(members)}
