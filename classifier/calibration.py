"""Scores to probabilities, and thresholds at a stated share of flagged normal posts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

_ROUNDS = 40  # halvings of the price of a false alarm: far below one post
_HIGHEST = 0.9999

Scores = NDArray[np.float64]


def platt(scores: Scores, labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset that turn scores of unseen posts into log odds (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(scores[:, None], labels)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def thresholds(probabilities: Scores, labels: NDArray[np.bool_], normal: Sequence[Scores], rate: float) -> list[float]:
    """One threshold a label: the best mean F1 among those that flag at most `rate` of each set of normal posts.

    `probabilities` and `labels` are (posts, labels) of unseen posts, each of `normal` is (posts, labels) of normal ones. A
    false alarm has a price, the same for all labels; each label then chooses by itself, and the price is halved and doubled
    to the lowest that keeps the rate.
    """
    cheap, dear = 0.0, 1e4
    alarms = np.concatenate([np.full(len(each), 1 / len(each)) for each in normal])
    pooled = np.concatenate(normal)
    for _ in range(_ROUNDS):
        price = (cheap * dear) ** 0.5 if cheap else dear * 0.5**10
        chosen = _choose(probabilities, labels, pooled, alarms, price)
        if max(flagged(each, chosen) for each in normal) <= rate:
            dear = price
        else:
            cheap = price
    return _choose(probabilities, labels, pooled, alarms, dear)


def flagged(probabilities: Scores, chosen: Sequence[float]) -> float:
    """Share of posts with a probability at or over its threshold."""
    return float((probabilities >= np.asarray(chosen)).any(axis=1).mean()) if len(probabilities) else 0.0


def moved(probabilities: Scores, chosen: Sequence[float], rate: float) -> list[float]:
    """`chosen` moved by one common step of log odds, so that at most `rate` of these normal posts are flagged.

    `probabilities` is (posts, labels). One step for all keeps what the labels were worth to each other. Results have 4 decimals,
    rounded up, as probabilities in decisions have.
    """
    limits = _log_odds(np.asarray(chosen))
    excess = np.sort((_log_odds(probabilities) - limits).max(axis=1))[::-1]
    step = excess[int(rate * len(excess))]  # the first post that must not be flagged
    over = 1 / (1 + np.exp(-(limits + step)))
    return [float(each) for each in np.clip((np.floor(over * 1e4 + 1e-3) + 1) / 1e4, 1 - _HIGHEST, _HIGHEST)]


def _log_odds(probabilities: Scores) -> Scores:
    inside = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def _choose(
    probabilities: Scores, labels: NDArray[np.bool_], normal: Scores, alarms: Scores, price: float
) -> list[float]:
    columns = range(probabilities.shape[1])
    return [_best(probabilities[:, at], labels[:, at], normal[:, at], alarms, price) for at in columns]


def _best(scores: Scores, labels: NDArray[np.bool_], normal: Scores, alarms: Scores, price: float) -> float:
    """The threshold with the greatest F1 less the price of its false alarms."""
    candidates = np.unique(np.round(np.append(scores[labels], _HIGHEST), 4))
    hits = np.array([[(scores[labels] >= each).sum(), (scores >= each).sum()] for each in candidates])
    f1 = 2 * hits[:, 0] / (hits[:, 1] + labels.sum())
    cost = np.array([alarms[normal >= each].sum() for each in candidates])
    return float(candidates[np.argmax(f1 - price * cost)])
