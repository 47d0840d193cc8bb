"""Example transactions, for the demonstration, for `feed` and for the test of a deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Select, Update

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from qldb_simulator.operations import Operation

    Complete = Callable[[dict[str, object]], dict[str, object]]

_MAX_KNOWN_REVISIONS = 1_000
"""Of one table, so many revisions of each kind are what random transactions choose from."""

_FIRST_NAMES = ("Ann", "Bob", "Cas", "Dee", "Eve", "Fay", "Gus", "Huw", "Ida", "Jon")
_LAST_NAMES = ("Evans", "Price", "Rees", "Owen", "Lloyd", "Jones", "Morgan", "Bevan")


_SHARES: dict[type, int] = {Insert: 50, Update: 30, Delete: 10, Redact: 5, Select: 5}
"""Percent of the random transactions."""


class _Document(Protocol):
    @property
    def document_id(self) -> str:
        """The document's id."""


class _Block(Protocol):
    @property
    def documents(self) -> Sequence[_Document]:
        """The documents that the transaction changed, in the order of its operations."""


class Commit(Protocol):
    """Commits one transaction to a ledger, in this process or behind a service."""

    def __call__(self, operations: Sequence[Operation], /) -> _Block:
        """Commit operations and return their block."""


def person(first: str, last: str, **more: object) -> dict[str, object]:
    """Return a document about a person."""
    return {
        "firstName": first,
        "lastName": last,
        "email": f"{first}.{last}@example.com".lower(),
        "address": {"city": "Swansea", "street": "1 Harbour Road"},
        **more,
    }


def commit_history(commit: Commit, table: str, complete: Complete = lambda each: each) -> None:
    """Commit inserts, updates, several documents in one transaction, deletes and a redaction.

    Parameters
    ----------
    commit
        Commits a transaction to a ledger that has the table.
    table
        Table of the ledger.
    complete
        Adds to a document what the table's replica projects.
    """

    def insert(*documents: dict[str, object]) -> list[str]:
        operations = [Insert(table=table, document=complete(each)) for each in documents]
        return [document.document_id for document in commit(operations).documents]

    def update(document_id: str, document: dict[str, object]) -> Update:
        return Update(table=table, document_id=document_id, document=document)

    ann, bob = insert(person("Ann", "Evans"), person("Bob", "Price"))
    cas, dee, eve = insert(
        person("Cas", "Rees", loyalty=12), person("Dee", "Owen"), person("Eve", "Lloyd")
    )
    team = insert(*(person(f"Member{number}", "Team") for number in range(15)))
    commit([update(ann, complete(person("Anne", "Evans")))])
    commit(
        [
            # Without what was projected.
            update(bob, {"firstName": "Bob"}),
            update(cas, complete(person("Cas", "Rees-Jones"))),
            Delete(table=table, document_id=dee),
        ]
    )
    commit([Select(table=table)])
    for number in range(5):
        turn = person(f"Turn{number}", "Team")
        commit([update(member, complete(turn)) for member in team[: 3 * (number + 1)]])
    commit([Delete(table=table, document_id=member) for member in team[:2]])
    commit([update(eve, complete(person("Eva", "Lloyd")))])
    commit([Redact(table=table, document_id=eve, version=0)])


def insert_probe(commit: Commit, table: str, number: int) -> str:
    """Commit a new document, whose arrival is to be waited for, and return its id.

    Parameters
    ----------
    commit
        Commits a transaction to a ledger that has the table.
    table
        Table of the ledger.
    number
        Distinguishes the document.
    """
    block = commit([Insert(table=table, document={"firstName": f"Probe{number}"})])
    return block.documents[0].document_id


class RandomTransactions:
    """An endless sequence of random transactions on some tables.

    Half of them insert documents; the others update, delete or redact, or only read.

    Parameters
    ----------
    commit
        Commits a transaction to a ledger.
    tables
        Tables of the ledger, which the first transaction creates.
    source
        Random numbers.
    """

    def __init__(self, commit: Commit, tables: Sequence[str], source: random.Random) -> None:
        self._commit = commit
        self._tables = tables
        self._random = source
        self._is_created = False
        self._live: dict[str, list[tuple[str, int]]] = {table: [] for table in tables}
        """Document ids and versions."""
        self._inactive: dict[str, list[tuple[str, int]]] = {table: [] for table in tables}
        """Document ids and versions of revisions that are not the latest."""

    def commit_next(self) -> None:
        """Commit one more transaction."""
        if not self._is_created:
            self._commit([CreateTable(table=table) for table in self._tables])
            self._is_created = True
            return
        table = self._random.choice(self._tables)
        (kind,) = self._random.choices(tuple(_SHARES), tuple(_SHARES.values()))
        live, inactive = self._live[table], self._inactive[table]
        if kind is Select:
            self._commit([Select(table=table)])
        elif kind is Redact and inactive:
            document_id, version = self._taken(inactive)
            self._commit([Redact(table=table, document_id=document_id, version=version)])
        elif kind is Delete and live:
            document_id, version = self._taken(live)
            self._commit([Delete(table=table, document_id=document_id)])
            self._add(inactive, document_id, version)
        elif kind is Update and live:
            document_id, version = self._taken(live)
            self._commit([Update(table=table, document_id=document_id, document=self._person())])
            self._add(inactive, document_id, version)
            self._add(live, document_id, version + 1)
        else:
            number = self._random.choice((1, 1, 1, 5))
            inserts = [Insert(table=table, document=self._person()) for _ in range(number)]
            for document in self._commit(inserts).documents:
                self._add(live, document.document_id, 0)

    def _taken(self, revisions: list[tuple[str, int]]) -> tuple[str, int]:
        return revisions.pop(self._random.randrange(len(revisions)))

    def _add(self, revisions: list[tuple[str, int]], document_id: str, version: int) -> None:
        revisions.append((document_id, version))
        if len(revisions) > _MAX_KNOWN_REVISIONS:
            self._taken(revisions)

    def _person(self) -> dict[str, object]:
        return person(
            self._random.choice(_FIRST_NAMES),
            self._random.choice(_LAST_NAMES),
            loyalty=self._random.randrange(1_000),
        )
