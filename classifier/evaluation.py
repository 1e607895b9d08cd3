"""How good a head is on posts it never saw: by label, by community, and on normal posts by source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, precision_recall_fscore_support

from classifier.errors import DataError
from classifier.head import Head
from classifier.release import Release
from classifier.sources import ComposedPost
from embeddings.encoder import Encoder
from embeddings.normalise import normalise

HELD_BACK = Path(__file__).parent / "corpus/test"
"""Composed posts on topics and in batches of writing of their own, never trained or tuned on."""

_BATCH = 512

Measures = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """Labelled posts and what a head makes of each; the arrays are (posts, labels), thresholds (labels,).

    `truth` is which labels a post has, `found` the probabilities, `said` which of them reach their thresholds.
    """

    release: str
    labels: Sequence[str]
    posts: Sequence[ComposedPost]
    thresholds: NDArray[np.float64]
    truth: NDArray[np.bool_]
    found: NDArray[np.float64]

    @property
    def said(self) -> NDArray[np.bool_]:
        """At or over the threshold."""
        return self.found >= self.thresholds


def judge(release: Release, encoder: Encoder, posts: Sequence[ComposedPost]) -> Judged:
    """The head's probabilities for labelled posts, beside their labels and the release's thresholds.

    Raises DataError where there are no posts, ReleaseError for another encoder than the release's.
    """
    release.check(encoder)
    if not posts:
        raise DataError("no posts to evaluate on: give files with at least one")
    labels = release.head.labels
    thresholds = np.array([release.head_thresholds[label] for label in labels])
    truth = np.array([[label in post.labels for label in labels] for post in posts])
    found = probabilities(release.head, encoder, [post.whole_text for post in posts])
    return Judged(release.name, labels, posts, thresholds, truth, found)


def measure_head(judged: Judged) -> Measures:
    """All measures of a head at its release's thresholds; shares are between 0 and 1, None where nothing tells them."""
    truth, said, found = judged.truth, judged.said, judged.found
    by_label = {label: _of_label(truth[:, at], said[:, at], found[:, at]) for at, label in enumerate(judged.labels)}
    communities = np.array([post.community for post in judged.posts])
    hard = np.array([post.kind == "hard" for post in judged.posts])
    return {
        "release": judged.release,
        "posts": len(judged.posts),
        "macro_f1": _macro_f1(truth, said),
        "labels": by_label,
        "flagged": _flagged(truth, said, hard),
        "communities": {
            str(name): _of_community(truth[communities == name], said[communities == name])
            for name in np.unique(communities)
        },
    }


def flagged_share(release: Release, encoder: Encoder, texts: Sequence[str]) -> float:
    """Share of texts that the head flags."""
    found = probabilities(release.head, encoder, texts)
    limits = np.array([release.head_thresholds[label] for label in release.head.labels])
    return _rounded((found >= limits).any(axis=1).mean())


def probabilities(head: Head, encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float64]:
    """(len(texts), labels), rounded to 4 places as in decisions."""
    parts = []
    for start in range(0, len(texts), _BATCH):
        part = list(texts[start : start + _BATCH])
        normalised = [normalise(text) for text in part]
        parts.append(head.probabilities(part, normalised, encoder.encode(normalised)))
    rounded: NDArray[np.float64] = np.concatenate(parts).astype(np.float64).round(4)
    return rounded


def table(measures: Mapping[str, Any]) -> str:
    """The measures as people read them."""
    lines = [f"{measures['posts']} posts, release {measures['release']}", ""]
    lines.append(f"{'label':<12}{'posts':>7}{'precision':>11}{'recall':>8}{'F1':>7}{'AP':>7}{'Brier':>7}")
    for label, each in measures["labels"].items():
        row = [each[name] for name in ("precision", "recall", "f1", "average_precision", "brier")]
        cells = "".join(f"{_shown(value, '.3f'):>{width}}" for value, width in zip(row, (11, 8, 7, 7, 7), strict=True))
        lines.append(f"{label:<12}{each['posts']:>7}{cells}")
    lines += [f"{'macro F1':<38}{_shown(measures['macro_f1'], '.3f'):>7}", ""]
    lines += [f"{'flagged of ' + name:<30}{share:>7.1%}" for name, share in measures["flagged"].items()]
    lines += ["", f"{'community':<12}{'posts':>7}{'macro F1':>10}{'normal flagged':>16}"]
    for name, each in measures["communities"].items():
        lines.append(
            f"{name:<12}{each['posts']:>7}{_shown(each['macro_f1'], '.3f'):>10}{_shown(each['normal_flagged'], '.1%'):>16}"
        )
    return "\n".join(lines)


def _of_label(truth: NDArray[np.bool_], said: NDArray[np.bool_], found: NDArray[np.float64]) -> Measures:
    precision, recall, f1, _ = precision_recall_fscore_support(truth, said, average="binary", zero_division=np.nan)
    return {
        "posts": int(truth.sum()),
        "precision": _known(precision),
        "recall": _known(recall),
        "f1": _known(f1),
        "average_precision": _rounded(average_precision_score(truth, found)) if truth.any() else None,
        "brier": _rounded(brier_score_loss(truth, found)),
    }


def _macro_f1(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float | None:
    """Over the labels that some post has, or was given."""
    f1 = precision_recall_fscore_support(truth, said, average=None, zero_division=np.nan)[2]
    return None if np.isnan(f1).all() else _rounded(np.nanmean(f1))


def _flagged(truth: NDArray[np.bool_], said: NDArray[np.bool_], hard: NDArray[np.bool_]) -> dict[str, float]:
    normal: NDArray[np.bool_] = np.asarray(~truth.any(axis=1))
    flagged: NDArray[np.bool_] = np.asarray(said.any(axis=1))
    groups = {
        "normal": normal,
        "hard normal": normal & hard,
        "plain normal": normal & ~hard,
        "bad": ~normal,
        "hard bad": ~normal & hard,
    }
    return {name: _rounded(flagged[rows].mean()) for name, rows in groups.items() if rows.any()}


def _of_community(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> Measures:
    normal = ~truth.any(axis=1)
    share = _rounded(said[normal].any(axis=1).mean()) if normal.any() else None
    return {"posts": len(truth), "macro_f1": _macro_f1(truth, said), "normal_flagged": share}


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else _rounded(value)


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
