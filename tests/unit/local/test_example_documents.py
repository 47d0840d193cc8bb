"""Example documents have a value wherever a stack projects one."""

from __future__ import annotations

from decimal import Decimal

from local.example_documents import ExampleDocuments
from local.replica import ReplicatedTable


def examples(
    attributes: dict[str, list[str]] | None, **index_keys: tuple[str, int]
) -> ExampleDocuments:
    return ExampleDocuments(
        ReplicatedTable(table_name="t", attributes=attributes, index_keys=index_keys)
    )


def test_a_table_with_whole_documents_needs_nothing_more() -> None:
    assert examples(None).complete({"a": 1}) == {"a": 1}


def test_every_path_gets_a_value_and_what_is_there_stays() -> None:
    # given a document, and paths that lead into it, past it, and through one of its values
    document: dict[str, object] = {"name": "Ann", "city": "Bangor"}
    paths = {"n": ["name"], "deep": ["x", "y", "z"], "in": ["x", "w"], "c": ["city", "part"]}
    # when it is completed
    found = examples(paths).complete(document)
    # then each path has a value
    assert found["name"] == "Ann"
    assert isinstance(found["x"], dict)
    assert set(found["x"]) == {"y", "w"}
    assert isinstance(found["x"]["y"], dict)
    assert "z" in found["x"]["y"]
    assert isinstance(found["city"], dict)
    assert "part" in found["city"]
    # and the document itself is as it was
    assert document == {"name": "Ann", "city": "Bangor"}


def test_documents_have_values_of_many_types() -> None:
    example = examples({"v": ["v"]})

    values = [example.complete({})["v"] for _ in range(20)]

    assert len({type(value) for value in values}) >= 8


def test_keys_of_indexes_mostly_have_their_type_and_sometimes_do_not_fit() -> None:
    # given an index over a text, a number and bytes
    example = examples(
        {"s": ["s"], "n": ["n"], "b": ["b"]}, s=("S", 2048), n=("N", 2048), b=("B", 1024)
    )
    # when many documents are completed
    documents = [example.complete({}) for _ in range(40)]
    # then each key has values that fit, and such that do not
    for name, kind, size in (("s", str, 2048), ("b", bytes, 1024)):
        lengths = [len(each[name]) for each in documents if isinstance(each[name], kind)]  # type: ignore[arg-type]
        assert len(lengths) == 40
        assert min(lengths) <= size < max(lengths)
    kinds = [type(each["n"]) for each in documents]
    assert set(kinds) == {Decimal, str}
    assert kinds.count(Decimal) > kinds.count(str)
