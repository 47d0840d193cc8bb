"""An item of the same version is written again where it differs, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import RevisionState
from handler.corrections import Correction, canonical_item
from handler.history import HistoryWrite
from handler.outcomes import APPLIED, STALE, Outcome
from handler.replica import Write
from handler.writer import BatchStatementWriter
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE, HISTORY = "person-1", "history-1"
HASH, OTHER_HASH = {"B": b"\x01" * 32}, {"B": b"\x02" * 32}
VERSION: dict[str, Any] = {"version": {"N": "3"}, "hash": HASH}
LIVE: dict[str, Any] = {**VERSION, "data": {"M": {"n": {"N": "1"}}}}
NOW = 1_612_837_000.0


def live(attributes: Mapping[str, Any] = LIVE, projection_id: str = "one") -> Write:
    return Write(TABLE, "doc", 3, projection_id, dict(attributes))


TOMBSTONE = Write(TABLE, "doc", 3, None, {**VERSION, "isDeleted": {"BOOL": True}})


def revision(content: Mapping[str, Any], state: RevisionState = RevisionState.LIVE) -> HistoryWrite:
    return HistoryWrite(HISTORY, "doc", 3, state, {"hash": HASH}, content)


def written(
    stored: Mapping[str, Any] | None,
    write: Write | HistoryWrite,
    correction: Correction | None = Correction.SAME_REVISION,
) -> tuple[Outcome, Mapping[str, Any]]:
    """Return the outcome of a write, and the item after it."""
    tables = Tables([TABLE], history=[HISTORY])
    if stored is not None:
        tables.put(write.table_name, {"pk": {"S": "doc"}, **stored}, all_old=False)
    writer = BatchStatementWriter(
        MemoryDynamoDB(tables),
        requests_in_flight=1,
        clock=lambda: NOW,
        sleep=lambda _: None,
        correction=correction,
    )
    (outcome,) = writer.write([write], NOW + 60)
    (item,) = tables.items(write.table_name).values()
    return outcome, item


def changed(**attributes: Any) -> dict[str, Any]:  # noqa: ANN401 (attribute values)
    return {"projectionId": {"S": "one"}, **LIVE, **attributes}


def test_another_value_is_corrected() -> None:
    outcome, item = written(changed(data={"S": "1"}), live())

    assert outcome is APPLIED
    assert item == live().item


def test_without_a_correction_it_is_stale() -> None:
    outcome, item = written(changed(data={"S": "1"}), live(), correction=None)

    assert outcome is STALE
    assert item["data"] == {"S": "1"}


def test_another_projection_is_corrected() -> None:
    outcome, item = written(changed(projectionId={"S": "two"}, extra={"S": "old"}), live())

    assert outcome is APPLIED
    assert item == live().item


def test_an_equal_item_is_stale_however_its_numbers_are_written() -> None:
    stored = changed(version={"N": "3.0"}, data={"M": {"n": {"N": "1E0"}}})

    outcome, item = written(stored, live())

    assert outcome is STALE
    assert item["version"] == {"N": "3.0"}


def test_a_higher_version_is_stale() -> None:
    outcome, item = written(changed(version={"N": "4"}, data={"S": "new"}), live())

    assert outcome is STALE
    assert item["data"] == {"S": "new"}


def test_a_lower_version_is_replaced_as_ever() -> None:
    outcome, item = written(changed(version={"N": "2"}, hash=OTHER_HASH), live())

    assert outcome is APPLIED
    assert item == live().item


def test_a_missing_item_is_created_as_ever() -> None:
    assert written(None, live()) == (APPLIED, live().item)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [
        (Correction.SAME_REVISION, STALE),
        (Correction.ANY_BUT_TOMBSTONES, APPLIED),
        (Correction.ANY, APPLIED),
    ],
)
def test_another_hash_is_corrected_only_on_request(
    correction: Correction, expected: Outcome
) -> None:
    outcome, item = written(changed(hash=OTHER_HASH), live(), correction)

    assert outcome is expected
    assert item["hash"] == (HASH if expected is APPLIED else OTHER_HASH)


def test_a_live_item_in_the_place_of_a_tombstone_is_corrected() -> None:
    assert written(changed(), TOMBSTONE) == (APPLIED, TOMBSTONE.item)


def test_a_tombstone_in_the_place_of_a_live_item_is_corrected_on_request() -> None:
    stored = {**VERSION, "isDeleted": {"BOOL": True}}

    assert written(stored, live(), Correction.ANY) == (APPLIED, live().item)


@pytest.mark.parametrize("correction", [Correction.SAME_REVISION, Correction.ANY_BUT_TOMBSTONES])
def test_a_removed_document_stays_removed(correction: Correction) -> None:
    # given a tombstone of the revision's own version, as `ops generations --remove` makes it
    removed = {**VERSION, "isDeleted": {"BOOL": True}}
    # when that revision is to be corrected
    outcome, item = written(removed, live(), correction)
    # then the document does not come back
    assert outcome is STALE
    assert item == {"pk": {"S": "doc"}, **removed}


def test_when_a_tombstone_expires_is_no_difference() -> None:
    expires = TOMBSTONE._replace(attributes={**TOMBSTONE.attributes, "expiresAt": {"N": "20"}})
    stored = {**TOMBSTONE.attributes, "expiresAt": {"N": "10"}}

    outcome, item = written(stored, expires)

    assert outcome is STALE
    assert item["expiresAt"] == {"N": "10"}


def test_whether_a_tombstone_expires_is_a_difference() -> None:
    expires = TOMBSTONE._replace(attributes={**TOMBSTONE.attributes, "expiresAt": {"N": "20"}})

    outcome, _ = written(TOMBSTONE.attributes, expires)

    assert outcome is APPLIED


class Racing(MemoryDynamoDB):
    """A client whose next ``PutItem`` comes after somebody else's write of the same item."""

    def __init__(self, tables: Tables, other: Mapping[str, Any]) -> None:
        super().__init__(tables)
        self._others = [other]
        self._shared = tables

    def put_item(self, **arguments: Any) -> Any:  # noqa: ANN401 (boto3's answer)
        if self._others:
            item = {"pk": {"S": "doc"}, **self._others.pop()}
            self._shared.put(arguments["TableName"], item, all_old=False)
        return super().put_item(**arguments)


