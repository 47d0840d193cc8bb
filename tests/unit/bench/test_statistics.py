"""Medians and percentiles of the benchmark.

Proves the definitions on small lists. Cannot prove that a sample is large enough for a percentile.
"""

from __future__ import annotations

import pytest

from bench.statistics import median, percentile


def test_the_median_is_the_middle_or_the_mean_of_two() -> None:
    assert median([9.0, 1.0, 5.0]) == 5.0
    assert median([4.0, 1.0, 2.0, 9.0]) == 3.0


def test_a_percentile_is_the_nearest_rank_in_any_order() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert percentile(hundred, 0.99) == 99.0
    assert percentile(hundred, 0.5) == 50.0
    assert percentile(hundred, 1) == 100.0
    assert percentile([float(value) for value in range(10)], 0.99) == 9.0
    assert percentile([7.0], 0.01) == 7.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)
