"""From labelled posts to a release: features, one logistic regression a label, calibration by unseen batches, thresholds."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from classifier.augmentation import copies
from classifier.calibration import platt, thresholds
from classifier.features import Features
from classifier.head import Head
from classifier.release import (
    HEAD,
    POLICY,
    SHIPPED,
    THRESHOLDS,
    Calibrated,
    EncoderReference,
    Thresholds,
    seal,
    write_json,
)
from classifier.sources import PUBLIC, Example, read_batches, read_public
from classifier.view_thresholds import view_thresholds
from embeddings.encoder import Encoder
from embeddings.normalise import normalise

LABELS: tuple[str, ...] = ("promotion", "job", "trade", "scam", "abuse")
CORPUS = Path(__file__).parent / "corpus/train"
PENALTY = 1.0  # C of the logistic regressions
PUBLIC_WEIGHT = 0.3  # of a public text, where a composed post has 1: its labels were given by other rules
PETITION_WEIGHT = 1.0  # of a petition: nothing else tells how long posts look that are normal
NORMAL = ("composed", "own", "nsmc", "petitions", "chatbot")  # whose normal posts set the thresholds
FOLDS = 5
COPIES = 2  # times that each composed post is disguised, diluted, and both
_BATCH = 512
_GRAIN = 1024  # weights are multiples of 1 / 1024, which a deflated file holds in half the bytes

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Table:
    """Posts as rows: features, labels (posts, LABELS), and the fold each belongs to."""

    rows: sparse.csr_array
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    folds: NDArray[Any]


def train_head(
    examples: Sequence[Example],
    out_dir: Path,
    encoder: Encoder,
    reference: EncoderReference,
    *,
    seed: int = 0,
    rate: float = 0.03,
    progress: Progress = lambda _: None,
) -> str:
    """Train, write a whole release to `out_dir` and return its name. The same examples and seed give the same bytes on a CPU.

    `rate` is the share of normal posts that may be flagged, of each group in NORMAL. The policy in `out_dir` is kept, else the
    shipped one is copied.
    """
    posts = [example for example in examples if example.group not in PUBLIC]
    attacked = [copy for number in range(COPIES) for copy in copies(posts, seed + number)]
    progress(f"{len(examples)} texts and {len(attacked)} disguised or diluted copies to features")
    features = Features(encoder.dimension)
    table = build_table([*examples, *attacked], features, encoder)
    progress("scores of unseen posts, fold by fold")
    unseen = cross_validate(table)[: len(examples)]
    labels = table.labels[: len(examples)]
    progress("the head on all")
    models = fit(table)
    written = np.array([example.group not in PUBLIC for example in examples])
    scales = [platt(unseen[written, at], labels[written, at]) for at in range(len(LABELS))]
    head = Head(_calibrated(models, scales), features)
    probabilities = np.column_stack([_sigmoid(a * unseen[:, at] + b) for at, (a, b) in enumerate(scales)])
    normal = _normal(examples)
    sets = [probabilities[rows] for rows in normal.values()]
    chosen = thresholds(probabilities[written], labels[written], sets, rate)
    how = f"at most {rate:.1%} of unseen normal posts of each of {', '.join(normal)} flagged"
    limits = {label: Calibrated(threshold, how) for label, threshold in zip(LABELS, chosen, strict=True)}
    progress("how near unrelated posts are")
    bad = [post.text for post in posts if post.labels]
    texts = {group: [examples[row].text for row in rows] for group, rows in normal.items()}
    views = view_thresholds(encoder, bad, texts, seed)
    return _write(out_dir, head, Thresholds(schema=1, head=limits, views=views), reference)


def _normal(examples: Sequence[Example]) -> dict[str, list[int]]:
    """Which of `examples` are normal, by each group in NORMAL that has any."""
    rows = {
        group: [at for at, each in enumerate(examples) if each.group == group and not each.labels] for group in NORMAL
    }
    return {group: found for group, found in rows.items() if found}


def fit(table: Table) -> list[LogisticRegression]:
    """One regression a label. Dual coordinate descent: five times as fast as the primal where columns outnumber rows."""
    solver = {"solver": "liblinear", "dual": True, "max_iter": 1000, "random_state": 0, "tol": 0.01}
    return [
        LogisticRegression(C=PENALTY, **solver).fit(table.rows, column, sample_weight=table.weights)
        for column in table.labels.T
    ]


def cross_validate(table: Table) -> NDArray[np.float64]:
    """(posts, labels): the score of each post by models that saw no post of its fold. Rows of weight 0 are only scored."""
    scores = np.zeros(table.labels.shape)
    for fold in np.unique(table.folds):
        unseen = table.folds == fold
        seen = ~unseen & (table.weights > 0)
        models = fit(Table(table.rows[seen], table.labels[seen], table.weights[seen], table.folds[seen]))
        for at, model in enumerate(models):
            scores[unseen, at] = model.decision_function(table.rows[unseen])
    return scores


def build_table(examples: Sequence[Example], features: Features, encoder: Encoder) -> Table:
    """The table of `examples`. Each batch of writing lies whole in one of FOLDS folds, the public texts are dealt out to them."""
    batches = sorted({example.source for example in examples} - PUBLIC.keys())
    folds = [
        (number if example.group in PUBLIC else batches.index(example.source)) % FOLDS
        for number, example in enumerate(examples)
    ]
    return Table(
        rows=featurise([example.text for example in examples], features, encoder),
        labels=np.array([[label in example.labels for label in LABELS] for example in examples]),
        weights=np.array([_weight(example) for example in examples]),
        folds=np.array(folds),
    )


def _weight(example: Example) -> float:
    if example.group not in PUBLIC:
        return 1.0
    return PETITION_WEIGHT if example.group == "petitions" else PUBLIC_WEIGHT


def featurise(texts: Sequence[str], features: Features, encoder: Encoder) -> sparse.csr_array:
    """The features of many texts, a batch at a time."""
    parts = []
    for start in range(0, len(texts), _BATCH):
        part = list(texts[start : start + _BATCH])
        normalised = [normalise(text) for text in part]
        parts.append(features.rows(part, normalised, encoder.encode(normalised)))
    return sparse.vstack(parts, format="csr")


def read_examples(data_dir: Path | None, own: Sequence[Path], seed: int, corpus: Path = CORPUS) -> list[Example]:
    """Posts of one's own, composed posts, then public texts drawn by `seed`, if there are any; each text once."""
    examples = read_batches(own, "own", LABELS)
    examples += read_batches(sorted(corpus.glob("*.jsonl")), "composed", LABELS)
    if data_dir:
        examples += [example for name in PUBLIC for example in read_public(data_dir, name, seed)]
    found: dict[str, Example] = {}
    for example in examples:
        found.setdefault(example.text, example)
    return list(found.values())


def _calibrated(
    models: Sequence[LogisticRegression], scales: Sequence[tuple[float, float]]
) -> dict[str, LogisticRegression]:
    for model, (slope, offset) in zip(models, scales, strict=True):
        model.coef_ = (np.round(model.coef_ * slope * _GRAIN) / _GRAIN).astype(np.float32)
        model.intercept_ = np.round(model.intercept_ * slope + offset, 4).astype(np.float32)
    return dict(zip(LABELS, models, strict=True))


def _write(out_dir: Path, head: Head, thresholds: Thresholds, reference: EncoderReference) -> str:
    out_dir.mkdir(parents=True, exist_ok=True)
    head.save(out_dir / HEAD)
    if not (out_dir / POLICY).exists():
        shutil.copyfile(SHIPPED / POLICY, out_dir / POLICY)
    write_json(out_dir / THRESHOLDS, thresholds)
    return seal(out_dir, reference)


def _sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-scores))
