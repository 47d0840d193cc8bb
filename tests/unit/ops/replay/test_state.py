"""What a replay remembers decides what is written, and survives a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.errors import OpsError
from ops.exports.catalogue import Unreadable
from ops.replay.messages import (
    KEY_BYTES,
    Pass,
    ReadBatch,
    RevisionKey,
    WrittenBatch,
    document_key,
)
from ops.replay.state import ReplayState
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = map(document_key, "abc")


def read(
    number: int,
    *keys: bytes,
    redactions: frozenset[RevisionKey] = frozenset(),
    are_first: bool = False,
) -> ReadBatch:
    return ReadBatch(
        number=number,
        keys=b"".join(keys),
        firsts=bytes([are_first]) * len(keys),
        redactions=redactions,
        table_ids={},
    )


def claimed(
    state: ReplayState,
    number: int,
    *keys: bytes,
    pass_: Pass = Pass.NEWEST,
    are_first: bool = False,
) -> list[int]:
    batch = read(number, *keys, are_first=are_first)
    state.learn(batch)
    return list(state.claims(pass_, batch).mask)


def test_a_document_belongs_to_the_first_batch_that_has_it() -> None:
    state = ReplayState(None)

    assert claimed(state, 0, A, B) == [1, 1]
    assert claimed(state, 1, B, C) == [0, 1]


def test_it_still_does_when_that_batch_is_done(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    claimed(state, 0, A)
    state.finish(Pass.NEWEST, WrittenBatch(number=0))
    assert claimed(state, 1, A) == [0]
    state.close()

    again = ReplayState(tmp_path / "state")

    assert again.done(Pass.NEWEST) == {0}
    assert claimed(again, 1, A) == [0]


def test_a_first_version_is_not_written_after_a_newer_one(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    claimed(state, 0, A)
    assert claimed(state, 1, A, B, are_first=True) == [0, 1]
    state.finish(Pass.NEWEST, WrittenBatch(number=0))
    assert claimed(state, 2, A, B, are_first=True) == [0, 1]
    state.close()

    again = ReplayState(tmp_path / "state")

    assert claimed(again, 3, A, B, are_first=True) == [0, 1]


def test_documents_without_older_versions_take_no_space(tmp_path: Path) -> None:
    # given many documents, each of one revision
    state = ReplayState(tmp_path / "state")
    keys = [document_key(str(number)) for number in range(20_000)]
    assert claimed(state, 0, *keys, are_first=True) == [1] * len(keys)
    # when
    state.finish(Pass.NEWEST, WrittenBatch(number=0))
    state.complete()
    # then
    assert state.largest_bytes < len(keys) * KEY_BYTES


def test_a_batch_that_was_not_done_gives_its_documents_back(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    claimed(state, 0, A)
    claimed(state, 1, A, B)
    state.finish(Pass.NEWEST, WrittenBatch(number=1))
    state.close()

    again = ReplayState(tmp_path / "state")

    assert claimed(again, 0, A) == [1]


def test_a_batch_with_problems_is_not_done_and_may_have_more_of_each_document(
    tmp_path: Path,
) -> None:
    state = ReplayState(tmp_path / "state")
    claimed(state, 0, A)
    state.finish(Pass.NEWEST, WrittenBatch(number=0, problems=(Unreadable("key", "cut"),)))
    claimed(state, 1, A, B)
    state.finish(Pass.NEWEST, WrittenBatch(number=1))

    # B was written from an older batch, before it could be read in the newer one.
    assert claimed(state, 0, A, B) == [1, 1]
    assert state.done(Pass.NEWEST) == {1}


def test_redactions_are_told_from_the_moment_they_are_known(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    redacted = RevisionKey(A, 3)
    state.learn(read(0, redactions=frozenset({redacted, RevisionKey(B, 1)})))

    assert state.claims(Pass.NEWEST, read(1, A)).redacted == {redacted}

    state.finish(Pass.NEWEST, WrittenBatch(number=0))
    assert state.claims(Pass.NEWEST, read(2, A)).redacted == {redacted}
    state.close()
    again = ReplayState(tmp_path / "state")
    assert again.claims(Pass.NEWEST, read(3, A)).redacted == {redacted}


def test_a_version_beyond_every_ledger_is_no_error() -> None:
    state = ReplayState(None)
    state.learn(read(0, redactions=frozenset({RevisionKey(A, 2**70)})))

    state.finish(Pass.NEWEST, WrittenBatch(number=0))

    assert state.claims(Pass.NEWEST, read(1, A)).redacted == frozenset()


def test_only_batches_after_an_unsettled_one_are_looked_at_again() -> None:
    state = ReplayState(None)
    claimed(state, 3, A)
    state.finish(Pass.NEWEST, WrittenBatch(number=3, unsettled=(A,)))

    assert state.unsettled_since == 3
    assert claimed(state, 2, A, pass_=Pass.OLDER) == [0]
    assert claimed(state, 4, A, B, pass_=Pass.OLDER) == [1, 0]


def test_a_document_stays_unsettled_until_the_end_of_the_pass() -> None:
    state = ReplayState(None)
    claimed(state, 0, A)
    state.finish(Pass.NEWEST, WrittenBatch(number=0, unsettled=(A,)))
    state.finish(Pass.OLDER, WrittenBatch(number=2))

    # A newer batch of the same pass may come after an older one.
    assert claimed(state, 1, A, pass_=Pass.OLDER) == [1]


def test_a_new_unsettled_document_starts_the_pass_again() -> None:
    state = ReplayState(None)
    state.finish(Pass.OLDER, WrittenBatch(number=4))

    state.finish(Pass.NEWEST, WrittenBatch(number=1, unsettled=(A,)))

    assert state.done(Pass.OLDER) == set()


def test_without_an_index_everything_is_written() -> None:
    state = ReplayState(None, has_index=False)
    assert claimed(state, 0, A) == [1]

    state.finish(Pass.NEWEST, WrittenBatch(number=0, unsettled=(A,)))

    assert claimed(state, 1, A) == [1]
    assert state.unsettled_since is None


def test_counts_add_up_over_runs(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    tally = Tally(applied=2)
    tally.quarantined["refused", "code: of it"] = 1
    tally.ignored["Car"] = 4
    state.finish(Pass.NEWEST, WrittenBatch(number=0, tally=tally))
    state.close()
    again = ReplayState(tmp_path / "state")

    again.finish(Pass.NEWEST, WrittenBatch(number=1, tally=Tally(applied=3)))

    assert again.tally.applied == 5
    assert again.tally.quarantined == {("refused", "code: of it"): 1}
    assert again.tally.ignored == {"Car": 4}


def test_a_batch_that_is_read_again_counts_once(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    damaged = WrittenBatch(number=0, tally=Tally(applied=2), problems=(Unreadable("key", "cut"),))
    state.finish(Pass.NEWEST, damaged)
    assert state.tally.applied == 2
    state.close()
    again = ReplayState(tmp_path / "state")

    again.finish(Pass.NEWEST, WrittenBatch(number=0, tally=Tally(applied=1, stale=2)))

    assert (again.tally.applied, again.tally.stale) == (1, 2)


def test_two_replays_do_not_share_a_file(tmp_path: Path) -> None:
    first = ReplayState(tmp_path / "state")
    first.finish(Pass.NEWEST, WrittenBatch(number=0))

    with pytest.raises(OpsError, match="another replay of this source uses"):
        ReplayState(tmp_path / "state")


def test_a_damaged_file_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"not a database" * 100)

    with pytest.raises(OpsError, match="--restart"):
        ReplayState(tmp_path / "state")


def test_a_complete_replay_needs_no_space(tmp_path: Path) -> None:
    state = ReplayState(tmp_path / "state")
    claimed(state, 0, *[number.to_bytes(KEY_BYTES, "big") for number in range(20_000)])
    state.finish(Pass.NEWEST, WrittenBatch(number=0))

    state.complete()

    assert state.is_complete
    assert state.largest_bytes > 400_000
    state.close()
    assert (tmp_path / "state").stat().st_size < 100_000


def test_many_documents_of_a_batch_are_looked_up() -> None:
    state = ReplayState(None)
    keys = [number.to_bytes(KEY_BYTES, "big") for number in range(2_001)]
    claimed(state, 0, *keys[::2])
    state.finish(Pass.NEWEST, WrittenBatch(number=0))

    assert claimed(state, 1, *keys) == [number % 2 for number in range(2_001)]
