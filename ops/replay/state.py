"""What a replay remembers on disk: which documents and batches are done.

A document that a newer batch has written is not written again from an older one. One whose newest
version is 0, a document's first (QLDB developer guide, "Querying document metadata"), has none that
is older, so it is not remembered. What a batch has claimed is stored together with the fact that it
is done, so a replay that is killed loses what was in flight, and nothing else.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.replay.messages import MAX_VERSION, Claims, Pass, RevisionKey
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ops.replay.messages import ReadBatch, WrittenBatch

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (id BLOB PRIMARY KEY, batch INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS redactions (id BLOB, version INTEGER, PRIMARY KEY (id, version))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsettled (id BLOB PRIMARY KEY, batch INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (pass INTEGER, number INTEGER, PRIMARY KEY (pass, number))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
"""
_AT_ONCE = 500
"""Parameters of a statement: far below SQLite's limit, and few different statements."""

_CACHE_KB = 32 * 1024

_TALLY, _TABLE_IDS, _IS_COMPLETE = "tally", "tableIds", "isComplete"


class ReplayState:
    """The state of one replay.

    Parameters
    ----------
    path
        The file; None for memory.
    has_index
        Whether it is remembered which documents are written.

    Attributes
    ----------
    tally
        Counts of all batches that are done, and of those that this replay could not read whole.
    largest_bytes
        Size of the file before it was complete.

    Raises
    ------
    OpsError
        If another replay uses the file, or it cannot be written.
    """

    def __init__(self, path: Path | None, *, has_index: bool = True) -> None:
        self._path = path
        self._has_index = has_index
        self._in_flight: dict[bytes, int] = {}
        self._claimed: dict[int, list[bytes]] = {}
        self._new_redactions: set[RevisionKey] = set()
        self.largest_bytes = 0
        with self._errors():
            self._database = sqlite3.connect(":memory:" if path is None else path, timeout=1)
            # Held until the end: two replays with one state would each trust the other's claims.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            self._database.executescript(_SCHEMA)
            self._database.executescript("BEGIN EXCLUSIVE; COMMIT")
            self._has_documents = self._has_rows("documents")
            self._has_redactions = self._has_rows("redactions")
            self._unsettled = dict(self._database.execute("SELECT id, batch FROM unsettled"))
        tally = self._fact(_TALLY)
        self._done = Tally() if tally is None else Tally.from_json(json.loads(tally))
        # A batch with problems is read again, and then counts once.
        self.tally = Tally()
        self.tally.add(self._done)
        self._table_ids: dict[str, list[str]] = json.loads(self._fact(_TABLE_IDS) or "{}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @property
    def table_ids(self) -> dict[str, list[str]]:
        """Ids of the ledger tables that were found, by the entry of the settings."""
        return self._table_ids

    @property
    def unsettled_since(self) -> int | None:
        """The newest batch after which an older revision of a document has to be written."""
        return min(self._unsettled.values(), default=None)

    def done(self, pass_: Pass) -> set[int]:
        """Return the numbers of the batches that are done."""
        with self._errors():
            rows = self._database.execute("SELECT number FROM batches WHERE pass = ?", (pass_,))
            return {number for (number,) in rows}

    def learn(self, read: ReadBatch) -> None:
        """Remember what a batch redacts, and the ids of its ledger tables."""
        if read.redactions:
            self._has_redactions = True
            self._new_redactions.update(
                [each for each in read.redactions if each.version <= MAX_VERSION]
            )
        for entry, ids in read.table_ids.items():
            known = self._table_ids.setdefault(entry, [])
            known.extend(sorted(ids.difference(known)))

    def claims(self, pass_: Pass, read: ReadBatch) -> Claims:
        """Decide which documents of a batch are to be written.

        Batches ask in their order, so that a newer one comes first.
        """
        keys = read.documents()
        if pass_ is Pass.OLDER:
            number = read.number
            mask = bytes([self._unsettled.get(key, number) < number for key in keys])
        elif not self._has_index:
            mask = bytes([1]) * len(keys)
        else:
            mask = self._claim(read.number, keys, read.firsts)
        redacted = self._redacted([*keys, *read.faulty_documents])
        return Claims(mask, redacted, only_claimed=pass_ is Pass.OLDER)

    def _claim(self, number: int, keys: Sequence[bytes], firsts: bytes) -> bytes:
        stored = self._stored(keys)
        in_flight = self._in_flight
        mask = bytearray(len(keys))
        mine = self._claimed.setdefault(number, [])
        for place, (key, is_first) in enumerate(zip(keys, firsts, strict=True)):
            owner = in_flight.get(key)
            if owner is None:
                owner = stored.get(key)
            # A batch that could not be read whole before may be newer than one that is done, and
            # may now have more of a document.
            if owner is None or owner >= number:
                mask[place] = 1
                if not is_first:
                    in_flight[key] = number
                    mine.append(key)
        return bytes(mask)

    def _stored(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        if not self._has_documents:
            return {}
        return dict(self._rows("SELECT id, batch FROM documents WHERE id IN", keys))

    def _redacted(self, keys: Sequence[bytes]) -> frozenset[RevisionKey]:
        if not self._has_redactions:
            return frozenset()
        wanted = set(keys)
        rows = self._rows("SELECT id, version FROM redactions WHERE id IN", keys)
        found = {RevisionKey(*row) for row in rows}
        found.update([each for each in self._new_redactions if each.document in wanted])
        return frozenset(found)

    def _rows(self, statement: str, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
        with self._errors():
            for start in range(0, len(keys), _AT_ONCE):
                part = keys[start : start + _AT_ONCE]
                places = ",".join("?" * len(part))
                yield from self._database.execute(f"{statement} ({places})", part)

    def finish(self, pass_: Pass, written: WrittenBatch) -> None:
        """Remember that a batch is done, unless a part of it could not be read."""
        number = written.number
        claimed = self._claimed.pop(number, [])
        self._has_documents = self._has_documents or bool(claimed)
        unsettled = written.unsettled if self._has_index and pass_ is Pass.NEWEST else ()
        # Only batches that follow are looked at again.
        tried = number - written.has_older
        self._unsettled.update(dict.fromkeys(unsettled, tried))
        self.tally.add(written.tally)
        if not written.problems:
            self._done.add(written.tally)
        with self._errors(), self._database as database:
            database.executemany(
                "INSERT OR REPLACE INTO documents VALUES (?, ?)", ((key, number) for key in claimed)
            )
            database.executemany(
                "INSERT OR IGNORE INTO redactions VALUES (?, ?)", self._new_redactions
            )
            if unsettled:
                database.executemany(
                    "INSERT OR REPLACE INTO unsettled VALUES (?, ?)",
                    ((key, tried) for key in unsettled),
                )
                database.execute("DELETE FROM batches WHERE pass = ?", (Pass.OLDER,))
            if not written.problems:
                database.execute("INSERT OR IGNORE INTO batches VALUES (?, ?)", (pass_, number))
            for name, content in ((_TALLY, self._done.to_json()), (_TABLE_IDS, self._table_ids)):
                self._remember(name, json.dumps(content))
        self._new_redactions.clear()
        for key in claimed:
            if self._in_flight.get(key) == number:
                del self._in_flight[key]

    def complete(self) -> None:
        """Give back the space of the index: nothing is left to write."""
        self.largest_bytes = max(self.largest_bytes, self._bytes())
        with self._errors():
            with self._database as database:
                for table in ("documents", "redactions", "unsettled"):
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)
                self._remember(_IS_COMPLETE, "true")
            self._database.execute("VACUUM")

    @property
    def is_complete(self) -> bool:
        """Whether everything was read and written."""
        return self._fact(_IS_COMPLETE) is not None

    def _bytes(self) -> int:
        with self._errors():
            (pages,) = self._database.execute("PRAGMA page_count").fetchone()
            (size,) = self._database.execute("PRAGMA page_size").fetchone()
        return int(pages * size)

    def _has_rows(self, table: str) -> bool:
        (found,) = self._database.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()  # noqa: S608 (a name of ours)
        return bool(found)

    def _remember(self, name: str, content: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, content))

    def _fact(self, name: str) -> str | None:
        with self._errors():
            rows = self._database.execute("SELECT content FROM facts WHERE name = ?", (name,))
            row = rows.fetchone()
        return None if row is None else str(row[0])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise OpsError(
                    f"another replay of this source uses {self._path}: wait until it ends, or "
                    "give this one a folder of its own with --state"
                ) from None
            raise OpsError(f"{self._path} cannot be used: {error}") from None
        except sqlite3.DatabaseError:
            raise OpsError(
                f"{self._path} is damaged: start again with --restart, which writes nothing twice "
                "that is in the tables, but costs the write units again"
            ) from None
