"""The guess whether items are missing follows what the last writes found."""

from __future__ import annotations

from handler.missing_items import MissingItems

NEW, OTHER = ("person", True), ("person", False)


def test_first_versions_are_missing_and_others_are_not_until_more_is_known() -> None:
    missing = MissingItems()
    assert (missing.likely(NEW), missing.likely(OTHER)) == (True, False)


def test_what_was_found_corrects_the_guess_of_its_own_group_only() -> None:
    missing = MissingItems()
    for _ in range(7):
        missing.record(NEW, missing=False)
        missing.record(("vehicle", False), missing=True)
    assert not missing.likely(NEW)
    assert missing.likely(("vehicle", False))
    assert not missing.likely(OTHER)
    assert missing.likely(("vehicle", True))


def test_a_few_exceptions_do_not_turn_the_guess() -> None:
    missing = MissingItems()
    for _ in range(6):
        missing.record(NEW, missing=False)
    assert missing.likely(NEW)
