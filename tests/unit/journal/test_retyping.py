"""Types that JSON has lost are found again, by the hash; and nothing is found for another hash."""

from __future__ import annotations

import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qldb_simulator.ion_hash import ion_hash as reference_hash

from journal import retyping
from journal.ion import writing
from journal.ion.hashing import ion_hash
from journal.ion.structure import bounds, elements, struct
from journal.json_blocks import json_blocks, json_document
from journal.merkle import dot
from journal.retyping import MAX_LEARNED_TRIES, MAX_TRIES, QUICK_TRIES, Retyping
from tests.support.genuine_block import genuine_block
from tests.support.ion_json import Numbers, down_converted
from tests.support.ion_values import scalars

if TYPE_CHECKING:
    from pathlib import Path

    from journal.ion.structure import Span

MAX_OF_ONE = 2 + MAX_LEARNED_TRIES + MAX_TRIES
"""Hashes that may be tried: what was learned, as it is, around what was learned, without it."""


class Revision:
    """A document in Ion, of which the search has only the JSON and the hash.

    Attributes
    ----------
    tries
        Hashes that were compared with its own.
    """

    def __init__(self, ion: str, numbers: Numbers = Numbers.PLAIN, *, told: str = "") -> None:
        self.value: Any = simpleion.load_python(io.StringIO(ion))
        self.hash = reference_hash(self.value)
        self.data = json_document((told or down_converted(self.value, numbers)).encode())
        self.tries = 0

    def fits(self, candidate: bytes) -> bool:
        self.tries += 1
        return candidate == self.hash

    def found(self, search: Retyping, table: str | None = "table", **limits: int) -> bool:
        """Search, and return whether the types were found."""
        span = search.find(table, self.data, self.fits, **limits)
        if span is None:
            return False
        # The types are the document's own, and not only their hash
        assert ion_hash(span) == self.hash
        return True


def test_the_genuine_revision_is_proven_with_its_dates_as_timestamps(shared_data: Path) -> None:
    # Given the genuine block as JSON, which has no timestamps
    block = genuine_block(shared_data)
    (located,) = json_blocks([down_converted(block).encode()])
    (revision,) = map(struct, elements(struct(located.span)["revisions"]))
    metadata = ion_hash(revision["metadata"])
    data, _, _, start, stop = revision["hash"]
    assert dot(metadata, ion_hash(revision["data"])) != data[start:stop]
    # When its types are searched
    found = Retyping().find(
        "table", revision["data"], lambda hashed: dot(metadata, hashed) == data[start:stop]
    )
    # Then it is the genuine document, with all of its types
    assert found is not None
    assert ion_hash(found) == reference_hash(block["revisions"][0]["data"])


# One document

DATE = "2020-02-03T04:05:06.789Z"


@pytest.mark.parametrize("numbers", Numbers)
@pytest.mark.parametrize(
    "value",
    [
        *("2020T", "2020-02T", "2020-02-03", "2020-02-03T04:05Z", "2020-02-03T04:05:06-00:00"),
        *("2020-02-03T04:05:06.000+05:30", "'text'", "''", "'2020-02-03'", '"2020-02-03"'),
        *("{{AAECAwQ=}}", "{{AAEC}}", "{{}}", "{{VGhpcyBpcyBhIGxvbmdlciBibG9iIQ==}}"),
        *('{{"clob"}}', '{{""}}', '{{"\\x80\\xff\\0"}}'),
        *("1e0", "1.5e0", "0e0", "-0e0", "1e23", "1e-7", "100e0", "1e300", "5e-324"),
        *("1.7976931348623157e308", "123456789012345680e0", "nan", "+inf", "-inf"),
        *("1.", "1.0", "-0.", "-0.0", "1d2", "12.50", "123d-10", "0d5"),
        *("null.null", "null.bool", "null.int", "null.float", "null.decimal", "null.timestamp"),
        *("null.string", "null.symbol", "null.blob", "null.clob", "null.list", "null.sexp"),
        *("null.struct", "()", "(1 a)", "[(1), 2020-02-03]", "[[{{AAECAwQ=}}], ({a: b})]"),
        "{a: 2020-02-03, b: {c: 1e0, c: sym}}",
    ],
)
def test_a_value_of_any_type_is_found(value: str, numbers: Numbers) -> None:
    document = Revision(f'{{a: {value}, b: "text", c: 1}}', numbers)
    assert document.found(Retyping())


