"""Truth and scores to the points of a picture, rounded to 4 places."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from jikimi.report.parts import Point, Series

_BINS = 20
_RELIABILITY_BINS = 10

Truth = NDArray[np.bool_]
Scores = NDArray[np.floating]


def precision_recall(truth: Truth, scores: Scores) -> list[Point]:
    """Interpolated precision at recall 0, 0.01 … 1 (Manning et al. 2008, 8.4); none where nothing is true."""
    if not truth.any():
        return []
    precision, recall, _ = precision_recall_curve(truth, scores)
    precision, recall = precision[:-1], recall[:-1]  # the last point stands for no threshold at all
    best = np.maximum.accumulate(precision)  # recall falls: the best at this recall or a higher one
    levels = np.linspace(0, 1, 101)
    return _points(levels, best[np.searchsorted(-recall, -levels, side="right") - 1])


def roc(truth: Truth, scores: Scores) -> list[Point]:
    """Share of the true found where 0, 0.01 … 1 of the false are; both kinds must be there."""
    false, true, _ = roc_curve(truth, scores)
    levels = np.linspace(0, 1, 101)
    return _points(levels, np.interp(levels, false, true))


def reliability(name: str, truth: Truth, probabilities: Scores) -> Series:
    """For each tenth of the probabilities that has posts: their mean, and how many of the posts were true."""
    tenth = np.minimum((probabilities * _RELIABILITY_BINS).astype(int), _RELIABILITY_BINS - 1)
    counts = np.bincount(tenth, minlength=_RELIABILITY_BINS)
    filled = counts > 0
    said = np.bincount(tenth, probabilities, _RELIABILITY_BINS)[filled] / counts[filled]
    true = np.bincount(tenth, truth, _RELIABILITY_BINS)[filled] / counts[filled]
    return Series(name, "dots", _points(said, true), counts[filled].tolist())


def calibration_error(series: Series) -> float:
    """Expected calibration error of a reliability series (Naeini et al. 2015): 0 is best."""
    far = np.abs(np.array(series.points)[:, 0] - np.array(series.points)[:, 1])
    return round(float(np.average(far, weights=series.counts)), 4)


def histogram(name: str, scores: Scores, low: float = 0.0, high: float = 1.0) -> Series:
    """Share of the scores in each of 20 equal bins, beginning at its left edge; scores outside count at the ends."""
    counts, edges = np.histogram(np.clip(scores, low, high), _BINS, (low, high))
    shares = counts / max(1, len(scores))
    return Series(name, "steps", _points(edges, np.append(shares, 0.0)))


def _points(x: Scores, y: Scores) -> list[Point]:
    return [(round(float(a), 4), round(float(b), 4)) for a, b in zip(x, y, strict=True)]
