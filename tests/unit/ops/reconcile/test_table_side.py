"""Tables are read in segments, consistently, and no faster than allowed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ops.errors import OpsError
from ops.reconcile.partitions import PARTITIONS, PartitionedFiles
from ops.reconcile.records import StateItem, restored
from ops.reconcile.table_side import TableScan
from ops.table_scan import CapacityLimit
from tests.support.faults import client_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SegmentedTable:
    """A table of several pages in each segment.

    Parameters
    ----------
    pages
        How many pages of one item each segment has.
    fails
        The segment whose second page is refused; None for none.
    """

    def __init__(self, pages: int, fails: int | None = None) -> None:
        self._pages = pages
        self._fails = fails
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []

    def scan(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (boto3's arguments)
        with self._lock:
            self.requests.append(request)
        segment = request["Segment"]
        page = int(request.get("ExclusiveStartKey", {"pk": {"S": "-1"}})["pk"]["S"]) + 1
        if page and segment == self._fails:
            raise client_error("Scan", "AccessDeniedException", "m")
        answer: dict[str, Any] = {
            "Items": [{"pk": {"S": f"{segment}-{page}"}}],
            "ConsumedCapacity": {"CapacityUnits": 10.0},
        }
        if page + 1 < self._pages:
            answer["LastEvaluatedKey"] = {"pk": {"S": str(page)}}
        return answer


def record(item: Mapping[str, Any]) -> StateItem | None:
    key = item["pk"]["S"]
    return None if key.startswith("0-") else StateItem(key, 0, 1, 0, "", b"")


def scanned(folder: Path, table: SegmentedTable, limit: CapacityLimit) -> tuple[Any, set[str]]:
    files = PartitionedFiles(folder / "items")
    scan = TableScan(table, files, limit=limit, advance=lambda _: None, segments=3)
    counts = scan.read("person-1", record)
    found = [restored(each) for place in range(PARTITIONS) for each in files.records(place)]
    return counts, {each.document_id for each in found}


def test_every_page_of_every_segment_is_read(tmp_path: Path) -> None:
    table = SegmentedTable(pages=3)

    counts, keys = scanned(tmp_path, table, CapacityLimit())

    assert counts == (6, 3)
    assert keys == {f"{segment}-{page}" for segment in (1, 2) for page in range(3)}
    assert all(request["ConsistentRead"] for request in table.requests)
    assert {request["TotalSegments"] for request in table.requests} == {3}


def test_read_units_are_limited_over_all_segments(tmp_path: Path) -> None:
    # given a clock that only sleeping moves
    now = 0.0
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        nonlocal now
        with lock:
            now += seconds

    limit = CapacityLimit(30, clock=lambda: now, sleep=sleep)

    scanned(tmp_path, SegmentedTable(pages=3), limit)

    assert now >= 3 * 3 * 10 / 30 - 0.01


def test_a_refusal_ends_all_segments(tmp_path: Path) -> None:
    table = SegmentedTable(pages=1_000_000, fails=1)

    with pytest.raises(OpsError, match="dynamodb:Scan"):
        scanned(tmp_path, table, CapacityLimit())
