"""Where the objects of a conversion go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops import connections
from ops.convert.destination import open_destination
from ops.errors import OpsError
from ops.exports import bucket
from tests.support.memory_s3 import Buckets, MemoryS3

if TYPE_CHECKING:
    from pathlib import Path

LOCATION = "s3://imports/all"


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Buckets:
    buckets = Buckets("imports")
    monkeypatch.setattr(bucket, "_new_client", lambda: MemoryS3(buckets))
    monkeypatch.setattr(connections, "client", lambda *_: MemoryS3(buckets))
    return buckets


def test_objects_are_below_the_prefix_of_a_bucket(buckets: Buckets) -> None:
    destination = open_destination(LOCATION)

    destination.put("Person/items/1.gz", b"items", "application/gzip")

    assert destination.location == f"{LOCATION}/"
    assert buckets.objects("imports") == {"all/Person/items/1.gz": b"items"}


def test_a_prefix_with_an_object_is_refused_and_one_beside_it_is_not(buckets: Buckets) -> None:
    buckets.put("imports", "all/old", b"")
    buckets.put("imports", "allowed", b"")

    open_destination("s3://imports/allo/").refuse_unless_empty()
    with pytest.raises(OpsError, match="is not empty"):
        open_destination(LOCATION).refuse_unless_empty()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    destination = open_destination(str(tmp_path / "file"))

    with pytest.raises(OpsError, match="file/ cannot be written"):
        destination.refuse_unless_empty()
    with pytest.raises(OpsError, match=r"1\.gz cannot be written"):
        destination.put("1.gz", b"", "application/gzip")


def test_a_location_without_a_bucket_is_refused() -> None:
    with pytest.raises(OpsError, match="names no bucket"):
        open_destination("s3://")
