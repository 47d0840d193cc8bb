"""A random ledger, what its stream delivers, what is broken in it, and what each item must be.

What an item must be is worked out here from plain Python values, without the handler's code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from amazon.ion.simple_types import IonPyBool, IonPyNull, IonPySymbol
from qldb_simulator.delivery_plan import DeliveryOptions, KinesisEntry, delivery_plan
from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger
from qldb_simulator.kpl import KPL_MAGIC, KPL_PARTITION_KEY, aggregate
from qldb_simulator.operations import CreateTable, Delete, DropTable, Insert, Redact, Select, Update
from qldb_simulator.records import (
    StreamRecord,
    block_records,
    control_record,
    revision_details_record,
)

from tests.reliability.silence import SENTINEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from qldb_simulator.blocks import Block, Revision

    from tests.reliability.attribute_values import Item, Value
    from tests.reliability.plan import Plan

QLDB_STREAM_ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefghijkl"
START = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)

PROJECTED, WHOLE, UNKNOWN = "Person", "Vehicle", "Secret"
ATTRIBUTES = {
    "firstName": ("firstName",),
    "city": ("address", "city"),
    "extra": ("extra",),
}
RETIRED = "nickname"
FUTURE_TYPE, EMPTY_AGGREGATE = "record of an unknown type", "aggregate of nothing"
LIFETIME_DAYS = 400


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A Kinesis record or user record that must end in the failure bucket."""

    kind: str
    payload: bytes


@dataclass(kw_only=True)
class History:
    """The ledger and everything that its stream delivers.

    Attributes
    ----------
    entries
        What is put into the Kinesis stream, in order.
    user_records
        By the data of an entry: the user records in it.
    revisions
        By the data of a user record: the revision that it tells of, as it is told there.
    committed
        By document and version: every revision with its data, as it was committed.
    foreign
        Kinds of records that are of no interest, and in no failure bucket.
    ignored
        User records of a table that is not replicated, or of a type that nobody knows.
    refused
        Documents and versions that DynamoDB cannot store, with the kind of each.
    seeded
        Documents whose version 0 is in the table before the stream starts.
    lifetime_days
        Of tombstones; None for ever.
    """

    ledger: Ledger
    lifetime_days: int | None
    entries: list[KinesisEntry] = field(default_factory=list)
    user_records: dict[bytes, list[bytes]] = field(default_factory=dict)
    revisions: dict[bytes, Revision] = field(default_factory=dict)
    committed: dict[str, dict[int, Revision]] = field(default_factory=dict)
    poison: list[Poison] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    ignored: set[bytes] = field(default_factory=set)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    seeded: set[str] = field(default_factory=set)

    def told_whole(self) -> dict[str, set[int]]:
        """Give the versions of each document of which some delivery was not redacted."""
        told: dict[str, set[int]] = {}
        for revision in self.revisions.values():
            versions = told.setdefault(revision.document_id, set())
            if not revision.is_redacted:
                versions.add(revision.version)
        return told

    def item(self, revision: Revision) -> Item:
        """Give the item that this revision alone leads to."""
        item: Item = {
            "pk": {"S": revision.document_id},
            "version": {"N": str(revision.version)},
            "txTime": {"S": ion_text(revision.tx_time)},
            "txId": {"S": revision.tx_id},
            "hash": {"B": revision.hash},
        }
        if revision.data is None:
            return item | {"isDeleted": {"BOOL": True}}
        if revision.table_name == WHOLE:
            return item | {"data": value_of(revision.data)}
        for name, path in ATTRIBUTES.items():
            found, value = _at(revision.data, path)
            if found:
                item[name] = value_of(value)
        return item

    def seeds(self) -> dict[str, Item]:
        """Give the items that an earlier deployment left, by document."""
        return {
            document: self.item(self.committed[document][0]) | {RETIRED: {"S": SENTINEL + "old"}}
            for document in sorted(self.seeded)
        }


