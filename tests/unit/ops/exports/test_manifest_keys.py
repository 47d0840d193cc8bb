"""The keys of a manifest are matched with the objects that are there."""

from __future__ import annotations

import pytest

from ops.exports.manifest_keys import ManifestKeys, Match, ObjectIndex

STRAND = "2ilSU3AWdLPCuTZig4osfI"
ONE, TWO = f"{STRAND}.0-1.ion", f"{STRAND}.2-3.ion"


def match(objects: list[str], key: str, *, manifest: str = "m", prefix: str = "") -> Match:
    return ManifestKeys(ObjectIndex(objects), manifest, prefix).match(key)


@pytest.mark.parametrize(
    ("objects", "key", "found"),
    [
        pytest.param([f"exports/{ONE}"], f"exports/{ONE}", f"exports/{ONE}", id="as it is"),
        pytest.param([f"exports/{ONE}"], ONE, f"exports/{ONE}", id="without the prefix"),
        pytest.param([ONE], f"exports/2021/{ONE}", ONE, id="a copy of the folder's end"),
        pytest.param(
            [f"x/2021/{ONE}"], f"exports/2021/{ONE}", f"x/2021/{ONE}", id="another folder"
        ),
        pytest.param([f"x{ONE}"], f"exports{ONE}", f"x{ONE}", id="prefixes without a slash"),
        pytest.param([f"{ONE}.gz"], f"exports/{ONE}", f"{ONE}.gz", id="compressed by hand"),
        pytest.param([ONE, f"{ONE}.gz"], f"exports/{ONE}", ONE, id="compressed and not"),
        pytest.param([f"{ONE}.gz", ONE], ONE, ONE, id="compressed and not, in another order"),
        pytest.param(["x/renamed"], "exports/renamed", "x/renamed", id="a name that tells nothing"),
    ],
)
def test_an_object_is_found_by_the_end_of_its_key(objects: list[str], key: str, found: str) -> None:
    assert match(objects, key) == Match(found)


def test_an_object_that_is_not_there_is_missing() -> None:
    assert match([f"exports/{ONE}"], f"exports/{TWO}") == Match(None)
    assert match([], f"exports/{TWO}") == Match(None)


def test_the_longest_common_end_is_the_best() -> None:
    objects = [f"a/2020/{ONE}", f"a/2021/{ONE}"]
    assert match(objects, f"exports/2021/{ONE}") == Match(f"a/2021/{ONE}")
    # folders are compared as wholes
    objects = [f"older-2021/{ONE}", f"z/21/{ONE}", f"x/2021/{ONE}"]
    assert match(objects, f"exports/2021/{ONE}") == Match(f"x/2021/{ONE}")


def test_among_equal_ends_the_one_beside_the_manifest_is_meant() -> None:
    objects = [f"a/{ONE}", f"b/{ONE}"]
    assert match(objects, f"exports/{ONE}", manifest="b/x.completed.manifest") == Match(f"b/{ONE}")


def test_the_manifests_prefix_may_be_left_out_of_its_keys() -> None:
    objects = [f"a/{ONE}", f"b/{ONE}"]
    assert match(objects, ONE, manifest="b/m", prefix="b/") == Match(f"b/{ONE}")
    assert match(objects, ONE, manifest="a/m", prefix="a/") == Match(f"a/{ONE}")
    # also a prefix that ends without a slash
    objects = [f"a-{ONE}", f"b-{ONE}"]
    assert match(objects, ONE, manifest="b-m", prefix="b-") == Match(f"b-{ONE}")


def test_what_fits_equally_well_is_told() -> None:
    assert match([f"a/{ONE}", f"b/{ONE}"], f"exports/{ONE}") == Match(f"a/{ONE}", (f"b/{ONE}",))


def test_all_keys_follow_the_way_of_the_first() -> None:
    # given two copies, of which the manifest is beside none
    objects = [f"a/1/{ONE}", f"b/1/{ONE}", f"a/2/{TWO}", f"b/2/{TWO}"]
    keys = ManifestKeys(ObjectIndex(objects), "b/manifest", "b/")
    assert keys.match(f"exports/1/{ONE}") == Match(f"b/1/{ONE}")
    # then the second is found without a comparison of all candidates
    assert keys._moved == ("exports", "b")
    assert keys.match(f"exports/2/{TWO}") == Match(f"b/2/{TWO}")
