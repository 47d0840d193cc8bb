"""Indexes that DynamoDB would refuse are refused before a deployment, with what is wrong.

Proves the checks. Cannot prove DynamoDB's own, which its pages tell.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from infra.index_settings import IndexSettings, key_limits
from infra.replica_settings import ReplicaTableSettings
from tests.unit.infra.test_settings import tables_problem

WHERE = "replicaTables[0].indexes[0]"
ATTRIBUTES = {name: name for name in ("a", "b", "c", *(f"x{n}" for n in range(90)))}


def index(name: str = "by-a", key: str = "a", **changed: object) -> dict[str, object]:
    """Return an index with one key."""
    return {"name": name, "partitionKey": {"attribute": key}, **changed}


def accepted(*indexes: dict[str, object]) -> tuple[IndexSettings, ...]:
    """Return indexes that are valid."""
    entry: dict[str, Any] = {"ledgerTable": "T", "attributes": ATTRIBUTES, "indexes": indexes}
    return ReplicaTableSettings.model_validate(entry).indexes


def problem(*indexes: object) -> str:
    """Return the only problem of indexes."""
    return tables_problem(attributes=ATTRIBUTES, indexes=list(indexes))


def test_an_index_has_strings_as_keys_and_every_attribute_by_default() -> None:
    [found] = accepted(index())

    assert [(key.attribute, key.type) for key in found.keys] == [("a", "S")]
    assert found.projection == "ALL"


@pytest.mark.parametrize("name", ["abc", "a" * 255, "A.b_c-1"])
def test_names_that_dynamodb_takes_are_accepted(name: str) -> None:
    assert [found.name for found in accepted(index(name))] == [name]


@pytest.mark.parametrize("name", ["ab", "a" * 256, "a b", "ä-index", "", 7, None])
def test_other_names_are_refused(name: object) -> None:
    assert problem({"name": name, "partitionKey": {"attribute": "a"}}) == (
        f"{WHERE}.name is {json.dumps(name)}; expected an index name of 3 to 255 letters, digits, "
        f"underscores, hyphens or dots: pulumi config set --path '{WHERE}.name' by-email"
    )


def test_two_indexes_of_a_table_have_two_names() -> None:
    assert problem(index(), index(key="b")) == (
        "replicaTables[0] has 2 indexes named 'by-a'; expected distinct names"
    )


@pytest.mark.parametrize("missing", ["name", "partitionKey"])
def test_an_index_has_a_name_and_a_partition_key(missing: str) -> None:
    rest = {key: value for key, value in index().items() if key != missing}

    assert problem(rest).startswith(f"{WHERE}.{missing} is missing; expected ")


def test_a_key_is_an_object_with_an_attribute() -> None:
    assert problem(index(sortKey="b")) == (
        f'{WHERE}.sortKey is "b"; expected an object with the keys attribute, type'
    )
    assert problem(index(sortKey={"type": "S"})) == (
        f"{WHERE}.sortKey.attribute is missing; expected the name of an attribute of this table's "
        "`attributes`"
    )


@pytest.mark.parametrize("kind", ["s", "BOOL", "SS", None, 1])
def test_a_key_is_a_string_a_number_or_binary(kind: object) -> None:
    assert problem(index(sortKey={"attribute": "b", "type": kind})) == (
        f"{WHERE}.sortKey.type is {json.dumps(kind)}; expected S, N or B"
    )


@pytest.mark.parametrize(
    ("wrong", "where", "keys"),
    [
        ({"sort": {}}, WHERE, "name, partitionKey, sortKey, projection"),
        ({"sortKey": {"attribute": "b", "x": 1}}, f"{WHERE}.sortKey", "attribute, type"),
    ],
)
def test_an_unknown_key_is_refused(wrong: dict[str, object], where: str, keys: str) -> None:
    found = problem(index() | wrong)

    assert found.startswith(f"{where} has the unknown key ")
    assert found.endswith(f"; its keys are {keys}")


@pytest.mark.parametrize("value", [{}, "by-a", 3, None])
def test_indexes_are_a_list(value: object) -> None:
    assert tables_problem(attributes=ATTRIBUTES, indexes=value) == (
        f"replicaTables[0].indexes is {json.dumps(value)}; expected a list of indexes, each with "
        "the keys name and partitionKey"
    )


def test_keys_are_projected_attributes() -> None:
    found = tables_problem(attributes={"a": "a", "z": "z"}, indexes=[index(key="b")])

    assert found == (
        "replicaTables[0] has the index 'by-a' with the key 'b', which is not among its attributes "
        "(a, z)"
    )


def test_a_sort_key_is_a_projected_attribute_too() -> None:
    assert "with the key 'txTime', which is not among" in problem(
        index(sortKey={"attribute": "txTime"})
    )


def test_whole_documents_have_no_indexes() -> None:
    assert tables_problem(indexes=[index()]) == (
        "replicaTables[0] has `indexes` but no `attributes`; the keys of an index are projected "
        "attributes: list what to project in `attributes`"
    )


def test_an_index_has_two_different_keys() -> None:
    assert problem(index(sortKey={"attribute": "a"})) == (
        f"{WHERE} has 'a' as partition key and as sort key; name two"
    )


def test_an_attribute_has_one_type_in_all_keys() -> None:
    number = {"attribute": "a", "type": "N"}
    accepted(index(), index("by-b", "b", sortKey={"attribute": "a"}))

    assert problem(index(), index("by-b", "b", sortKey=number)) == (
        "replicaTables[0] has indexes that take 'a' for type S and for type N; an attribute has "
        "one type in all keys"
    )


def test_a_table_has_at_most_twenty_indexes() -> None:
    indexes = [index(f"by-{n}") for n in range(21)]
    accepted(*indexes[:20])

    assert problem(*indexes) == "replicaTables[0] has 21 indexes; 20 are allowed"


@pytest.mark.parametrize("value", ["all", "INCLUDE", [], [1], {}, None, 0, ["b", None]])
def test_other_projections_are_refused(value: object) -> None:
    assert problem(index(projection=value)) == (
        f"{WHERE}.projection is {json.dumps(value)}; expected ALL, KEYS_ONLY or a list of "
        "attribute names"
    )


@pytest.mark.parametrize("name", ["pk", "a", "b"])
def test_what_every_index_holds_is_not_listed(name: str) -> None:
    found = problem(index(sortKey={"attribute": "b"}, projection=["c", name]))

    assert found.startswith(f"{WHERE} lists {name!r} in its projection; every index holds its own")


def test_an_attribute_is_listed_once() -> None:
    assert problem(index(projection=["b", "c", "b"])) == (
        f"{WHERE} lists 'b' 2 times in its projection; once is enough"
    )


def test_an_index_can_list_attributes_and_metadata_and_nothing_else() -> None:
    [found] = accepted(index(projection=["b", "txTime", "version"]))
    assert found.included == ("b", "txTime", "version")

    assert "that projects 'nothing', which is neither among its attributes" in problem(
        index(projection=["nothing"])
    )


def test_an_index_lists_at_most_twenty_attributes() -> None:
    names = [f"x{n}" for n in range(21)]
    accepted(index(projection=names[:20]))

    assert problem(index(projection=names)) == (
        f"{WHERE} lists 21 attributes in its projection; 20 are allowed: use ALL"
    )


def test_all_indexes_of_a_table_list_at_most_a_hundred_attributes() -> None:
    twenty = [f"x{n}" for n in range(20)]
    five = [index(f"by-{n}", projection=twenty) for n in range(5)]
    accepted(*five)

    assert problem(*five, index("by-x", projection=["b"])) == (
        "replicaTables[0] has indexes that list 101 attributes together; 100 are allowed: use ALL "
        "for some"
    )


@pytest.mark.parametrize("character", ["n", "ä"])
def test_a_name_in_an_index_has_at_most_255_bytes(character: str) -> None:
    longest = character * (255 // len(character.encode()))
    attributes = {longest: "a", longest + character: "a", "b": "b"}
    ReplicaTableSettings.model_validate(
        {"ledgerTable": "T", "attributes": attributes, "indexes": [index(key=longest)]}
    )

    for wrong in (index(key=longest + character), index(key="b", projection=[longest + character])):
        assert tables_problem(attributes=attributes, indexes=[wrong]).endswith(
            "; 255 are allowed in an index"
        )


def test_a_key_is_as_long_as_its_shortest_use_allows() -> None:
    indexes = TypeAdapter(list[IndexSettings]).validate_python(
        [
            index("by-a", "a", sortKey={"attribute": "b"}),
            index("by-b", "b"),
            index("by-c", "c", sortKey={"attribute": "a"}),
        ]
    )

    assert key_limits(indexes) == {"a": ["S", 1024], "b": ["S", 1024], "c": ["S", 2048]}
