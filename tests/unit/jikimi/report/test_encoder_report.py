"""The report on an encoder, of pairs whose cosines are known."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.evaluation import Compared
from jikimi.report.encoder import encoder_report
from jikimi.report.parts import Report
from jikimi.report.writing import write_report
from tests.unit.jikimi.report.pages import Page, points

SCORES = np.arange(120) % 6
MEASURES = {
    "korsts_dev": {"spearman": 73.67, "pearson": 72.67},
    "question_pair_test": {"auc": 84.9},
    "posts_per_core_second": 9000,
}


def _compared(truth: NDArray[np.float64], cosines: NDArray[np.float64]) -> Compared:
    return Compared([(f"{at} 하나", f"{at} 둘") for at in range(len(truth))], truth, cosines.astype(np.float32))


def _report(cosines: NDArray[np.float64]) -> Report:
    same = (SCORES >= 3).astype(float)
    return encoder_report("abc", MEASURES, _compared(SCORES.astype(float), cosines), _compared(same, cosines))


def test_a_perfect_encoder_rises_and_tells_questions_apart() -> None:
    """Cosines that are people's scores: all quantiles on one slope, no overlap, nothing but the corner."""
    slope, spread, roc = _report(SCORES / 5).pictures
    for series in slope.panels[0].series:
        assert np.array(series.points) == pytest.approx(np.array([(score, score / 5) for score in range(6)]))
    other, same = ({x for x, y in series.points if y} for series in spread.panels[0].series)
    assert not other & same
    assert {y for _, y in roc.panels[0].series[0].points} == {1.0}


def test_the_pairs_to_read_are_those_farthest_from_people() -> None:
    """One pair that people call the same and the encoder does not, and one the other way round."""
    cosines = SCORES / 5
    cosines[5], cosines[0] = -0.9, 1.0
    near, far = _report(cosines).cases
    assert (near.cases[0].name, near.cases[0].texts) == ("pair 1", ["0 하나", "0 둘"])
    assert (far.cases[0].name, far.cases[0].facts) == ("pair 6", {"score": "5.0", "cosine": "-0.90"})


def test_the_pictures_are_drawn_inside_their_axes(tmp_path: Path) -> None:
    """A picture of each kind, and a value beyond an axis is drawn at its end."""
    report = _report(np.full(120, -0.9))
    write_report(report, tmp_path)
    page = Page(tmp_path)
    assert page.ids("picture") == ["korsts", "scores", "roc"]
    slope = report.pictures[0]
    drawn = points(page.panels("korsts")[0], "s0", slope.x, slope.y)
    assert np.array(drawn) == pytest.approx(np.array([(score, -0.25) for score in range(6)]), abs=0.01)
    assert ["posts_per_core_second: count", "9000"] in page.rows("measures")
