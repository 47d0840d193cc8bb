"""The length of the longest statement is that of one which the handler sends."""

from __future__ import annotations

import pytest

from handler.contract import DATA_HASH_ATTRIBUTE
from handler.history_requests import insert_revision_statement
from handler.statements import longest_statement
from tests.unit.handler.test_history import LIVE


@pytest.mark.parametrize("name", ["a", "a" * 500, "'" * 500])
def test_no_statement_of_the_history_has_a_data_hash_and_projected_attributes(name: str) -> None:
    # given what a live and a redacted revision lead to
    live = LIVE._replace(content={name: {"S": "Ann"}})
    redacted = LIVE._replace(content={DATA_HASH_ATTRIBUTE: {"B": b"hash"}})
    texts = [insert_revision_statement(write)[0] for write in (live, redacted)]
    # when
    length = longest_statement([name], "history", has_history=True)
    # then
    without_history = longest_statement([name], "history")
    assert length == max(without_history, *map(len, texts))
