"""Documents are counted exactly by their last revision, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from journal.exports.block_facts import RevisionState
from ops.exports import document_records
from ops.exports.document_records import (
    Disagreement,
    DocumentCounts,
    FoundTables,
    RecordFiles,
    count_documents,
    disagreements,
    document_key,
    object_number,
    pack,
    partition_of,
    partitions_for,
    table_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

LIVE, REDACTED, DELETED = RevisionState.LIVE, RevisionState.REDACTED, RevisionState.DELETED
PARTITIONS = 4
A, B = table_number("a"), table_number("b")
UNKNOWN = table_number(None)

Row = tuple[str, int, int, RevisionState]
"""Document, version, table, state."""


def files(folder: Path, rows: Iterable[Row], *, in_object: str = "key") -> RecordFiles:
    found = RecordFiles(folder, PARTITIONS)
    for document_id, version, table, state in rows:
        document = document_key(document_id)
        record = pack(document, version, table, state, 3, object_number(in_object))
        found.add({partition_of(document, PARTITIONS): record})
    return found


def test_the_last_revision_of_a_document_tells_its_state(tmp_path: Path) -> None:
    found = files(
        tmp_path,
        [
            ("one", 0, A, LIVE),
            ("two", 0, A, LIVE),
            ("one", 1, A, DELETED),
            ("three", 0, B, REDACTED),
            ("three", 1, B, LIVE),
            ("four", 5, B, REDACTED),
        ],
    )
    assert count_documents(found).documents == {
        A: DocumentCounts(live=1, deleted=1, redacted=0, units=6),
        B: DocumentCounts(live=1, deleted=0, redacted=1, units=6),
    }


def test_the_table_of_a_document_may_be_told_by_another_of_its_revisions(tmp_path: Path) -> None:
    found = count_documents(
        files(
            tmp_path,
            [
                ("one", 0, UNKNOWN, LIVE),
                ("one", 1, A, LIVE),
                ("one", 2, UNKNOWN, DELETED),
                ("two", 0, UNKNOWN, LIVE),
            ],
        )
    )
    assert found.documents == {
        A: DocumentCounts(deleted=1, units=3),
        UNKNOWN: DocumentCounts(live=1, units=3),
    }
    assert found.found_tables == {A: FoundTables(revisions=2, redacted=0, deleted=1)}


def test_each_record_is_kept_once_in_memory_or_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_records, "_BUFFER_BYTES", 10)
    found = RecordFiles(tmp_path, 2)
    for content in (b"12345", b"67890", b"abc"):
        found.add({1: content})
    assert found.read(0) == b""
    assert found.read(1) == b"1234567890abc"
    assert (tmp_path / "1").read_bytes() == b"1234567890"


def test_ids_of_another_length_than_qldbs_are_kept_apart() -> None:
    long = "x" * 22
    ids = ["", "a", "ab", long, f"{long}y", f"{long}z", "é"]
    assert len({document_key(each) for each in ids}) == len(ids)
    assert max(len(document_key(each)) for each in ids) == 22


def test_numbers_beyond_a_record_are_held_at_its_limit() -> None:
    assert len(pack(b"x", 2**70, A, LIVE, 2**20, 1)) == len(pack(b"x", 0, A, LIVE, 0, 1))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.sampled_from([A, B]),
            st.sampled_from([LIVE, DELETED, REDACTED]),
        ),
        max_size=60,
    )
)
def test_counts_are_those_of_a_plain_count(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, RevisionState]]
) -> None:
    # given records that soon go to the files
    versions: defaultdict[str, int] = defaultdict(int)
    rows: list[Row] = []
    for number, table, state in changes:
        document_id = f"document{number}"
        rows.append((document_id, versions[document_id], table, state))
        versions[document_id] += 1
    last = {row[0]: row for row in rows}
    # when
    former, document_records._BUFFER_BYTES = document_records._BUFFER_BYTES, 100
    try:
        found = count_documents(files(tmp_path_factory.mktemp("records"), rows)).documents
    finally:
        document_records._BUFFER_BYTES = former
    # then
    for table in (A, B):
        states = [state for _, _, in_table, state in last.values() if in_table == table]
        counts = found.get(table, DocumentCounts())
        assert (counts.live, counts.deleted, counts.redacted) == (
            states.count(LIVE),
            states.count(DELETED),
            states.count(REDACTED),
        )


def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("taken", "superseded"):
        (tmp_path / name).mkdir()
    return tmp_path / "taken", tmp_path / "superseded"


def test_a_revision_that_an_older_copy_still_has_is_found(tmp_path: Path) -> None:
    first, second = folders(tmp_path)
    taken = files(first, [("one", 0, A, REDACTED), ("one", 1, A, LIVE), ("two", 0, A, REDACTED)])
    superseded = files(
        second, [("one", 0, A, LIVE), ("one", 1, A, LIVE), ("two", 0, A, REDACTED)], in_object="old"
    )
    assert list(disagreements(taken, superseded)) == [
        Disagreement("one", 0, is_read_whole=False, whole_in=(object_number("old"),))
    ]


def test_a_copy_that_is_read_and_has_what_another_has_redacted_is_found(tmp_path: Path) -> None:
    first, second = folders(tmp_path)
    taken = files(first, [("one", 0, A, LIVE)], in_object="new")
    superseded = files(second, [("one", 0, A, REDACTED)])
    assert list(disagreements(taken, superseded)) == [
        Disagreement("one", 0, is_read_whole=True, whole_in=(object_number("new"),))
    ]


def test_a_delete_is_no_disagreement(tmp_path: Path) -> None:
    first, second = folders(tmp_path)
    taken = files(first, [("one", 0, A, DELETED)])
    superseded = files(second, [("one", 0, A, REDACTED), ("one", 0, A, DELETED)])
    assert list(disagreements(taken, superseded)) == []


def test_the_number_of_files_grows_with_the_export_and_is_bounded() -> None:
    assert partitions_for(0) == partitions_for(1000) == 8
    assert partitions_for(10**9) == 14
    assert partitions_for(10**15) == 512
