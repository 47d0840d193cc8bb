"""Each setting changes what it should, and nothing else; what it replaces is in its description.

Proves the inputs of the program's resources, with Pulumi's mocks. tests/e2e proves that the engine
and the stand-in provider update and replace them so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.settings_page import described_settings
from tests.support import setting_changes
from tests.support.import_manifests import HISTORY, manifest
from tests.support.pulumi_mocks import (
    KEY_ARN,
    LEDGER,
    REGION,
    UPSTREAM,
    Deployment,
    as_text,
    deploy,
    deploy_dev,
    dev_settings,
)
from tests.support.setting_changes import HANDLED_PERSON, MADE_OR_DELETED, Change, expanded, label

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = setting_changes.base(KEY_ARN, f"arn:aws:sns:{REGION}:123456789012:on-call")
OTHER_UPSTREAM = "organization/apigw-lambda-qldb/other"
CHANGES = [
    *setting_changes.changes(KEY_ARN.replace("1234abcd", "5678abcd")),
    *setting_changes.alone(OTHER_UPSTREAM),
]


OBJECTS = {"s3://imports/all/history/manifest.json": manifest([HANDLED_PERSON], HISTORY)}
"""What an import of the history looks at."""


@pytest.fixture(scope="module")
def before() -> dict[str, dict[str, Any]]:
    return inputs(deploy_dev(**BASE))


def inputs(deployed: Deployment) -> dict[str, dict[str, Any]]:
    """Return the inputs of the AWS resources by their label."""
    return {
        label(each.type, each.name): each.inputs
        for each in deployed.resources
        if each.type.startswith("aws:")
    }


def changed(setting: str, value: object) -> dict[str, dict[str, Any]]:
    """Return the inputs after one setting has changed."""
    settings = {**BASE, setting: value}
    texts = dev_settings() | {name: as_text(each) for name, each in settings.items()}
    upstream = {UPSTREAM: {"ledgerName": LEDGER}, OTHER_UPSTREAM: {"ledgerName": "other"}}
    return inputs(deploy(texts, upstream=upstream, objects=OBJECTS))


def differing(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for name, old in before.items():
        new = after[name]
        names = {each for each in old.keys() | new.keys() if old.get(each) != new.get(each)}
        if names:
            yield name, names


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.setting)
def test_a_setting_changes_what_it_should_and_nothing_else(
    before: dict[str, dict[str, Any]], change: Change
) -> None:
    after = changed(change.setting, change.value)

    assert after.keys() == before.keys()
    assert dict(differing(before, after)) == expanded([change.effects], before)


@pytest.mark.parametrize("setting", MADE_OR_DELETED)
def test_a_setting_makes_or_deletes_its_resources_alone(
    before: dict[str, dict[str, Any]], setting: str
) -> None:
    after = changed(setting, value=False)

    gone = {name.partition(" ")[0] for name in before.keys() - after.keys()}
    assert MADE_OR_DELETED[setting] in gone
    assert gone <= {MADE_OR_DELETED[setting], "Topic", "TopicPolicy", "TopicSubscription"}
    left = {name for name, _ in differing({name: before[name] for name in after}, after)}
    # The dashboard shows the alarms.
    assert left <= {"Dashboard qldb-dashboard"}


def test_every_setting_is_among_those_that_are_changed() -> None:
    assert {change.setting for change in CHANGES} | MADE_OR_DELETED.keys() == (
        described_settings().keys()
    )


@pytest.mark.parametrize("setting", described_settings())
def test_a_description_says_replace_where_a_change_replaces_something(setting: str) -> None:
    replaces = any(change.replaces for change in CHANGES if change.setting == setting)

    assert ("replaces" in described_settings()[setting]["description"]) == replaces