def make_history(plan: Plan, random: Random) -> History:
    """Let a ledger have a history, and lay out its delivery."""
    seconds = iter(range(1_000_000))
    ledger = Ledger(
        clock=lambda: START + timedelta(seconds=next(seconds) / 10), new_id=new_ids(random)
    )
    history = History(
        ledger=ledger, lifetime_days=LIFETIME_DAYS if plan.tombstone_lifetime else None
    )
    writer = _Writer(plan, random, history)
    live = [control_record(QLDB_STREAM_ARN, "CREATED")]
    for block in writer.blocks():
        if plan.live:
            live += _rendered(history, block)
    late = [control_record(QLDB_STREAM_ARN, "CREATED")]
    if plan.replay or not plan.live:
        for block in ledger.blocks:
            late += _rendered(history, block)
    first = live if plan.live else late
    first += writer.revivals() + _poison_records(plan, random, history)
    first += _foreign_records(plan, random, history)
    _deliver(history, plan, random, first)
    if plan.live and plan.replay:
        _deliver(history, plan, random, late)
    _break_frames(plan, random, history)
    return history


def _rendered(history: History, block: Block) -> list[StreamRecord]:
    """Write a block's records as QLDB would at this moment."""
    records = block_records(QLDB_STREAM_ARN, block)
    details = [record for record in records if record.record_type == "REVISION_DETAILS"]
    for record, revision in zip(details, block.documents, strict=True):
        history.revisions[record.data] = revision
        if revision.table_name == UNKNOWN:
            history.ignored.add(record.data)
    return records


def _deliver(history: History, plan: Plan, random: Random, records: list[StreamRecord]) -> None:
    options = DeliveryOptions(
        aggregation=plan.aggregation,
        records_per_aggregate=plan.records_per_aggregate if plan.aggregation else None,
        copies=plan.copies,
        shuffle=plan.shuffle,
        seed=random.getrandbits(32),
    )
    entries = delivery_plan(records, options)
    remaining = iter(_as_delivered(records, options))
    for entry in entries:
        history.user_records[entry.data] = [next(remaining).data for _ in range(entry.records)]
    history.entries += entries


def _as_delivered(records: list[StreamRecord], options: DeliveryOptions) -> list[StreamRecord]:
    """Give the records in the order in which the plan's entries hold them."""
    single = DeliveryOptions(
        aggregation=False, copies=options.copies, shuffle=options.shuffle, seed=options.seed
    )
    by_data = {record.data: record for record in records}
    return [by_data[entry.data] for entry in delivery_plan(records, single)]


class _Writer:
    """Makes transactions; keeps in mind what is alive."""

    def __init__(self, plan: Plan, random: Random, history: History) -> None:
        self._plan = plan
        self._random = random
        self._history = history
        self._ledger = history.ledger
        self._alive: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._to_refuse = _refusals(plan, random)

    def blocks(self) -> Iterator[Block]:
        tables = [CreateTable(table=name) for name in (PROJECTED, WHOLE, UNKNOWN)]
        yield self._ledger.commit(tables)
        if self._plan.wide:
            yield self._noted(
                [Insert(table=WHOLE, document=self._document()) for _ in range(self._plan.wide)]
            )
        for _ in range(self._plan.commits):
            yield self._commit()

    def _commit(self) -> Block:
        if self._random.random() < 0.03:
            return self._recreate_table()
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

    def _recreate_table(self) -> Block:
        name = self._random.choice((PROJECTED, WHOLE))
        gone = [document for document, table in self._known.items() if table == name]
        for document in gone:
            self._alive.pop(document, None)
            del self._known[document]
        self._ledger.commit([DropTable(table=name)])
        return self._ledger.commit([CreateTable(table=name)])

    def revivals(self) -> list[StreamRecord]:
        """Make a newer live revision of some deleted documents, which no ledger does."""
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
        if eligible and self._plan.earlier_deployment and self._random.random() < 0.5:
            self._history.seeded.add(document)

    def _operation(self, touched: set[str]) -> Any:  # noqa: ANN401 - an operation of the journal
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
            document["extra"] = _REFUSED[kind]()
            return document
        for name in ("firstName", "lastName", "extra"):
            if self._random.random() < 0.6:
                document[name] = self._value(2)
        if self._random.random() < 0.7:
            address = {name: self._value(0) for name in ("city", "zip")}
            document["address"] = address if self._random.random() < 0.8 else self._value(0)
        return document

    def _value(self, depth: int) -> Any:  # noqa: ANN401 - any Ion value
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


