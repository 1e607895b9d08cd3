"""The report on a head: curves, reliability and scores by label; what was taken for what; the posts judged wrong."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation import Judged, measure_head
from jikimi.report import curves
from jikimi.report.parts import Axis, Case, Cases, Panel, Picture, Report, Row, Series, Table

_PROBABILITY = Axis("probability given by the head")

Rows = NDArray[np.bool_]


def head_report(judged: Judged) -> Report:
    """All of it, of the posts that were judged."""
    measures = measure_head(judged)
    normal: Rows = np.asarray(~judged.truth.any(axis=1))
    return Report(
        title=f"Head of release {judged.release} on {len(judged.posts)} posts",
        measures=measures,
        pictures=[_precision_recall(judged, measures), _reliability(judged), _scores(judged, normal)],
        tables=[_labels(measures), _confusion(judged, normal)],
        cases=_errors(judged, normal),
    )


def _precision_recall(judged: Judged, measures: dict[str, Any]) -> Picture:
    def panel(at: int, label: str) -> Panel:
        each = measures["labels"][label]
        curve = curves.precision_recall(judged.truth[:, at], judged.found[:, at])
        dot = (each["recall"], each["precision"])
        return Panel(
            f"{label}: average precision {each['average_precision']:.3f}" if curve else f"{label}: no posts",
            [
                Series("best precision at this recall or a higher one", "line", curve),
                Series("at the threshold of the release", "dots", [] if None in dot else [dot]),
            ],
        )

    return Picture(
        "precision-recall",
        "Precision and recall",
        "Each point of a line is a threshold: to the right more bad posts are found, upwards fewer of the flagged ones are"
        " wrong. The higher the line stays, the better. A head that guesses gives a flat line at the share of such posts.",
        Axis("recall"),
        Axis("precision"),
        [panel(at, label) for at, label in enumerate(judged.labels)],
    )


def _reliability(judged: Judged) -> Picture:
    def panel(at: int, label: str) -> Panel:
        dots = curves.reliability("posts by tenth of probability", judged.truth[:, at], judged.found[:, at])
        just = Series("where probabilities come true", "line", [(0.0, 0.0), (1.0, 1.0)])
        return Panel(f"{label}: calibration error {curves.calibration_error(dots):.3f}", [dots, just])

    return Picture(
        "reliability",
        "Reliability",
        "Of the posts given about this probability, how many have the label. Dots on the slope: probabilities come true;"
        " below it the head is too sure, above it too shy. Larger dots stand for more posts; trust small ones little.",
        _PROBABILITY,
        Axis("share that has the label"),
        [panel(at, label) for at, label in enumerate(judged.labels)],
    )


def _scores(judged: Judged, normal: Rows) -> Picture:
    hard: Rows = np.array([post.kind == "hard" for post in judged.posts])

    def panel(at: int, label: str) -> Panel:
        groups = {
            "plain normal posts": normal & ~hard,
            "hard normal posts": normal & hard,
            "posts with the label": judged.truth[:, at],
        }
        bars = [curves.histogram(name, judged.found[rows, at]) for name, rows in groups.items()]
        return Panel(f"{label}: {judged.truth[:, at].sum()} posts", bars, float(judged.thresholds[at]))

    return Picture(
        "scores",
        "Scores",
        "How the probabilities of each group of posts spread. What lies right of the threshold is flagged: normal posts there"
        " are false alarms, posts with the label left of it are missed. Heights grow as the square root of the share.",
        _PROBABILITY,
        Axis("share of the group", ticks=(0.0, 0.01, 0.1, 0.25, 0.5, 1.0), scale="root"),
        [panel(at, label) for at, label in enumerate(judged.labels)],
    )


def _labels(measures: dict[str, Any]) -> Table:
    by_label: dict[str, dict[str, float]] = measures["labels"]
    columns = list(next(iter(by_label.values())))
    rows = [Row(label, [each[column] for column in columns]) for label, each in by_label.items()]
    return Table("labels", "By label", "At the thresholds of the release.", columns, rows)


def _confusion(judged: Judged, normal: Rows) -> Table:
    def row(name: str, rows: Rows) -> Row:
        said = judged.said[rows]
        return Row(f"{name} ({len(said)})", [*said.sum(axis=0).tolist(), int((~said.any(axis=1)).sum())], len(said))

    return Table(
        "confusion",
        "What was taken for what",
        "A line for what posts are, a column for what the head said. A post with several labels counts in several lines, one"
        " flagged under several in several columns.",
        [*judged.labels, "not flagged"],
        [*(row(label, judged.truth[:, at]) for at, label in enumerate(judged.labels)), row("normal", normal)],
    )


def _errors(judged: Judged, normal: Rows) -> list[Cases]:
    over = judged.found - judged.thresholds
    flagged: Rows = np.asarray(judged.said.any(axis=1))
    other: Rows = ~normal & flagged & (judged.said != judged.truth).any(axis=1)
    highest, own = over.max(axis=1), np.where(judged.truth, over, -np.inf).max(axis=1)

    def cases(rows: Rows, order: NDArray[np.float64]) -> list[Case]:
        places = np.flatnonzero(rows)
        return [_case(judged, int(at)) for at in places[np.argsort(order[places], kind="stable")]]

    return [
        Cases("false-alarms", "Normal posts flagged", "The surest first.", cases(normal & flagged, -highest)),
        Cases("misses", "Bad posts not flagged", "The farthest from it first.", cases(~normal & ~flagged, own)),
        Cases("other-labels", "Bad posts flagged, with a label wrong or missing", "", cases(other, -highest)),
    ]


def _case(judged: Judged, at: int) -> Case:
    post = judged.posts[at]
    sure = [
        (p, label, limit) for p, label, limit in zip(judged.found[at], judged.labels, judged.thresholds, strict=True)
    ]
    near = {label: f"{p:.2f} of {limit:.2f}" for p, label, limit in sorted(sure, reverse=True) if p >= limit / 4}
    facts = {"is": ", ".join(sorted(post.labels)) or "normal", "kind": post.kind, "community": post.community}
    return Case(post.id, [post.whole_text], {**facts, **near})
