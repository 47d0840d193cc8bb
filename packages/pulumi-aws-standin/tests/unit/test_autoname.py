"""Proves the generation of physical names; the limits are declared by the resources."""

from __future__ import annotations

import re

import pytest
from pulumi_aws_standin.autoname import Autoname, NameTooLongError, physical_name

URN = "urn:pulumi:dev::p::t::Person"


def test_a_name_is_the_logical_name_and_seven_digits() -> None:
    name = physical_name("Person", Autoname(max_length=255), seed=b"s", urn=URN)
    assert re.fullmatch(r"Person-[0-9a-f]{7}", name)


def test_one_seed_gives_one_name_so_that_preview_and_update_agree() -> None:
    names = {physical_name("a", Autoname(max_length=99), seed=b"s", urn=URN) for _ in range(3)}
    assert len(names) == 1
    assert physical_name("a", Autoname(max_length=99), seed=b"other", urn=URN) not in names


def test_two_resources_of_one_name_and_seed_differ() -> None:
    rule = Autoname(max_length=99)
    assert physical_name("a", rule, seed=b"s", urn="u1") != physical_name(
        "a", rule, seed=b"s", urn="u2"
    )


def test_without_a_seed_names_are_random() -> None:
    rule = Autoname(max_length=99)
    assert physical_name("a", rule, seed=b"", urn=URN) != physical_name(
        "a", rule, seed=b"", urn=URN
    )


def test_a_bucket_gets_no_capitals() -> None:
    name = physical_name("Failures", Autoname(max_length=63, lower_case=True), seed=b"s", urn=URN)
    assert name.startswith("failures-")


def test_a_name_of_the_longest_length_is_accepted_and_one_more_is_refused() -> None:
    rule = Autoname(max_length=32)
    assert len(physical_name("x" * 24, rule, seed=b"s", urn=URN)) == 32
    with pytest.raises(NameTooLongError, match="exceeds the 32 characters"):
        physical_name("x" * 25, rule, seed=b"s", urn=URN)
