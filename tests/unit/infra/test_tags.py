"""Tags are checked, and every taggable resource has them.

The list of taggable resource types comes from pulumi-aws, so that a new resource without tags fails
here. Cannot prove that AWS stores them: the integration tests of the stand-in provider and
tests/e2e do, on the emulator.
"""

from __future__ import annotations

import importlib
import inspect
from datetime import UTC, datetime

import pytest

from infra.settings import Settings, SettingsError
from tests.support.pulumi_mocks import STACK, TAGS, as_text, deploy_dev, dev_settings


def takes_tags(type_: str) -> bool:
    """Return whether pulumi-aws has the input ``tags`` for a resource type."""
    module, _, name = type_.removeprefix("aws:").partition("/")[0], "", type_.rpartition(":")[2]
    package = importlib.import_module(f"pulumi_aws.{'lambda_' if module == 'lambda' else module}")
    return "tags" in inspect.signature(getattr(package, name)._internal_init).parameters


def tags_by_resource(**changed: object) -> dict[str, object]:
    return {
        f"{resource.type} {resource.name}": resource.inputs.get("tags")
        for resource in deploy_dev(**changed).resources
        if resource.type.startswith("aws:") and takes_tags(resource.type)
    }


def problem(tags: object) -> str:
    with pytest.raises(SettingsError) as raised:
        Settings.parse(dev_settings() | {"tags": as_text(tags)}, now=datetime.now(UTC))
    [found] = raised.value.problems
    return found


def test_every_taggable_resource_has_its_project_and_stack_as_tags() -> None:
    tags = tags_by_resource()

    assert len(tags) >= 9
    assert {resource: found for resource, found in tags.items() if found != TAGS} == {}


def test_the_users_tags_reach_every_taggable_resource() -> None:
    tags = tags_by_resource(tags={"owner": "team-a", "cost center": "42"})

    expected = {"owner": "team-a", "cost center": "42", **TAGS}
    assert {resource: found for resource, found in tags.items() if found != expected} == {}


@pytest.mark.parametrize("key", ["project", "stack", "Project", "STACK"])
def test_the_programs_own_tags_cannot_be_set(key: str) -> None:
    assert problem({key: STACK}) == (
        f"tags has the key {key!r}, which this program sets itself; choose another"
    )


def test_keys_that_iam_takes_for_one_are_refused() -> None:
    assert problem({"owner": "a", "Owner": "b"}) == (
        "tags has the keys 'owner' and 'Owner', which IAM takes for one"
    )


@pytest.mark.parametrize("key", ["", "aws:owner", "AWS:x", "k" * 129, "a*b", "a\nb"])
def test_a_key_that_aws_refuses_is_refused(key: str) -> None:
    assert problem({key: "x"}).startswith(f"tags has the key {key!r}; expected 1 to 128 ")


@pytest.mark.parametrize("value", ["v" * 257, "a*b", "a\n"])
def test_a_value_that_aws_refuses_is_refused(value: str) -> None:
    assert problem({"owner": value}).startswith(f"tags.owner is {value!r}; expected at most 256 ")


def test_a_value_is_a_string() -> None:
    assert problem({"owner": 42}) == "tags.owner is 42; expected a string"


@pytest.mark.parametrize("tags", ["owner", ["owner"], {f"key{n}": "x" for n in range(49)}])
def test_other_tags_are_refused_with_an_example(tags: object) -> None:
    found = problem(tags)

    assert found.startswith(f"tags is {as_text(tags)}; expected a map of at most 48 tag keys ")
    assert "pulumi config set --path tags.owner team-a" in found