def test_dates_floats_and_base64_are_tried_first() -> None:
    document = Revision(
        f"{{a: {DATE}, b: {{c: {DATE}, d: [{DATE}]}}, e: 1.5e0, f: {{{{AAECAwQ=}}}}, g: 7}}"
    )
    assert document.found(Retyping())
    assert document.tries < QUICK_TRIES


def test_a_few_dates_can_be_strings() -> None:
    fields = [f"t{each}: {DATE}" for each in range(6)]
    fields += [f's{each}: "{DATE}"' for each in range(3)]
    assert Revision(f"{{{', '.join(fields)}}}").found(Retyping())


def test_dates_of_one_shape_are_tried_together() -> None:
    # Given many days that are timestamps, and many times that are strings
    fields = [f"t{each}: 2020-02-{each + 10}" for each in range(12)]
    fields += [f's{each}: "2020-02-03T04:05:{each + 10}Z"' for each in range(12)]
    document = Revision(f"{{{', '.join(fields)}}}")
    # When types are searched / then they are found soon
    assert document.found(Retyping())
    assert document.tries < QUICK_TRIES


def test_one_element_of_a_list_can_be_of_another_type_than_the_rest() -> None:
    dates = [DATE] * 9
    dates[4] = f'"{DATE}"'
    assert Revision(f"{{a: [{', '.join(dates)}]}}").found(Retyping())


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    st.lists(scalars.filter(lambda each: each.text != "$0"), min_size=1, max_size=3),
    st.sampled_from(Numbers),
    st.sampled_from(["{{a: {0}}}", "{{a: {{b: [{0}]}}}}", "{{l: [{{a: {0}}}]}}"]),
)
def test_any_few_values_are_found(samples: list[Any], numbers: Numbers, form: str) -> None:
    # Given a document of up to three values of any type, at any depth
    first = form.format(samples[0].text)
    others = "".join(f", f{place}: {each.text}" for place, each in enumerate(samples[1:]))
    document = Revision(f"{first[:-1]}{others}}}", numbers)
    # When types are searched / then they are found
    assert document.found(Retyping())


# What cannot be found


@pytest.mark.parametrize(
    "document",
    [
        "{a: note::1}",
        "note::{a: 1}",
        "{a: [1, note::2020-02-03]}",
        "{a: 2020-02-03, b: $0}",
    ],
)
def test_annotations_and_symbols_without_text_are_not_found(document: str) -> None:
    told = '{"a": "2020-02-03", "b": null}' if "$0" in document else ""
    revision = Revision(document, told=told)
    assert not revision.found(Retyping())
    assert revision.tries <= MAX_OF_ONE


@pytest.mark.parametrize(
    "told",
    [
        '{"a": "2020-02-04", "b": 1.5, "c": "text"}',
        '{"a": "2020-02-03", "b": 1.6, "c": "text"}',
        '{"a": "2020-02-03", "b": 1.5, "c": "next"}',
        '{"a": "2020-02-03", "b": 1.5, "d": "text"}',
        '{"a": "2020-02-03", "b": 1.5}',
        '{"a": "2020-02-03", "b": 1.5, "c": "text", "c": "text"}',
    ],
)
def test_a_changed_document_is_not_found(told: str) -> None:
    document = '{a: 2020-02-03, b: 1.5e0, c: "text"}'
    assert Revision(document, told='{"a": "2020-02-03", "b": 1.5, "c": "text"}').found(Retyping())
    assert not Revision(document, told=told).found(Retyping())