def _at(document: Any, path: tuple[str, ...]) -> tuple[bool, Any]:  # noqa: ANN401 - Ion
    for name in path:
        if not isinstance(document, Mapping) or name not in document:
            return False, None
        document = document[name]
    return True, document


def value_of(value: Any) -> Value:  # noqa: ANN401 - any Ion value
    """Give the DynamoDB form of the few kinds of value that histories use."""
    if isinstance(value, Mapping):
        return {"M": {str(name): value_of(member) for name, member in value.items()}}
    if isinstance(value, list):
        return {"L": [value_of(member) for member in value]}
    if value is None or isinstance(value, IonPyNull):
        return {"NULL": True}
    kind, text = _scalar(value)
    return {kind: text}


def _scalar(value: Any) -> tuple[str, object]:  # noqa: ANN401 - any Ion value
    match value:
        case bool() | IonPyBool():
            return "BOOL", bool(value)
        case int():
            return "N", str(int(value))
        case Decimal():
            return "N", _plain(Decimal(value))
        case str():
            return "S", str(value)
        case bytes():
            return "B", bytes(value)
    raise TypeError(f"histories use no {type(value).__name__}")


def _plain(number: Decimal) -> str:
    return "0" if number.is_zero() else f"{number.normalize():f}"


def ion_text(value: Any) -> str:  # noqa: ANN401 - any Ion value
    """Write a value as Ion text, without the version marker."""
    text = str(simpleion.dumps(value, binary=False))
    return text.removeprefix("$ion_1_0").strip()


# What DynamoDB refuses.


@cache
def _too_deep() -> Any:  # noqa: ANN401 - nested lists
    value: Any = SENTINEL
    for _ in range(40):
        value = [value]
    return value


@cache
def _too_large() -> Any:  # noqa: ANN401 - a list of symbols
    # In Ion the text stands in the symbol table, once.
    symbol = IonPySymbol(SENTINEL + "x" * 1000, None, None)
    return [symbol] * 420


@cache
def _empty_name() -> Any:  # noqa: ANN401 - a struct
    return {"": SENTINEL}


_REFUSED: dict[str, Callable[[], Any]] = {
    "document nested too deep": _too_deep,
    "document with an empty field name": _empty_name,
    "document over 400 KB": _too_large,
}


def _refusals(plan: Plan, random: Random) -> list[str]:
    return random.choices(list(_REFUSED), k=random.randint(0, plan.poison))


# What is broken.


def _poison_records(plan: Plan, random: Random, history: History) -> list[StreamRecord]:
    broken = []
    genuine = [
        data for data, each in history.revisions.items() if each.table_name in (PROJECTED, WHOLE)
    ]
    for _ in range(random.randint(0, plan.poison) if genuine else 0):
        kind = random.choice(list(_BROKEN_RECORDS))
        data = _BROKEN_RECORDS[kind](random.choice(genuine), random)
        if data in history.user_records or data in {each.payload for each in history.poison}:
            continue
        history.poison.append(Poison(kind=kind, payload=data))
        broken.append(
            StreamRecord(
                record_type="REVISION_DETAILS",
                sequence_no=None,
                partition_key=hashlib.sha256(data).hexdigest(),
                data=data,
            )
        )
    return broken


