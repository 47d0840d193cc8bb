"""What each record means for its item of the history table, in any order.

tests/integration proves on DynamoDB Local that DynamoDB accepts the requests.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.contract import RevisionState
from handler.history import (
    HistoryWrite,
    is_own,
    merged,
    next_item,
    redaction_write,
    revision_write,
)
from handler.settings import IndexKey, ReplicaTable
from handler.values import UnstorableValue
from journal.errors import MalformedRecord
from journal.revisions import Redaction, Revision, read_record
from tests.support.qldb_records import HASH, TABLE_ID, TX_ID, TX_TIME, revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TABLE = ReplicaTable(
    ledger_table="Person",
    table_name="person-1",
    attributes={"firstName": ("firstName",), "city": ("address", "city")},
    index_keys={"city": IndexKey("N", 1024)},
    history=True,
)
METADATA: dict[str, Any] = {
    "ledgerTable": {"S": "Person"},
    "tableId": {"S": TABLE_ID},
    "blockStrandId": {"S": "HgXAkLjAtV0HQ4lNYdzX60"},
    "blockSequenceNo": {"N": "14"},
    "txTime": {"S": TX_TIME},
    "txId": {"S": TX_ID},
    "hash": {"B": base64.b64decode(HASH)},
}
KEY: dict[str, Any] = {"pk": {"S": "doc"}, "version": {"N": "3"}}
DATA_HASH: dict[str, Any] = {"dataHash": {"B": base64.b64decode(HASH)}}
DATA = '{firstName: "Ann", address: {city: "Ulm"}}'


def read(data: str | None = DATA, data_hash: str | None = None, **options: Any) -> Revision:  # noqa: ANN401 (those of `revision`)
    record = revision(
        document_id=options.pop("document_id", "doc"),
        version=3,
        data=data,
        data_hash=data_hash,
        **options,
    )
    found = read_record(record, {"Person"})
    assert isinstance(found, Revision)
    return found


def write_of(data: str | None = DATA, data_hash: str | None = None) -> HistoryWrite:
    return revision_write(read(data, data_hash), TABLE, "history")


LIVE = write_of()
DELETED = write_of(None)
REDACTED = write_of(None, f"{{{{{HASH}}}}}")
ANNOUNCED = redaction_write(Redaction(TABLE_ID, "doc", 3), "history")
ANONYMOUS = redaction_write(Redaction(None, "doc", 3), "history")


def state(name: str) -> dict[str, Any]:
    return {"revisionState": {"S": name}}


def test_a_live_revision_has_its_metadata_and_its_projected_attributes() -> None:
    assert LIVE.item == {
        **KEY,
        **METADATA,
        **state("live"),
        "firstName": {"S": "Ann"},
        # What no index can have as a key is in its place: the history table has no indexes.
        "city": {"S": "Ulm"},
    }


def test_a_whole_document_is_kept_where_nothing_is_listed() -> None:
    whole = ReplicaTable(ledger_table="Person", table_name="person-1", history=True)
    write = revision_write(read("{a: 1}"), whole, "history")
    assert write.item == {**KEY, **METADATA, **state("live"), "data": {"M": {"a": {"N": "1"}}}}


def test_a_deleted_revision_has_its_metadata_alone() -> None:
    assert DELETED.item == {**KEY, **METADATA, **state("deleted")}


def test_a_redacted_revision_has_its_metadata_and_the_hash_of_its_data() -> None:
    assert REDACTED.item == {**KEY, **METADATA, **state("redacted"), **DATA_HASH}


def test_an_announced_redaction_has_the_key_and_the_id_of_the_ledger_table() -> None:
    assert ANNOUNCED.item == {**KEY, **state("redacted"), "tableId": {"S": TABLE_ID}}
    assert ANONYMOUS.item == {**KEY, **state("redacted")}


def test_attributes_that_are_known_are_not_converted_again() -> None:
    write = revision_write(read(), TABLE, "history", {"firstName": {"S": "known"}})
    assert write.content == {"firstName": {"S": "known"}}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"blockAddress", b"blockAddresx", "blockAddress is missing"),
        (b"strandId", b"strandIx", "blockAddress: strandId is not a text"),
        (b"sequenceNo", b"sequenceNx", "blockAddress: sequenceNo is not a number from 0"),
    ],
)
def test_a_revision_without_its_address_is_malformed(old: bytes, new: bytes, code: str) -> None:
    record = revision().replace(old, new)
    found = read_record(record, {"Person"})
    assert isinstance(found, Revision)
    with pytest.raises(MalformedRecord, match=code):
        revision_write(found, TABLE, "history")


def test_a_document_id_that_is_too_long_for_a_key_is_refused() -> None:
    long = "d" * 2049
    with pytest.raises(UnstorableValue, match="2048"):
        revision_write(read(document_id=long), TABLE, "history")
    with pytest.raises(UnstorableValue, match="2048"):
        redaction_write(Redaction(None, long, 0), "history")


def test_a_revision_that_is_larger_than_an_item_is_refused() -> None:
    with pytest.raises(UnstorableValue, match="409600"):
        revision_write(read(f'{{firstName: "{"x" * 409_600}"}}'), TABLE, "history")


WRITES = {
    "live": LIVE,
    "deleted": DELETED,
    "redacted": REDACTED,
    "announced": ANNOUNCED,
    "anonymous": ANONYMOUS,
    "live and announced": LIVE._replace(state=RevisionState.REDACTED, content={}),
}
ITEMS: dict[str, Any] = {
    "live": LIVE.item,
    "deleted": DELETED.item,
    "redacted": REDACTED.item,
    "stub": ANNOUNCED.item,
    "anonymous stub": ANONYMOUS.item,
    "completed": {**KEY, **METADATA, **state("redacted")},
}


@pytest.mark.parametrize(
    ("stored", "arriving", "after"),
    [
        ("live", "live", None),
        ("live", "deleted", None),
        ("live", "redacted", "redacted"),
        ("live", "announced", "completed"),
        ("live", "live and announced", "completed"),
        ("deleted", "deleted", None),
        ("deleted", "announced", "completed"),
        ("deleted", "redacted", "redacted"),
        ("redacted", "live", None),
        ("redacted", "redacted", None),
        ("redacted", "announced", None),
        ("redacted", "live and announced", None),
        ("stub", "live", "completed"),
        ("stub", "deleted", "completed"),
        ("stub", "redacted", "redacted"),
        ("stub", "announced", None),
        ("stub", "anonymous", None),
        ("anonymous stub", "anonymous", None),
        ("anonymous stub", "announced", "stub"),
        ("anonymous stub", "live", "completed"),
        ("stub", "live and announced", "completed"),
        ("completed", "live", None),
        ("completed", "redacted", "redacted"),
        ("completed", "announced", None),
        ("completed", "live and announced", None),
    ],
)
def test_a_redaction_always_wins_and_nothing_else_replaces_a_complete_item(
    stored: str, arriving: str, after: str | None
) -> None:
    expected = None if after is None else ITEMS[after]
    assert next_item(ITEMS[stored], WRITES[arriving]) == expected


def test_an_announced_redaction_removes_what_any_configuration_wrote() -> None:
    # given an item with attributes that today's configuration does not know
    former = {**LIVE.item, "older": {"S": "secret"}, "data": {"M": {"a": {"S": "secret"}}}}
    # when / then
    assert next_item(former, ANNOUNCED) == ITEMS["completed"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("live", "live"), "live"),
        (("live", "announced"), "live and announced"),
        (("announced", "live"), "live and announced"),
        (("announced", "announced"), "announced"),
        (("announced", "anonymous"), "announced"),
        (("anonymous", "announced"), "announced"),
        (("anonymous", "live"), "live and announced"),
        (("live", "redacted"), "redacted"),
        (("announced", "redacted", "live"), "redacted"),
    ],
)
def test_several_records_of_a_version_become_one_write(names: Sequence[str], expected: str) -> None:
    assert merged([WRITES[name] for name in names]) == WRITES[expected]


def stored_after(batches: Sequence[Sequence[HistoryWrite]]) -> Mapping[str, Any]:
    """Return the item after batches, each of which is merged into one write."""
    item: Mapping[str, Any] | None = None
    for batch in batches:
        write = merged(batch)
        item = write.item if item is None else next_item(item, write) or item
    assert item is not None
    return item


@given(
    st.lists(
        st.sampled_from([LIVE, REDACTED, ANNOUNCED, ANONYMOUS]), min_size=1, max_size=6
    ).flatmap(
        lambda writes: st.tuples(
            st.just(writes),
            st.permutations(writes),
            st.lists(st.booleans(), min_size=6, max_size=6),
        )
    )
)
def test_order_repetition_and_batches_never_matter(
    case: tuple[list[HistoryWrite], list[HistoryWrite], list[bool]],
) -> None:
    writes, order, cuts = case
    batches: list[list[HistoryWrite]] = [[]]
    for write, is_cut in zip(order, cuts, strict=False):
        batches[-1].append(write)
        if is_cut:
            batches.append([])

    item = stored_after([batch for batch in batches if batch])

    assert item == stored_after([[write] for write in writes])
    is_redacted = any(write.is_redaction for write in writes)
    assert ("firstName" in item) == (not is_redacted)
    assert ("hash" in item) == (LIVE in writes or REDACTED in writes)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (LIVE.item, True),
        (ANNOUNCED.item, True),
        (KEY, False),
        ({**KEY, "revisionState": {"S": "unknown"}}, False),
        ({**KEY, "revisionState": {"N": "1"}}, False),
        ({**KEY, "revisionState": "live"}, False),
        ({**KEY, "revisionState": [1]}, False),
    ],
)
def test_only_items_with_a_known_state_are_its_own(item: dict[str, Any], *, expected: bool) -> None:
    assert is_own(item) is expected
