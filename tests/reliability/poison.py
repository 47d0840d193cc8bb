"""Creates records and frames that are broken, or that QLDB does not write today."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from qldb_simulator.delivery_plan import KinesisEntry
from qldb_simulator.kpl import KPL_PARTITION_KEY
from qldb_simulator.records import StreamRecord

from tests.reliability.expected_items import ion_text
from tests.reliability.history import QLDB_STREAM_ARN, Poison
from tests.reliability.ledger_tables import REPLICATED
from tests.reliability.refused_documents import REFUSED
from tests.support.kpl import (
    DATA,
    MAGIC,
    PARTITION_KEY_INDEX,
    RECORDS,
    aggregate,
    bytes_field,
    frame,
    number_field,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.reliability.history import History
    from tests.reliability.plan import Plan

FUTURE_TYPE, EMPTY_AGGREGATE = "record of an unknown type", "aggregate of nothing"
_MD5_BYTES = 16


def poison_records(plan: Plan, random: Random, history: History) -> list[StreamRecord]:
    """Add broken records, each derived from a valid one; return them."""
    broken = []
    genuine = [data for data, each in history.revisions.items() if each.table_name in REPLICATED]
    of_history = [data for data in genuine if history.tables[_table(history, data)].history]
    sources = {
        **dict.fromkeys(_BROKEN_RECORDS, genuine),
        **dict.fromkeys(_BROKEN_FOR_HISTORY, of_history),
        **dict.fromkeys(_BROKEN_SUMMARIES, list(history.redactions) if history.has_history else []),
    }
    kinds = [kind for kind, found in sources.items() if found]
    for _ in range(random.randint(0, plan.poison) if kinds else 0):
        kind = random.choice(kinds)
        data = _BROKEN[kind](random.choice(sources[kind]), random)
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


def _table(history: History, data: bytes) -> str:
    return history.revisions[data].table_name


def foreign_records(plan: Plan, random: Random, history: History) -> list[StreamRecord]:
    """Add records that QLDB might write one day, and an empty aggregate."""
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
        empty = aggregate()
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
_BROKEN_FOR_HISTORY: dict[str, Callable[[bytes, Random], bytes]] = {
    # The current state takes such a record.
    "record: without block address": lambda data, _: _changed(
        data, lambda record: record["payload"]["revision"].pop("blockAddress")
    ),
}
_BROKEN_SUMMARIES: dict[str, Callable[[bytes, Random], bytes]] = {
    "block summary: redaction without document": lambda data, _: _changed(
        data, lambda record: record["payload"]["redactionInfo"]["revisions"][0].pop("documentId")
    ),
    "block summary: redactions are no list": lambda data, _: _changed(
        data, lambda record: record["payload"]["redactionInfo"].update(revisions=1)
    ),
}
_BROKEN = _BROKEN_RECORDS | _BROKEN_FOR_HISTORY | _BROKEN_SUMMARIES


def break_frames(plan: Plan, random: Random, history: History) -> None:
    """Add broken frames at random places; their records are also delivered intact."""
    genuine = [
        entry.data
        for entry in history.entries
        if entry.data.startswith(MAGIC) and history.user_records[entry.data]
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


def _flipped(data: bytes, random: Random) -> bytes:
    """Change one bit of a frame's messages, so that its MD5 no longer fits."""
    position = random.randrange(len(MAGIC), len(data) - _MD5_BYTES)
    changed = bytearray(data)
    changed[position] ^= 1 << random.randrange(8)
    return bytes(changed)


def _wrong_index(data: bytes, random: Random) -> bytes:
    """Add a record with a partition key index out of range, with a valid MD5."""
    wrong = number_field(PARTITION_KEY_INDEX, 127) + bytes_field(DATA, random.randbytes(8))
    return frame(data[len(MAGIC) : -_MD5_BYTES] + bytes_field(RECORDS, wrong))


_BROKEN_FRAMES: dict[str, Callable[[bytes, Random], bytes]] = {
    "frame: wrong MD5": _flipped,
    "frame: cut off": lambda data, random: data[: random.randrange(20, len(data))],
    "frame: key index out of range": _wrong_index,
    "frame: not protobuf": lambda _, random: frame(b"\xff" + random.randbytes(30)),
}


POISON_KINDS = (*REFUSED, *_BROKEN, *_BROKEN_FRAMES, FUTURE_TYPE, EMPTY_AGGREGATE)
