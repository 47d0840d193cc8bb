"""Proves that the README lists what the provider implements."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi_aws_standin.invokes import FUNCTIONS
from pulumi_aws_standin.registry import RESOURCES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_listed_type_exists() -> None:
    listed = [line.split("`")[1] for line in README.splitlines() if line.startswith("| `aws:")]
    assert listed == sorted(RESOURCES)


@pytest.mark.parametrize("type_name", sorted(RESOURCES))
def test_a_type_is_listed_with_all_of_its_inputs(type_name: str) -> None:
    inputs = ", ".join(f"`{declared.name}`" for declared in RESOURCES[type_name].properties)
    assert f"| `{type_name}` | {inputs} |" in README.splitlines()


@pytest.mark.parametrize("token", sorted(FUNCTIONS))
def test_a_function_is_listed(token: str) -> None:
    assert f"`{token.rsplit(':', 1)[-1]}`" in README
