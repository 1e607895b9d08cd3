"""Percentiles of what was measured."""

from collections.abc import Iterable

PERCENT = 100


def percentile(values: Iterable[float], percent: int) -> float | None:
    """The nearest-rank percentile, to a tenth; None of nothing."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) * percent // PERCENT, len(ordered) - 1)], 1) if ordered else None