@pytest.mark.parametrize(
    ("value", "told", "is_found"),
    [
        ("1e-1", "0.1", True),
        ("1e-1", "0.10", False),
        ("1e-5", "1.0E-5", True),
        ("1e-5", "0.00001", True),
        ("1.5e-5", "1.50e-5", False),
        ("1e-1", "0.10000000000000001", True),
        ("1e-1", "0.100000000000000001", False),
        ("12345678901234567e3", "12345678901234567000", True),
        ("12345678901234567e3", "12345678901234567168", True),
        ("12345678901234567e3", "12345678901234567001", False),
        ("0e0", "1e-400", False),
        ("0e0", "0e-400", True),
        ("+inf", "1e400", False),
        ("5.", "5.0", True),
        ("5.", "5.00", False),
        ("5.1", "5.10", False),
        ("-5.", "-5", True),
    ],
)
def test_a_number_is_found_in_any_form_that_a_printer_gives_it(
    value: str,
    told: str,
    is_found: bool,  # noqa: FBT001 (the expectation)
) -> None:
    assert Revision(f"{{a: {value}}}", told=f'{{"a": {told}}}').found(Retyping()) is is_found


def test_a_number_of_many_digits_is_not_found() -> None:
    assert not Revision("{a: 1e0}", told=f'{{"a": 1.{"1" * 5_000}}}').found(Retyping())
    assert not Revision("{a: 1e0}", told=f'{{"a": {"1" * 5_000}}}').found(Retyping())


@pytest.mark.parametrize("told", ["0.30000000000000003", "0.30000000000000005"])
def test_other_digits_that_are_rounded_to_the_same_float_are_not_found(told: str) -> None:
    assert float(told) == float("0.30000000000000004")

    assert not Revision("{a: 0.30000000000000004e0}", told=f'{{"a": {told}}}').found(Retyping())


@pytest.mark.parametrize("told", ["0.30000000000000004", "3.0000000000000004E-1"])
def test_a_float_is_found_in_the_digits_that_printers_write(told: str) -> None:
    assert Revision("{a: 0.30000000000000004e0}", told=f'{{"a": {told}}}').found(Retyping())


