"""Records of a QLDB stream are read as revisions, ignored for a reason, or refused.

Records are synthesised, except the genuine event; no genuine delete, redacted or CONTROL record is
publicly known.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.aggregation import user_records
from handler.values import attribute_value
from journal.errors import MalformedRecord
from journal.ion.timestamps import timestamp_text
from journal.revisions import (
    Ignored,
    IgnoredReason,
    Redaction,
    Redactions,
    Revision,
    RevisionKind,
    block_address,
    read_record,
)
from tests.support.ion import binary
from tests.support.qldb_records import (
    HASH,
    TABLE_ID,
    TX_TIME,
    block_summary,
    control,
    record,
    redactions,
    revision,
)
from tests.support.raw_ion import VERSION_MARKER, importing

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {"Person"}


def test_a_revision_is_read_with_all_its_fields() -> None:
    found = read_record(revision(version=3), TABLES)

    assert isinstance(found, Revision)
    assert found.data is not None
    assert attribute_value(found.data) == {"M": {"firstName": {"S": "Ann"}}}
    assert timestamp_text(*found.tx_time) == TX_TIME
    nothing = (b"", 0, 0)
    assert found._replace(data=None, tx_time=nothing) == Revision(
        table_name="Person",
        table_id="ABCDEFGHIJKLMNOPQRSTUV",
        document_id="6WXz9wdajiY7K5u6YwGUN4",
        version=3,
        kind=RevisionKind.UPSERT,
        data=None,
        tx_time=nothing,
        tx_id="5pxmz8FD9Aj8Cbl5kuvXxP",
        hash=base64.b64decode(HASH),
        block_address=found.block_address,
        data_hash=None,
    )
    assert block_address(found) == ("HgXAkLjAtV0HQ4lNYdzX60", 14)


def test_the_genuine_revision_is_read(shared_data: Path) -> None:
    event = json.loads((shared_data / "genuine-kpl-event.json").read_text())
    records = user_records(base64.b64decode(event["Records"][0]["kinesis"]["data"]))

    block, found = (read_record(each.data, {"attestations"}) for each in records)

    assert block == Ignored(IgnoredReason.BLOCK_SUMMARY)
    assert isinstance(found, Revision)
    assert (found.document_id, found.version) == ("6WXz9wdajiY7K5u6YwGUN4", 0)
    assert timestamp_text(*found.tx_time) == "2021-02-09T02:16:06.240Z"


@pytest.mark.parametrize(
    ("data", "data_hash", "kind"),
    [
        ("{a: 1}", None, RevisionKind.UPSERT),
        ("{}", None, RevisionKind.UPSERT),
        ("{a: 1}", f"{{{{{HASH}}}}}", RevisionKind.UPSERT),
        ("note::{a: 1}", None, RevisionKind.UPSERT),
        (None, f"{{{{{HASH}}}}}", RevisionKind.REDACTED),
        ("null", f"{{{{{HASH}}}}}", RevisionKind.REDACTED),
        ("null.struct", f"{{{{{HASH}}}}}", RevisionKind.REDACTED),
        (None, None, RevisionKind.DELETE),
        ("null", None, RevisionKind.DELETE),
        ("null.struct", "null.blob", RevisionKind.DELETE),
    ],
)
def test_data_and_data_hash_decide_the_kind_of_a_revision(
    data: str | None, data_hash: str | None, kind: RevisionKind
) -> None:
    found = read_record(revision(data=data, data_hash=data_hash), TABLES)

    assert isinstance(found, Revision)
    assert found.kind is kind
    assert (found.data is not None) == (kind is RevisionKind.UPSERT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (control(), IgnoredReason.CONTROL),
        (block_summary(), IgnoredReason.BLOCK_SUMMARY),
        (block_summary("SELECT 'REVISION_DETAILS'"), IgnoredReason.BLOCK_SUMMARY),
        (record("SNAPSHOT", "{}"), IgnoredReason.UNKNOWN_RECORD_TYPE),
        (record("SNAPSHOT", "{a: REVISION_DETAILS}"), IgnoredReason.UNKNOWN_RECORD_TYPE),
    ],
)
def test_other_records_are_ignored_by_type(data: bytes, reason: IgnoredReason) -> None:
    assert read_record(data, TABLES) == Ignored(reason)


def test_a_document_with_the_text_of_another_type_is_a_revision() -> None:
    found = read_record(revision(data='{a: "BLOCK_SUMMARY"}'), TABLES)
    assert isinstance(found, Revision)
    assert found.kind is RevisionKind.UPSERT


def test_a_revision_of_another_table_is_ignored_and_its_table_named() -> None:
    assert read_record(revision(table="Car"), TABLES) == Ignored(
        IgnoredReason.UNCONFIGURED_TABLE, "Car"
    )


def metadata(**fields: str | None) -> str:
    right = {"id": '"doc"', "version": "0", "txTime": TX_TIME, "txId": '"tx"'}
    return f"{{{', '.join(f'{k}: {v}' for k, v in (right | fields).items() if v is not None)}}}"


SHARED_TYPE = VERSION_MARKER + importing("recordType") + bytes.fromhex("d38b710a")
"""A record whose type is a symbol of a shared table, whose text nobody knows."""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not binary Ion"),
        (b"garbage", "not binary Ion"),
        (b'{recordType: "REVISION_DETAILS"}', "not binary Ion"),
        (b"\xe0\x01\x00\xea", "no value"),
        (revision() + binary("1")[4:], "more than one value"),
        (revision()[:-1], "a value that ends after its container"),
        (binary("12"), "not a struct"),
        (binary("{}"), "recordType is not a text"),
        (binary("{recordType: 1}"), "recordType is not a text"),
        (binary("{recordType: $0}"), "recordType is not a text"),
        (SHARED_TYPE, "recordType is not a text"),
        (record("REVISION_DETAILS", "null"), "payload is not a struct"),
        (record("REVISION_DETAILS", "{}"), "tableInfo is not a struct"),
        (record("REVISION_DETAILS", "{tableInfo: {tableName: 1}}"), "tableName is not a text"),
        (
            record("REVISION_DETAILS", '{tableInfo: {tableName: "Person", tableId: null.string}}'),
            "revision is not a struct",
        ),
        (revision(data="[]"), "data is not a struct"),
        (revision(data=None, data_hash='"text"'), "dataHash is not a blob"),
        (revision(metadata="null"), "metadata is not a struct"),
        (revision(metadata=metadata(id=None)), "id is not a text"),
        (revision(metadata=metadata(id='""')), "id is empty"),
        (revision(metadata=metadata(id="null.string")), "id is not a text"),
        (revision(metadata=metadata(id="$0")), "id is not a text"),
        (revision(metadata=metadata(version=None)), "version is not a number from 0"),
        (revision(metadata=metadata(version="-1")), "version is not a number from 0"),
        (revision(metadata=metadata(version="1.0")), "version is not a number from 0"),
        (revision(metadata=metadata(version="true")), "version is not a number from 0"),
        (revision(metadata=metadata(txTime='"now"')), "txTime is not a timestamp"),
        (revision(metadata=metadata(txId=None)), "txId is not a text"),
    ],
)
def test_a_malformed_record_is_refused_with_its_code(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedRecord, match=f"^{reason}"):
        read_record(data, TABLES)


def test_a_hash_of_a_wrong_type_is_refused() -> None:
    broken = binary(
        '{recordType: "REVISION_DETAILS", payload: {tableInfo: {tableName: "Person", tableId: "t"},'
        f' revision: {{hash: "x", data: {{}}, metadata: {metadata()}}}}}}}'
    )
    with pytest.raises(MalformedRecord, match="hash is not a blob"):
        read_record(broken, TABLES)


@given(st.data())
def test_any_change_to_a_record_is_read_ignored_or_refused(data: st.DataObject) -> None:
    mutable = bytearray(revision(data="{a: [1, (b 2.5 {{aGk=}})], c: x::2021-02-03T04:05:06.7Z}"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutable) - 1))
        mutable[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        read_record(bytes(mutable), TABLES)
    except MalformedRecord:
        return


@given(st.binary(max_size=300))
def test_any_bytes_after_a_version_marker_are_read_ignored_or_refused(content: bytes) -> None:
    try:
        read_record(b"\xe0\x01\x00\xea" + content, TABLES)
    except MalformedRecord:
        return


def announced(info: str) -> object:
    return read_record(redactions(info=info), TABLES, with_redactions=True)


def test_the_redactions_that_a_block_announces_are_read() -> None:
    found = read_record(redactions(("a", 0), ("b", 12)), TABLES, with_redactions=True)
    assert found == Redactions((Redaction(TABLE_ID, "a", 0), Redaction(TABLE_ID, "b", 12)))


@pytest.mark.parametrize(
    "info",
    [
        "{revisions: [{documentId: a, version: 1}]}",
        "{revisions: [{documentId: a, version: 1, tableId: null, blockAddress: null}]}",
        "{revisions: [kind::{documentId: 'a', version: 1, later: 7}], later: []}",
    ],
)
def test_only_what_a_redaction_needs_is_demanded(info: str) -> None:
    assert announced(info) == Redactions((Redaction(None, "a", 1),))


@pytest.mark.parametrize("info", ["null", "null.struct", "{revisions: []}"])
def test_a_block_that_redacts_nothing_is_ignored(info: str) -> None:
    assert announced(info) == Ignored(IgnoredReason.BLOCK_SUMMARY)


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ("1", "redactionInfo is not a struct"),
        ("{}", "redactionInfo has no revisions"),
        ("{revisions: null}", "not a list"),
        ("{revisions: {}}", "not a list"),
        ("{revisions: [1]}", "not a struct"),
        ("{revisions: [{version: 1}]}", "documentId is not a text"),
        ('{revisions: [{documentId: "", version: 1}]}', "documentId is empty"),
        ('{revisions: [{documentId: "a"}]}', "version is not a number"),
        ('{revisions: [{documentId: "a", version: -1}]}', "version is not a number"),
        ('{revisions: [{documentId: "a", version: 1, tableId: 1}]}', "tableId is not a text"),
    ],
)
def test_a_redaction_that_cannot_be_read_is_malformed(info: str, code: str) -> None:
    with pytest.raises(MalformedRecord, match=code):
        announced(info)


def test_a_block_redacts_at_most_a_thousand_revisions() -> None:
    most = [("doc", version) for version in range(1000)]
    found = read_record(redactions(*most), TABLES, with_redactions=True)
    assert isinstance(found, Redactions)
    assert len(found.revisions) == 1000
    with pytest.raises(MalformedRecord, match="more than 1000 redactions"):
        read_record(redactions(*most, ("doc", 1000)), TABLES, with_redactions=True)


def test_redactions_are_not_read_unless_they_are_wanted() -> None:
    ignored = Ignored(IgnoredReason.BLOCK_SUMMARY)
    assert read_record(redactions(("a", 0)), TABLES) == ignored
    assert read_record(redactions(info="1"), TABLES) == ignored
    # nor in a summary that has to be read because it might be a revision
    payload = '{note: "REVISION_DETAILS", redactionInfo: 1}'
    assert read_record(record("BLOCK_SUMMARY", payload), TABLES) == ignored


def test_a_summary_whose_statement_names_a_redaction_redacts_nothing() -> None:
    for text in ("redactionInfo", "redactionInfo REVISION_DETAILS"):
        found = read_record(block_summary(text), TABLES, with_redactions=True)
        assert found == Ignored(IgnoredReason.BLOCK_SUMMARY)


def test_a_document_that_names_a_redaction_is_a_revision() -> None:
    record = revision(data='{redactionInfo: "BLOCK_SUMMARY"}')
    assert isinstance(read_record(record, TABLES, with_redactions=True), Revision)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"blockAddress", b"blockAddresx", "blockAddress is missing"),
        (b"strandId", b"strandIx", "strandId is not a text"),
        (b"sequenceNo", b"sequenceNx", "sequenceNo is not a number"),
    ],
)
def test_an_address_that_cannot_be_read_is_malformed(old: bytes, new: bytes, code: str) -> None:
    found = read_record(revision().replace(old, new), TABLES)
    assert isinstance(found, Revision)
    with pytest.raises(MalformedRecord, match=code):
        block_address(found)


def test_a_redacted_revision_has_the_hash_of_its_data() -> None:
    found = read_record(revision(data=None, data_hash=f"{{{{{HASH}}}}}"), TABLES)
    assert isinstance(found, Revision)
    assert found.data_hash == base64.b64decode(HASH)
