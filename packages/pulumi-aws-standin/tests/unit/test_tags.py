"""Proves the calls for a change of tags, and the refusal of invalid tags."""

from __future__ import annotations

import pytest
from pulumi_aws_standin.errors import PropertyError, ServiceError
from pulumi_aws_standin.schema import check_value
from pulumi_aws_standin.session import Session
from pulumi_aws_standin.tags import TAGS, Tagging
from pulumi_aws_standin.wire import UNKNOWN


class TaggedResource:
    """A resource of a service that is a dictionary of tags.

    Parameters
    ----------
    tags
        Tags at the start.
    """

    def __init__(self, **tags: str) -> None:
        self.tags = tags
        self.calls: list[object] = []
        self.tagging = Tagging(
            target="id",
            fetch=lambda _, __: self.tags,
            add=lambda _, target, added: self.calls.append((target, added)),
            remove=lambda _, target, keys: self.calls.append((target, keys)),
        )


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(emulator="http://127.0.0.1:1", qldb="http://127.0.0.1:2")


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        ({}, {"a": "1"}, [("id", {"a": "1"})]),
        (None, {"a": "1"}, [("id", {"a": "1"})]),
        ({"a": "1"}, {"a": "2"}, [("id", {"a": "2"})]),
        ({"a": "1", "b": "2"}, {"a": "1"}, [("id", ["b"])]),
        ({"a": "1", "b": "2"}, None, [("id", ["a", "b"])]),
        ({"a": "1"}, {"b": "1"}, [("id", ["a"]), ("id", {"b": "1"})]),
        ({"a": "1"}, {"a": "1"}, []),
    ],
)
def test_only_what_differs_is_removed_and_added(
    session: Session, before: object, after: object, calls: list[object]
) -> None:
    resource = TaggedResource()
    resource.tagging.update(session, "id", before, after)
    assert resource.calls == calls


def test_tags_that_aws_sets_are_not_the_programs(session: Session) -> None:
    resource = TaggedResource(**{"aws:cloudformation:stack-name": "s", "mine": "1"})
    assert resource.tagging.read(session, "id") == {"mine": "1"}


def test_a_refused_tag_names_the_property(session: Session) -> None:
    def refuse(*arguments: object) -> None:
        raise ServiceError("TooManyTags", f"{len(arguments)} are enough")

    tagging = Tagging(target="id", fetch=lambda _, __: {}, add=refuse, remove=refuse)
    with pytest.raises(PropertyError, match="applying tags: TooManyTags"):
        tagging.update(session, "id", {}, {"a": "1"})


@pytest.mark.parametrize(
    ("tags", "path", "reason"),
    [
        ({"AWS:owner": "x"}, "tags.AWS:owner", "reserved by AWS"),
        ({"": "x"}, "tags.", "a key must match"),
        ({"k" * 129: "x"}, f"tags.{'k' * 129}", "a key must match"),
        ({"k": "x" * 257}, "tags.k", "a value must match"),
        ({"k": "a&b"}, "tags.k", "a value must match"),
        ({"k": 1}, "tags.k", "expected a string"),
        (["k"], "tags", "expected a map of strings"),
    ],
)
def test_a_tag_that_aws_would_refuse_is_refused_by_name(
    tags: object, path: str, reason: str
) -> None:
    problems = list(check_value(TAGS.type, "tags", tags))
    assert [problem.path for problem in problems] == [path]
    assert reason in problems[0].reason


@pytest.mark.parametrize(
    "tags", [UNKNOWN, {"k": UNKNOWN}, {"k" * 128: "x" * 256}, {"k": ""}, {"é_.:/=+-@ 1": "ä"}]
)
def test_other_and_unknown_tags_are_accepted(tags: object) -> None:
    assert not list(check_value(TAGS.type, "tags", tags))