def raced(
    stored: Mapping[str, Any],
    other: Mapping[str, Any],
    write: Write | HistoryWrite,
    correction: Correction = Correction.ANY,
) -> tuple[Outcome, Mapping[str, Any]]:
    """Return the outcome of a write, and the item, if another write comes before its correction."""
    tables = Tables([TABLE], history=[HISTORY])
    tables.put(write.table_name, {"pk": {"S": "doc"}, **stored}, all_old=False)
    writer = BatchStatementWriter(
        Racing(tables, other), requests_in_flight=1, clock=lambda: NOW, correction=correction
    )
    (outcome,) = writer.write([write], NOW + 60)
    (item,) = tables.items(write.table_name).values()
    return outcome, item


@pytest.mark.parametrize(
    "other",
    [
        changed(version={"N": "4"}, data={"S": "newer"}),
        changed(hash=OTHER_HASH, data={"S": "of another ledger"}),
    ],
)
def test_what_somebody_else_writes_meanwhile_decides_anew(other: dict[str, Any]) -> None:
    # given an item that differs / when another write comes before the correction
    outcome, item = raced(changed(data={"S": "1"}), other, live(), Correction.SAME_REVISION)
    # then that one stays
    assert outcome is STALE
    assert item == {"pk": {"S": "doc"}, **other}


@pytest.mark.parametrize("correction", Correction)
def test_a_document_that_is_removed_meanwhile_stays_removed(correction: Correction) -> None:
    # given an item that differs, whose document is removed before the correction
    removed = {**VERSION, "isDeleted": {"BOOL": True}}
    # when
    outcome, item = raced(changed(data={"S": "1"}), removed, live(), correction)
    # then
    assert outcome is STALE
    assert item == {"pk": {"S": "doc"}, **removed}


