"""The report on an encoder: cosine against what people say, and the pairs where the two are farthest apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from embeddings.evaluation import Compared
from jikimi.report import curves
from jikimi.report.parts import Axis, Case, Cases, Panel, Picture, Point, Report, Row, Series, Table

_FARTHEST = 30  # pairs to read of each kind
_COSINE = Axis("cosine", low=-0.25, ticks=(-0.25, 0.0, 0.25, 0.5, 0.75, 1.0))
_QUANTILES = {"nine in ten lie below": 0.9, "half lie below": 0.5, "one in ten lies below": 0.1}


def encoder_report(name: str, measures: Mapping[str, Any], scored: Compared, questions: Compared) -> Report:
    """Of the measures of `evaluate_encoder`, `korsts_pairs` (scored) and `question_pairs`; `name` tells which encoder."""
    same = questions.truth == 1
    auc = f"area {measures['question_pair_test']['auc'] / 100:.3f}"
    return Report(
        title=f"Encoder {name}",
        measures=dict(measures),
        pictures=[
            _by_score(scored, measures["korsts_dev"]["spearman"]),
            Picture(
                "scores",
                "Same question or another",
                "How the cosines of question pairs spread. The less the two lines overlap, the better one threshold tells"
                " them apart. Heights grow as the square root of the share.",
                _COSINE,
                Axis("share of the pairs", ticks=(0.0, 0.01, 0.1, 0.25, 0.5, 1.0), scale="root"),
                [Panel("question_pair test", _spread(questions, same))],
            ),
            Picture(
                "roc",
                "Same questions found, other questions taken for the same",
                "Each point of the line is a threshold. The nearer the line comes to the upper left corner, the better; an"
                " encoder that guesses gives the slope.",
                Axis("share of other questions taken for the same"),
                Axis("share of same questions found"),
                [
                    Panel(
                        f"question_pair test: {auc}", [Series("questions", "line", curves.roc(same, questions.cosines))]
                    )
                ],
            ),
        ],
        tables=[_measures(measures)],
        cases=_farthest(scored),
    )


def _by_score(scored: Compared, spearman: float) -> Picture:
    scores = np.round(scored.truth).astype(int)  # people's scores are means of several
    each = {score: scored.cosines[scores == score] for score in np.unique(scores).tolist()}

    def line(share: float) -> list[Point]:
        return [(float(score), round(float(np.quantile(cosines, share)), 4)) for score, cosines in each.items()]

    return Picture(
        "korsts",
        "Cosine by the score people gave",
        "People scored how much two sentences mean the same, from 0 to 5. The lines should rise steadily and lie close"
        " together.",
        Axis("score people gave, rounded", high=5.0, ticks=(0, 1, 2, 3, 4, 5)),
        _COSINE,
        [
            Panel(
                f"KorSTS dev: Spearman {spearman:.2f}",
                [Series(name, "line", line(q)) for name, q in _QUANTILES.items()],
            )
        ],
    )


def _spread(questions: Compared, same: NDArray[np.bool_]) -> list[Series]:
    return [
        curves.histogram(name, questions.cosines[rows], _COSINE.low, _COSINE.high)
        for name, rows in {"other questions": ~same, "the same question": same}.items()
    ]


def _measures(measures: Mapping[str, Any]) -> Table:
    rows = [
        Row(f"{name}: {measure}", [value])
        for name, found in measures.items()
        for measure, value in (found if isinstance(found, dict) else {"count": found}).items()
    ]
    return Table("measures", "Measures", "In percent, but for counts.", ["value"], rows)


def _farthest(scored: Compared) -> list[Cases]:
    pairs = len(scored.truth)
    people, cosine = rankdata(scored.truth) / pairs, rankdata(scored.cosines) / pairs
    order = np.argsort(people - cosine, kind="stable")

    def cases(places: NDArray[np.int64]) -> list[Case]:
        facts = [{"score": f"{scored.truth[at]:.1f}", "cosine": f"{scored.cosines[at]:.2f}"} for at in places]
        return [
            Case(f"pair {at + 1}", list(scored.texts[at]), fact)
            for at, fact in zip(places.tolist(), facts, strict=True)
        ]

    told = "Of KorSTS dev, by the difference of their ranks."
    return [
        Cases("too-near", "Nearer than people say", told, cases(order[:_FARTHEST])),
        Cases("too-far", "Farther than people say", told, cases(order[::-1][:_FARTHEST])),
    ]
