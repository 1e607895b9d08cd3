"""The report on a bank: how near copies and innocents come by view, the copies missed and the innocents flagged."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.bank_evaluation import FOUND_ROLES, CampaignPost, Comparer, similarities
from jikimi.report import curves
from jikimi.report.parts import Axis, Case, Cases, Panel, Picture, Report, Row, Series, Table

_SIMILARITY = Axis("similarity")


def bank_report(
    name: str, measures: Mapping[str, Any], comparer: Comparer, campaigns: Sequence[CampaignPost], others: Sequence[str]
) -> Report:
    """Of the measures of `evaluate_bank` with the same comparer, campaigns and other exemplars; `name` is the release's."""
    judged = _Judged(comparer, campaigns, others)
    return Report(
        title=f"Bank of {measures['exemplars']} exemplars, release {name}",
        measures=dict(measures),
        pictures=[judged.precision_recall(), judged.scores()],
        tables=[_found(measures), *_false_matches(measures)],
        cases=judged.errors(),
    )


class _Judged:
    """The posts of campaigns that are no exemplars. A copy is near its own exemplar, an innocent any."""

    def __init__(self, comparer: Comparer, campaigns: Sequence[CampaignPost], others: Sequence[str]) -> None:
        exemplars = {post.campaign: post.text for post in campaigns if post.role == "exemplar"}
        texts = [*exemplars.values(), *others]
        place = {campaign: at for at, campaign in enumerate(exemplars)}
        self._posts = [post for post in campaigns if post.role != "exemplar"]
        self._exemplars = exemplars
        self._thresholds: dict[str, float] = dict(comparer.thresholds.items())
        self._roles = np.array([post.role for post in self._posts])
        self._copies: NDArray[np.bool_] = np.asarray(self._roles != "neighbour")
        own = np.array([place[post.campaign] for post in self._posts])
        posts = [post.text for post in self._posts]

        def near(each: NDArray[Any]) -> NDArray[Any]:
            nearest: NDArray[Any] = np.where(self._copies, each[np.arange(len(own)), own], each.max(axis=1))
            return nearest

        self._flagged: NDArray[np.bool_] = near(comparer.matches(posts, comparer.filled(texts))["together"])
        self._near: dict[str, NDArray[np.float32]] = {
            view: near(each) for view, each in similarities(comparer.views, posts, texts).items()
        }

    def precision_recall(self) -> Picture:
        """Copies of all kinds against innocents."""
        lines = [Series(view, "line", curves.precision_recall(self._copies, near)) for view, near in self._near.items()]
        return Picture(
            "precision-recall",
            "Precision and recall",
            "Each point of a line is a threshold of that view: to the right more copies are found, upwards fewer of the posts"
            " flagged are innocent neighbours.",
            Axis("recall"),
            Axis("precision"),
            [Panel("copies of all kinds", lines)],
        )

    def scores(self) -> Picture:
        """Similarities by view, and what is on which side of the threshold."""

        def panel(view: str, role: str) -> Panel:
            groups = {"innocent neighbours": "neighbour", "copies": role}
            bars = [curves.histogram(name, self._near_of(view, each)) for name, each in groups.items()]
            return Panel(f"{view} view, {role} copies", bars, round(self._thresholds[view], 4))

        return Picture(
            "scores",
            "Scores",
            "How near posts come to the exemplars. Copies right of the threshold are found, innocents there are flagged."
            " Heights grow as the square root of the share.",
            _SIMILARITY,
            Axis("share of the group", ticks=(0.0, 0.01, 0.1, 0.25, 0.5, 1.0), scale="root"),
            [panel(view, role) for view in self._near for role in FOUND_ROLES],
        )

    def errors(self) -> list[Cases]:
        """What to read: the copies missed by kind, and the innocents flagged."""
        found = [
            Cases(
                f"{role}-missed",
                f"{role.capitalize()} copies missed",
                "The post, then its exemplar. The nearest first.",
                self._cases((self._roles == role) & ~self._flagged),
            )
            for role in FOUND_ROLES
        ]
        told = "The post, then the exemplar of its campaign. The nearest first."
        return [
            Cases("innocents-flagged", "Innocents flagged", told, self._cases(~self._copies & self._flagged)),
            *found,
        ]

    def _near_of(self, view: str, role: str) -> NDArray[np.float32]:
        near: NDArray[np.float32] = self._near[view][self._roles == role]
        return near

    def _cases(self, rows: NDArray[np.bool_]) -> list[Case]:
        nearest = np.max(list(self._near.values()), axis=0)
        places = np.flatnonzero(rows)
        return [self._case(at) for at in places[np.argsort(-nearest[places], kind="stable")].tolist()]

    def _case(self, at: int) -> Case:
        post = self._posts[at]
        limits = {view: f"{near[at]:.3f} of {self._thresholds[view]:.3f}" for view, near in self._near.items()}
        return Case(post.campaign, [post.text, self._exemplars[post.campaign]], {"label": post.label, **limits})


def _found(measures: Mapping[str, Any]) -> Table:
    lines = {**measures["found"], "innocent neighbours": measures["neighbours_flagged"]}
    rows = [Row(name, list(of.values()), 100.0) for name, of in lines.items()]
    return Table(
        "found",
        "Found at the thresholds of the release",
        "Percent of copies that match their own exemplar, and of innocents that match any, by view.",
        list(measures["neighbours_flagged"]),
        rows,
    )


def _false_matches(measures: Mapping[str, Any]) -> list[Table]:
    lines: Mapping[str, Mapping[str, float]] = measures["false_matches"]
    rows = [Row(name, list(of.values())) for name, of in lines.items()]
    told = "Of 1,000 normal posts with 1,000 exemplars."
    return [Table("false-matches", "False matches", told, list(measures["neighbours_flagged"]), rows)] if rows else []
