"""Settings of every kind of nonsense: a problem is a sentence, never a traceback."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from infra import section
from infra.settings import Settings, SettingsError, sections_by_name
from tests.support.pulumi_mocks import dev_settings

NAMES = [name for type_ in sections_by_name().values() for name in section.names(type_)]

WORDS = [
    *("ledgerTable", "attributes", "retiredAttributes", "data", "indexes", "history", "tableName"),
    *(
        "tombstoneLifetimeDays",
        "name",
        "partitionKey",
        "sortKey",
        "projection",
        "attribute",
        "type",
    ),
    "",
]
keys = st.sampled_from(WORDS) | st.text()
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
index_keys = st.fixed_dictionaries({"attribute": keys}, optional={"type": documents})
indexes = st.fixed_dictionaries(
    {"name": st.just("by-name"), "partitionKey": index_keys | documents},
    optional={"sortKey": index_keys | documents, "projection": st.lists(keys) | documents},
)
entries = st.lists(
    st.fixed_dictionaries(
        {"ledgerTable": st.just("Person") | documents},
        optional={
            "attributes": st.dictionaries(keys, documents, max_size=3),
            "retiredAttributes": st.lists(documents, max_size=3),
            "indexes": st.lists(indexes | documents, max_size=3) | documents,
            "history": documents,
            "tombstoneLifetimeDays": documents,
            "tableName": documents,
            "importFrom": documents,
        },
    ),
    max_size=3,
)
values = (
    st.text()
    | st.integers().map(str)
    | documents.map(json.dumps)
    | entries.map(json.dumps)
    | st.sampled_from(["9" * 5000, "[" * 5000])
)


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), values, max_size=3))
@example({"tombstoneLifetimeDays": ""})
@example({"replicaTables": "[" * 5000})
def test_no_settings_end_in_another_error(changed: dict[str, str]) -> None:
    # when / then: they are accepted, or refused with one sentence for each problem
    with contextlib.suppress(SettingsError):
        Settings.parse(dev_settings() | changed, now=datetime.now(UTC))