def _foreign_records(plan: Plan, random: Random, history: History) -> list[StreamRecord]:
    """Add what QLDB might write one day; an aggregate of nothing is added to the entries."""
    records = []
    for _ in range(random.randint(0, plan.poison)):
        record = {"qldbStreamArn": QLDB_STREAM_ARN, "recordType": "TABLE_DETAILS", "payload": {}}
        data = bytes(simpleion.dumps(record | {"n": random.getrandbits(32)}))
        history.foreign.append(FUTURE_TYPE)
        history.ignored.add(data)
        records.append(
            StreamRecord(
                record_type="CONTROL",
                sequence_no=None,
                partition_key=hashlib.sha256(data).hexdigest(),
                data=data,
            )
        )
    if records:
        empty = aggregate([])
        history.foreign.append(EMPTY_AGGREGATE)
        history.user_records[empty] = []
        history.entries.append(
            KinesisEntry(
                partition_key=KPL_PARTITION_KEY, explicit_hash_key=None, data=empty, records=0
            )
        )
    return records


def _changed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    record = simpleion.loads(data)
    change(record)
    return bytes(simpleion.dumps(record))


_BROKEN_RECORDS: dict[str, Callable[[bytes, Random], bytes]] = {
    "record: Ion cut off": lambda data, random: data[: len(data) - random.randint(1, 40)],
    "record: Ion text cut off": lambda data, random: ion_text(simpleion.loads(data)).encode()[
        : -random.randint(1, 40)
    ],
    "record: not a struct": lambda _, random: bytes(
        simpleion.dumps(["REVISION_DETAILS", random.random()])
    ),
    "record: without metadata": lambda data, _: _changed(
        data, lambda record: record["payload"]["revision"].pop("metadata")
    ),
    "record: version is a text": lambda data, _: _changed(
        data, lambda record: record["payload"]["revision"]["metadata"].update(version="3")
    ),
}


def _break_frames(plan: Plan, random: Random, history: History) -> None:
    """Add broken frames at any place; what they hold is also delivered whole."""
    genuine = [
        entry.data
        for entry in history.entries
        if entry.data.startswith(KPL_MAGIC) and history.user_records[entry.data]
    ]
    for _ in range(random.randint(0, plan.poison) if genuine else 0):
        kind = random.choice(list(_BROKEN_FRAMES))
        data = _BROKEN_FRAMES[kind](random.choice(genuine), random)
        if data in history.user_records:
            continue
        history.poison.append(Poison(kind=kind, payload=data))
        history.user_records[data] = []
        entry = KinesisEntry(
            partition_key=KPL_PARTITION_KEY, explicit_hash_key=None, data=data, records=1
        )
        history.entries.insert(random.randint(0, len(history.entries)), entry)


def _with_md5(message: bytes) -> bytes:
    return KPL_MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _flipped(data: bytes, random: Random) -> bytes:
    """Change one bit of a frame's messages, so that its MD5 no longer fits."""
    position = random.randrange(len(KPL_MAGIC), len(data) - 16)
    changed = bytearray(data)
    changed[position] ^= 1 << random.randrange(8)
    return bytes(changed)


def _wrong_index(data: bytes, random: Random) -> bytes:
    """Let a last record name a partition key that the frame does not have; the MD5 fits."""
    body = random.randbytes(8)
    record = b"\x08\x7f\x1a" + bytes((len(body),)) + body
    return _with_md5(data[4:-16] + b"\x1a" + bytes((len(record),)) + record)


_BROKEN_FRAMES: dict[str, Callable[[bytes, Random], bytes]] = {
    "frame: wrong MD5": _flipped,
    "frame: cut off": lambda data, random: data[: random.randrange(20, len(data))],
    "frame: key index out of range": _wrong_index,
    "frame: not protobuf": lambda _, random: _with_md5(b"\xff" + random.randbytes(30)),
}


POISON_KINDS = (*_REFUSED, *_BROKEN_RECORDS, *_BROKEN_FRAMES, FUTURE_TYPE, EMPTY_AGGREGATE)
