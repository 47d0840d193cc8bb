"""Whatever redactions a block summary announces, the history has each, or the summary is refused.

Any Ion values as the fields of any number of redactions, and genuine revisions before or after them
in the same batch. Genuine block summaries have one redaction each, so schedules never have more. It
proves that what the handler reads and writes is what was announced; of fields that AWS does not
document it cannot prove what they mean.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from amazon.ion import simpleion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reliability.accounting import WITH_HISTORY, assert_accounted_for, assert_counted, process
from tests.reliability.expected_items import expected_revision, expected_stub
from tests.reliability.history_factory import make_history
from tests.reliability.ledger_tables import REPLICATED
from tests.reliability.plan import Plan
from tests.support.kpl import aggregate
from tests.support.qldb_records import redactions

if TYPE_CHECKING:
    from qldb_simulator.blocks import Revision

pytestmark = pytest.mark.timeout(60, func_only=True)

_SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_MAX_KEY_BYTES = 2048
_MAX_DIGITS = 38


class Announced(NamedTuple):
    """A redaction as Ion text, with what it says.

    Attributes
    ----------
    text
        The Ion text.
    is_readable
        Whether its fields are of the expected types.
    document_id, version, table_id
        Its fields, where it is readable; the last one is None if there is none.
    """

    text: str
    is_readable: bool
    document_id: str
    version: int
    table_id: str | None

    @property
    def is_storable(self) -> bool:
        """Whether an item can have its key."""
        is_short = len(self.document_id.encode()) <= _MAX_KEY_BYTES
        return is_short and len(str(self.version)) <= _MAX_DIGITS


def _ion(text: str) -> str:
    return str(simpleion.dumps(text, binary=False)).removeprefix("$ion_1_0").strip()


_UNREADABLE = ["null", "null.string", "-1", "1.5", "1e0", "[]", "{}", "true", "{{AAEC}}"]
_IDS = st.one_of(
    st.sampled_from(["a", "b", "x" * 2048, "x" * 2049, "é" * 1025]), st.text(min_size=1, max_size=4)
)
_VERSIONS = st.sampled_from([0, 1, 2, 2**31, 2**64, 10**38 - 1, 10**38])
_FURTHER = ['blockAddress: {strandId: "s", sequenceNo: 1}', "later: [7]", "blockAddress: null"]


@st.composite
def announced(draw: st.DrawFn) -> Announced:
    """Return a redaction with any values in its fields, most of them readable."""
    document_id, version = draw(_IDS), draw(_VERSIONS)
    table_id = draw(st.one_of(st.none(), st.sampled_from(["t", "u"])))
    fields = {"documentId": _ion(document_id), "version": str(version)}
    if table_id is not None:
        fields["tableId"] = _ion(table_id)
    elif draw(st.booleans()):
        fields["tableId"] = draw(st.sampled_from(["null", "null.string"]))
    is_readable = True
    match draw(st.sampled_from(["", "", "", "", "", "", "missing", "empty", "wrong"])):
        case "missing":
            is_readable = False
            del fields[draw(st.sampled_from(["documentId", "version"]))]
        case "empty":
            is_readable = False
            fields["documentId"] = '""'
        case "wrong":
            is_readable = False
            name = draw(st.sampled_from(["documentId", "version", "tableId"]))
            wrong = _UNREADABLE[2 * (name == "tableId") :]
            fields[name] = draw(st.sampled_from(wrong))
    parts = [f"{name}: {value}" for name, value in fields.items()]
    parts += draw(st.lists(st.sampled_from(_FURTHER), max_size=1))
    text = f"{{{', '.join(draw(st.permutations(parts)))}}}"
    annotation = draw(st.sampled_from(["", "", "kind::", "kind::other::"]))
    return Announced(annotation + text, is_readable, document_id, version, table_id)


@_SETTINGS
@given(st.lists(announced(), max_size=4))
def test_the_history_has_each_redaction_of_a_block_that_an_item_can_hold(
    revisions: list[Announced],
) -> None:
    # Given a block summary with any redactions
    data = redactions(info=f"{{revisions: [{', '.join(each.text for each in revisions)}]}}")
    # When it is processed
    found = process(data, WITH_HISTORY)
    # Then it is counted once, and quarantined exactly if one of them cannot be read or stored
    assert_counted(found.counts, 1)
    is_readable = all(each.is_readable for each in revisions)
    is_good = is_readable and all(each.is_storable for each in revisions)
    assert found.quarantined == ([] if is_good else [data])
    # And the history has what it says, and nothing else
    tables: dict[tuple[str, int], set[str]] = {}
    for each in revisions if is_readable else []:
        if each.is_storable:
            names = tables.setdefault((each.document_id, each.version), set())
            names.update(() if each.table_id is None else [each.table_id])
    assert found.history.keys() == tables.keys(), "also beside those that no item can hold"
    for key, item in found.history.items():
        stub = expected_stub("", *key)
        del stub["tableId"]
        named = item.pop("tableId", {}).get("S")
        assert item == stub
        assert named in tables[key] or (named is None and not tables[key])


@cache
def genuine() -> list[tuple[bytes, Revision]]:
    """Return the records of replicated revisions, each with its revision."""
    plan = Plan(seed=5, commits=25, projected_history=True, whole_history=True)
    history = make_history(plan, Random(plan.seed))
    return [
        (data, revision)
        for data, revision in history.revisions.items()
        if revision.table_name in REPLICATED and not revision.is_redacted
    ]


@_SETTINGS
@given(st.data())
def test_any_revisions_that_a_block_redacts_lose_their_data(data: st.DataObject) -> None:
    # Given revisions, some of which a block redacts, in any order in one batch
    some = data.draw(st.lists(st.sampled_from(genuine()), min_size=1, max_size=6, unique_by=id))
    chosen = data.draw(st.lists(st.sampled_from(some), min_size=1, max_size=4, unique_by=id))
    redacted = [(each.document_id, each.version) for _, each in chosen]
    records = [each for each, _ in some]
    records = data.draw(st.permutations([*records, redactions(*redacted)]))
    frame = aggregate(*records)
    # When they are processed
    found = process(frame, WITH_HISTORY)
    # Then the history has all of them, those without their data, and every record is counted
    assert found.history == {
        (each.document_id, each.version): expected_revision(
            each, is_redacted=(each.document_id, each.version) in redacted, data_hash=None
        )
        for _, each in some
    }
    assert_accounted_for(frame, records)