@pytest.mark.parametrize(
    "data",
    [
        {f"date{each}": DATE for each in range(500)},
        {"dates": [DATE] * 500},
        {"list": [{"date": DATE, "number": each} for each in range(500)]},
        {"text": "x" * 100_000, "date": DATE},
        {"texts": ["word"] * 10_000},
        {f"n{each}": None for each in range(500)},
    ],
)
@pytest.mark.timeout(20)
def test_long_documents_take_bounded_work(data: dict[str, Any]) -> None:
    # Given a long document that fits nothing
    document = Revision("{}", told=json.dumps(data))
    # When it is searched / then there are fewer tries, the longer it is
    assert not document.found(Retyping())
    values = sum(1 if isinstance(each, str) or each is None else 500 for each in data.values())
    assert 0 < document.tries <= min(MAX_TRIES, retyping._MAX_WORK // values)


def test_a_document_nested_too_deeply_is_not_found() -> None:
    data = json_document(b'{"a":' * 150 + b"1" + b"}" * 150)
    nested = data
    for _ in range(8):
        content = writing.struct(b"\x84" + data_of(nested) * 2)
        nested = (content, data[1], *bounds(content, 0, len(content)))
    for _ in range(3_000):
        content = writing.struct(b"\x84" + data_of(nested))
        nested = (content, data[1], *bounds(content, 0, len(content)))
    assert Retyping().find("table", nested, lambda _: False) is None


def data_of(span: Span) -> bytes:
    return span[0]


# What is learned


def test_what_fitted_one_document_is_tried_first_for_the_next() -> None:
    search = Retyping()
    # Given a document whose types were found after some tries
    first = Revision(f'{{a: {{{{AAEC}}}}, b: {DATE}, c: "2020-02-03", d: [{{e: 1e0}}], f: (1)}}')
    assert first.found(search)
    assert first.tries > 1
    # When another one of the table has the same types, some paths not, and one more
    second = Revision(
        '{a: {{AAED}}, c: "2021-01-01", d: [{e: 2e0}, {e: 3e0}], f: (2 3), g: {h: 4}}'
    )
    # Then one try is enough
    assert second.found(search)
    assert second.tries == 1


def test_two_types_at_one_path_are_both_learned() -> None:
    search = Retyping()
    assert Revision("{a: sym, b: sym, c: 1}").found(search)
    assert Revision('{a: sym, b: "text", c: 2}').found(search)
    # When documents have any of both / then they are found soon, lost types before those of JSON
    mixed, lost = Revision('{a: "text", b: sym, c: 3}'), Revision("{a: sym, b: another, c: 4}")
    assert mixed.found(search)
    assert mixed.tries < 10
    assert lost.found(search)
    assert lost.tries == 1


def test_types_that_fitted_at_a_path_are_tried_before_others() -> None:
    search = Retyping()
    # Given a table whose fields are symbols, or texts, at each of eight paths
    names = "abcdefgh"
    for first in ("sym", '"text"'):
        fields = (f"{name}: {first}" for name in names)
        assert Revision(f"{{{', '.join(fields)}, n: 1e0}}").found(search)
    # When a document has texts at some of them / then few tries are needed
    texts = dict.fromkeys("bdf", '"text"')
    fields = (f"{name}: {texts.get(name, 'sym')}" for name in names)
    document = Revision(f"{{{', '.join(fields)}, n: 2e0}}")
    assert document.found(search)
    assert document.tries <= 2 + 8 + 28 + 56


def test_new_paths_are_tried_together_beside_known_ones() -> None:
    search = Retyping()
    assert Revision("{a: sym, b: sym}").found(search)
    dates = f"t: {DATE}, u: {{v: {DATE}, w: [{DATE}]}}"
    document = Revision(f"{{a: sym, b: other, {dates}, x: 1.5e0}}")
    assert document.found(search)
    assert document.tries < 15


def test_a_document_that_fits_as_it_is_is_returned_itself() -> None:
    # Given tables in which nothing was learned, and in which other types were
    new, known = Retyping(), Retyping()
    assert Revision("{a: sym, b: [{c: 1e0}]}").found(known)
    for told in ('{"a": "sym", "b": [{"c": 1.0}]}', '{"x": 1, "b": [{"x": 1}]}', "{}"):
        # When a document has the types of JSON / then it is not rewritten
        data = json_document(told.encode())
        for search in (new, known):
            assert search.find("table", data, ion_hash(data).__eq__) is data


def test_tables_are_learned_apart() -> None:
    search = Retyping()
    document = "{a: sym, b: other}"
    assert Revision(document).found(search, "one")
    elsewhere = Revision(document)
    assert elsewhere.found(search, "two")
    assert elsewhere.tries > 1
    unknown = Revision(document)
    assert unknown.found(search, None)
    assert unknown.tries > 1


def test_what_is_learned_hides_nothing_that_is_found_without_it() -> None:
    # Given a table in which other types were learned at the same paths
    search = Retyping()
    assert Revision("{a: sym, b: {{AAECAwQ=}}, c: 1e0, d: null.int}").found(search)
    # When a document has the types of JSON there, or others / then it is found
    for document in ('{a: "sym", b: "AAECAwQ=", c: 1, d: null.string}', "{a: b, b: c, c: 1d0}"):
        assert Revision(document).found(search)


def test_a_document_that_is_not_found_leaves_nothing_behind() -> None:
    search = Retyping()
    assert Revision("{a: sym}").found(search)
    learned = search.learned
    for each in range(20):
        assert not Revision("{}", told=f'{{"a": {{"id{each}": 1}}}}').found(search)
    assert search.learned == learned
    assert list(search._tables["table"].inner) == ["a"]
    assert not search._tables["table"].inner["a"].inner


def test_no_more_than_a_limit_of_paths_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retyping, "_MAX_PLACES", 10)
    search = Retyping()
    for each in range(30):
        assert Revision(f"{{ids: {{id{each}: 1e0}}}}").found(search)
    assert len(search._tables["table"].inner["ids"].inner) <= 10