@pytest.mark.parametrize("correction", Correction)
def test_types_that_come_meanwhile_are_not_lost(correction: Correction) -> None:
    # given a correction from JSON, before which the same revision is written from Ion
    from_json = live({**VERSION, "photo": {"S": "AQI="}})._replace(has_types=False)
    from_ion = {"projectionId": {"S": "one"}, **VERSION, "photo": {"B": b"\x01\x02"}}
    # when
    outcome, item = raced(from_ion | {"photo": {"S": "wrong"}}, from_ion, from_json, correction)
    # then
    assert outcome is STALE
    assert item["photo"] == {"B": b"\x01\x02"}


def test_types_that_come_meanwhile_are_not_lost_in_the_history() -> None:
    from_json = revision({"photo": {"S": "AQI="}})._replace(has_types=False)
    from_ion = history_item("live", photo={"B": b"\x01\x02"})

    outcome, item = raced(from_ion | {"photo": {"S": "wrong"}}, from_ion, from_json)

    assert outcome is STALE
    assert item["photo"] == {"B": b"\x01\x02"}


@pytest.mark.parametrize("correction", Correction)
def test_json_takes_no_types_away(correction: Correction) -> None:
    from_json = live({**VERSION, "photo": {"S": "AQI="}})._replace(has_types=False)
    from_ion = {"projectionId": {"S": "one"}, **VERSION, "photo": {"B": b"\x01\x02"}}

    outcome, item = written(from_ion, from_json, correction)

    assert outcome is STALE
    assert item["photo"] == {"B": b"\x01\x02"}


def test_json_corrects_a_value_beside_one_with_types() -> None:
    # given an item from Ion of which one value is wrong
    from_json = live({**VERSION, "photo": {"S": "AQI="}, "n": {"N": "1"}})
    stored = {"projectionId": {"S": "one"}, **VERSION, "photo": {"B": b"\x01\x02"}}
    # when it is corrected from JSON
    outcome, item = written(
        {**stored, "n": {"N": "2"}}, from_json._replace(has_types=False), Correction.ANY
    )
    # then only that value is another one
    assert outcome is APPLIED
    assert item == {"pk": {"S": "doc"}, **stored, "n": {"N": "1"}}


def test_json_takes_no_types_away_in_the_history() -> None:
    from_json = revision({"photo": {"S": "AQI="}})._replace(has_types=False)

    outcome, item = written(
        history_item("live", photo={"B": b"\x01\x02"}), from_json, Correction.ANY
    )

    assert outcome is STALE
    assert item["photo"] == {"B": b"\x01\x02"}


def test_an_item_that_differs_in_hundreds_of_attributes_is_corrected() -> None:
    many = {f"attribute{number}": {"N": str(number)} for number in range(300)}

    outcome, item = written(changed(), live({**VERSION, **many}))

    assert outcome is APPLIED
    assert item == live({**VERSION, **many}).item


def history_item(state: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401 (attribute values)
    return {"version": {"N": "3"}, "revisionState": {"S": state}, "hash": HASH, **content}


def test_another_value_in_the_history_is_corrected() -> None:
    outcome, item = written(history_item("live", data={"S": "1"}), revision({"data": {"N": "1"}}))

    assert outcome is APPLIED
    assert item["data"] == {"N": "1"}


def test_an_equal_item_of_the_history_is_stale() -> None:
    outcome, _ = written(history_item("live", data={"N": "1.0"}), revision({"data": {"N": "1"}}))

    assert outcome is STALE


@pytest.mark.parametrize("content", [{}, {"dataHash": HASH}])
@pytest.mark.parametrize("correction", Correction)
def test_redacted_data_never_comes_back(content: dict[str, Any], correction: Correction) -> None:
    outcome, item = written(
        history_item("redacted", **content), revision({"data": {"N": "1"}}), correction
    )

    assert outcome is STALE
    assert "data" not in item


def test_another_hash_in_the_history_is_left() -> None:
    stored = history_item("live", data={"S": "1"}) | {"hash": OTHER_HASH}

    outcome, item = written(stored, revision({"data": {"N": "1"}}))

    assert outcome is STALE
    assert item["data"] == {"S": "1"}


def test_binary_is_equal_to_its_base64() -> None:
    assert canonical_item({"a": {"B": b"\x01\x02"}}) == canonical_item({"a": {"B": "AQI="}})


def test_a_number_is_no_string() -> None:
    assert canonical_item({"a": {"N": "1"}}) != canonical_item({"a": {"S": "1"}})
