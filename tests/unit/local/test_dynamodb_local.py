"""DynamoDB Local before it runs.

The engine itself runs in the integration tests; nothing is fetched here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.dynamodb_local import _LOCK_FILE, VERSION, DynamoDBLocal
from local.errors import LocalError
from local.maven import read_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_the_endpoint_of_an_engine_that_was_not_started_is_an_error(tmp_path: Path) -> None:
    engine = DynamoDBLocal(tmp_path / "log", lambda _: None)

    with pytest.raises(LocalError, match="not running"):
        _ = engine.endpoint


def test_the_lock_file_names_the_engine_and_the_native_libraries_of_linux_and_macos() -> None:
    files = read_lock(_LOCK_FILE.read_text(encoding="utf-8"))

    assert ("DynamoDBLocal", VERSION) in {(file.artifact, file.version) for file in files}
    assert {"so", "dylib"} <= {file.type for file in files}


def test_the_lock_file_has_a_whole_hash_for_each_file() -> None:
    files = read_lock(_LOCK_FILE.read_text(encoding="utf-8"))

    assert {len(bytes.fromhex(file.sha256)) for file in files} == {32}
