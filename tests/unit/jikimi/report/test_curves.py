"""Curves of heads whose worth is known."""

import numpy as np
import pytest

from jikimi.report.curves import calibration_error, histogram, precision_recall, reliability, roc

TRUTH = np.arange(1000) % 4 == 0  # one in four


def test_a_perfect_head_has_precision_one_at_every_recall() -> None:
    """And finds all before the first false alarm."""
    scores = np.where(TRUTH, 0.9, 0.1)
    assert precision_recall(TRUTH, scores) == [(recall / 100, 1.0) for recall in range(101)]
    assert {y for _, y in roc(TRUTH, scores)} == {1.0}


def test_a_useless_head_has_the_share_of_the_true_at_every_recall() -> None:
    """The same score for all: flagging one is flagging all."""
    scores = np.full(len(TRUTH), 0.5)
    assert precision_recall(TRUTH, scores) == [(recall / 100, 0.25) for recall in range(101)]
    assert roc(TRUTH, scores) == [(share / 100, share / 100) for share in range(101)]


def test_a_head_that_finds_half_falls_there() -> None:
    """Half of the true stand above all others, the rest among them."""
    found = TRUTH & (np.arange(1000) % 8 == 0)
    curve = dict(precision_recall(TRUTH, found.astype(float)))
    assert (curve[0.5], curve[0.51]) == (1.0, 0.25)


def test_nothing_to_find_is_no_curve() -> None:
    """A label that no post has."""
    assert precision_recall(np.zeros(3, bool), np.array([0.1, 0.2, 0.3])) == []


def test_reliability_tells_probabilities_that_come_true_from_others() -> None:
    """Each dot says its mean probability, the share that was true, and of how many."""
    just = reliability("just", TRUTH, np.full(1000, 0.25))
    sure = reliability("sure", TRUTH, np.concatenate([np.full(500, 0.95), np.full(500, 1.0)]))
    assert (just.points, just.counts, calibration_error(just)) == ([(0.25, 0.25)], [1000], 0.0)
    assert (sure.points, sure.counts) == ([(0.975, 0.25)], [1000])
    assert calibration_error(sure) == pytest.approx(0.725)


def test_a_histogram_holds_every_score_once() -> None:
    """Shares by left edge; what lies outside counts at the ends."""
    bars = histogram("posts", np.array([-3.0, 0.02, 0.5, 7.0]))
    assert {x: y for x, y in bars.points if y} == {0.0: 0.5, 0.5: 0.25, 0.95: 0.25}
    assert sum(y for _, y in bars.points) == 1.0
    assert histogram("none", np.zeros(0)).points[0] == (0.0, 0.0)