def test_a_quick_search_tries_no_more_than_it_is_told() -> None:
    document = Revision("{}", told='{"a": "2020", "b": 1.5, "c": [null], "d": {"e": "sym"}}')
    assert not document.found(Retyping(), max_tries=10)
    assert document.tries == 10  # of which the first is the document as it is


def test_what_is_learned_can_be_pickled_and_merged() -> None:
    # Given what one process learned
    one, other = Retyping(), Retyping()
    assert Revision("{a: sym, b: [{c: 1e0}]}").found(one)
    learned = pickle.loads(pickle.dumps(one.learned))  # noqa: S301 (made here)
    assert not Revision("{}", told='{"a": "text"}').found(other)
    # When another one merges it, twice
    assert other.merge(learned)
    assert not other.merge(learned)
    # Then it knows the same
    assert other.learned == one.learned
    document = Revision("{a: other, b: [{c: 2e0}]}")
    assert document.found(other)
    assert document.tries == 1


def verified(parts: list[list[str]]) -> list[str]:
    """Return the documents that are found if each part is searched by a process of its own."""
    searches = [Retyping() for _ in parts]
    shared = Retyping()
    waiting = parts
    is_new = True
    while is_new:
        for search in searches:
            search.merge(shared.learned)
        waiting = [
            [each for each in part if not Revision(each).found(search, max_tries=20)]
            for part, search in zip(waiting, searches, strict=True)
        ]
        is_new = False
        for search in searches:
            is_new |= shared.merge(search.learned)
    left = {each for part in waiting for each in part}
    return sorted(each for part in parts for each in part if each not in left)


@given(st.permutations(range(15)), st.integers(2, 4))
@settings(max_examples=10)
def test_the_result_does_not_depend_on_how_the_work_was_divided(
    order: list[int], count: int
) -> None:
    # Given documents that need more tries than are allowed, unless others were found first
    chain = ["a: sym", "b: (1)", 'c: {{"clob"}}', "d: null.int", "e: 1d0"]
    documents = [
        f"{{{', '.join(chain[start:end])}}}" for start in range(5) for end in range(start + 1, 6)
    ]
    documents = [documents[each] for each in order]
    assert not Revision(f"{{{', '.join(chain)}}}").found(Retyping(), max_tries=20)
    # When they are searched by one process, or divided among several that share what they learned
    parts = [documents[each::count] for each in range(count)]
    # Then the same are found: all
    assert verified([documents]) == verified(parts) == sorted(documents)


def test_searches_become_short_where_none_of_a_table_has_a_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a table of documents whose types are lost for good
    monkeypatch.setattr(retyping, "MAX_LONG_FAILURES", 3)
    search = Retyping()
    told = '{"a": "2020", "b": 1.5, "c": [null], "d": {"e": "sym"}}'
    lost = [Revision(f"{{a: note::{each}}}", told=told) for each in range(5)]
    # When they are searched one after the other / then only the first searches are long
    assert not any(each.found(search) for each in lost)
    assert [each.tries > QUICK_TRIES for each in lost] == [True, True, True, False, False]
    # And documents of other tables are searched as before
    other = Revision("{}", told=told)
    assert not other.found(search, "other")
    assert other.tries > QUICK_TRIES
    # And those of this one, once a result is found
    assert Revision("{a: sym}").found(search)
    again = Revision("{}", told=told)
    assert not again.found(search)
    assert again.tries > 3 * QUICK_TRIES
