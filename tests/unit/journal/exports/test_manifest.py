"""Manifests in the formats of exports."""

from __future__ import annotations

import pytest

from journal.errors import IonError
from journal.exports.manifest import StartedManifest, completed_keys, started_manifest
from journal.exports.small_file import small_file_value
from tests.support.ion import binary

KEYS = ["exports/2021/a.0-1.ion", "exports/2021/ü.2-3.ion"]

STARTED_ION = """{ledgerName: "registry", exportId: "1XTAdzxh1X4KNZlUyBKwR0",
    inclusiveStartTime: 2021-02-03T00:00:00Z, exclusiveEndTime: 2021-02-04T00:00:00.000Z,
    bucket: "exports-bucket", prefix: "exports/", objectEncryptionType: "SSE_S3",
    outputFormat: "ION_BINARY"}"""


def test_the_keys_of_a_binary_manifest_keep_their_order() -> None:
    content = binary('{keys: ["exports/2021/a.0-1.ion", annotated::"exports/2021/ü.2-3.ion"]}')
    assert completed_keys(small_file_value(content)) == KEYS


def test_the_keys_of_a_json_manifest_keep_their_order() -> None:
    content = '\ufeff{"keys":["exports/2021/a.0-1.ion","exports/2021/\\u00fc.2-3.ion"]}\n'
    assert completed_keys(small_file_value(content.encode())) == KEYS


@pytest.mark.parametrize("text", ["{keys: []}", '{"keys":[]}'])
def test_an_export_may_have_no_keys(text: str) -> None:
    content = text.encode() if text.startswith('{"') else binary(text)
    assert completed_keys(small_file_value(content)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{keys: "a"}',
        "{keys: [1]}",
        "{keys: [null.string]}",
        "{keys: null.list}",
        "[1]",
        "{keys: {}}",
    ],
)
def test_what_has_no_list_of_keys_is_no_manifest(text: str) -> None:
    with pytest.raises(IonError):
        completed_keys(small_file_value(binary(text)))


def test_a_started_manifest_describes_the_export() -> None:
    assert started_manifest(small_file_value(binary(STARTED_ION))) == StartedManifest(
        ledger_name="registry",
        export_id="1XTAdzxh1X4KNZlUyBKwR0",
        start_time="2021-02-03T00:00:00Z",
        end_time="2021-02-04T00:00:00.000Z",
        bucket="exports-bucket",
        prefix="exports/",
        encryption="SSE_S3",
        output_format="ION_BINARY",
    )


def test_a_json_export_has_its_times_as_strings_and_may_lack_fields() -> None:
    content = b'{"exportId":"1XTAdzxh1X4KNZlUyBKwR0","exclusiveEndTime":"2021-02-04T00:00:00Z"}'
    found = started_manifest(small_file_value(content))
    assert found.end_time == "2021-02-04T00:00:00Z"
    assert found.start_time is None
    assert found.output_format is None


@pytest.mark.parametrize("text", ["{other: 1}", "{exportId: null}", "{exportId: 5}", "5"])
def test_what_describes_no_export_is_no_manifest(text: str) -> None:
    with pytest.raises(IonError):
        started_manifest(small_file_value(binary(text)))


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b'{"keys":', b"\xe0\x01\x00\xea", b"[" * 99_999]
)
def test_a_file_that_is_neither_ion_nor_json_is_told(content: bytes) -> None:
    with pytest.raises(IonError):
        small_file_value(content)


def test_every_cut_of_a_binary_manifest_is_an_error() -> None:
    content = binary('{keys: ["exports/2021/a.0-1.ion", "exports/2021/b.2-3.ion"]}')
    for length in range(len(content)):
        with pytest.raises(IonError):
            completed_keys(small_file_value(content[:length]))
