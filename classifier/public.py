"""Public tables: the head's features on public sets of abuse, beside TF-IDF of jamo, both trained and measured on one split.

They compare features with published results, and say nothing of the shipped head: labels differ from set to set. Nothing
that is trained here is kept, so a set may be measured on whose licence forbids more.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve, roc_auc_score

from classifier.errors import DataError
from classifier.features import EVEN, Features
from classifier.training import Progress, featurise
from embeddings.encoder import Encoder
from embeddings.training.files import lines, quoted, tabbed

PENALTIES = (0.1, 0.4, 1.5, 6.0, 24.0)  # one is chosen on the rows that train, for each table
BASELINE_PENALTIES = tuple(30 * each for each in PENALTIES)  # its rows have length 1, those of the head five to seven
_FOLDS = 3
_EVERY = 5  # each fifth row of a file measures, the others train: stated, repeatable, no published test split touched
_KMHAS_LABELS = 9
_UNSMILE_LABELS = 10  # the eleventh, a person named, is no kind of abuse

Truth = NDArray[np.int64]
Scores = NDArray[np.float64]
Read = tuple[list[str], Truth]


@dataclass(frozen=True)
class PublicTable:
    """One comparison. `read` gives texts and a column of truth for each thing to tell; `measure` takes truth and scores.

    Where `cuts` holds, each column is told by a threshold of its own, as labels are by the head.
    """

    metric: str
    read: Callable[[Path], Read]
    measure: Callable[[Truth, Scores], float]
    train_on: Callable[[Path], Read] | None = None
    cuts: bool = False


@dataclass(frozen=True)
class _Split:
    seen: list[str]
    known: Truth
    held: list[str]
    truth: Truth


def evaluate_on(name: str, data_dir: Path, encoder: Encoder, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Train and measure on the set `name` of PUBLIC_TABLES, in percent. Raises DataError for another name."""
    if name not in PUBLIC_TABLES:
        raise DataError(f"no public table {name!r}; there are {', '.join(PUBLIC_TABLES)}")
    table = PUBLIC_TABLES[name]
    split = _split(table, data_dir)
    progress(f"TF-IDF of jamo: trained on {len(split.seen)} texts, measured on {len(split.held)}")
    seen, held = _tf_idf(split.seen, split.held)
    baseline, _ = _fitted(table, split, seen, held, BASELINE_PENALTIES)
    progress("the head's features on the same texts")
    features = Features(encoder.dimension, weights=EVEN)
    seen, held = (featurise(texts, features, encoder) for texts in (split.seen, split.held))
    value, penalty = _fitted(table, split, seen, held, PENALTIES)
    return {
        "table": name,
        "metric": table.metric,
        "head": round(100 * value, 2),
        "jamo_tf_idf": round(100 * baseline, 2),
        "penalty": penalty,
        "trained_on": len(split.seen),
        "measured_on": len(split.held),
    }


def _split(table: PublicTable, data_dir: Path) -> _Split:
    texts, truth = table.read(data_dir)
    if table.train_on:
        seen, known = table.train_on(data_dir)
        return _Split(seen, known, texts, truth)
    held = np.arange(len(texts)) % _EVERY == 0
    seen, measured = ([text for text, out in zip(texts, held == side, strict=True) if out] for side in (False, True))
    return _Split(seen, truth[~held], measured, truth[held])


def _tf_idf(seen: Sequence[str], held: Sequence[str]) -> tuple[Any, Any]:
    """What many papers compare with: n-grams of letters, the syllables taken apart (NFD)."""
    letters = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(1, 6),
        min_df=2,
        sublinear_tf=True,
        preprocessor=lambda text: unicodedata.normalize("NFD", text),
        dtype=np.float32,
    )
    return letters.fit_transform(seen), letters.transform(held)


def _fitted(
    table: PublicTable,
    split: _Split,
    seen: Any,  # noqa: ANN401  # SciPy has no types
    held: Any,  # noqa: ANN401
    penalties: Sequence[float],
) -> tuple[float, float]:
    """The measure on what was held back, and the penalty of `penalties` that was best on thirds of what was seen."""
    folds = np.arange(seen.shape[0]) % _FOLDS

    def tried(penalty: float) -> tuple[float, float, Scores]:
        found = np.zeros(split.known.shape)
        for fold in range(_FOLDS):
            out = folds == fold
            found[out] = _scores(seen[~out], split.known[~out], seen[out], penalty)
        cuts = _cuts(split.known, found) if table.cuts else np.zeros(split.known.shape[1])
        return table.measure(split.known, found - cuts), penalty, cuts

    _, best, cuts = max(map(tried, penalties), key=lambda each: each[0])
    return table.measure(split.truth, _scores(seen, split.known, held, best) - cuts), best


def _cuts(truth: Truth, scores: Scores) -> Scores:
    """(columns,): the score from which on each column has its best F1."""

    def cut(column: Truth, found: Scores) -> float:
        precision, recall, limits = precision_recall_curve(column, found)
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
        return float(limits[np.argmax(f1[:-1])])

    return np.array([cut(column, found) for column, found in zip(truth.T, scores.T, strict=True)])


def _scores(seen: Any, known: Truth, held: Any, penalty: float) -> Scores:  # noqa: ANN401  # SciPy has no types
    settings = {"C": penalty, "solver": "liblinear", "dual": True, "max_iter": 1000, "random_state": 0, "tol": 0.01}

    def column_scores(column: NDArray[np.int64]) -> Scores:
        if column.min() == column.max():  # a rare label may lie in one fold alone
            return np.full(held.shape[0], 1.0 if column[0] else -1.0)
        fitted: Scores = LogisticRegression(**settings).fit(seen, column).decision_function(held)
        return fitted

    return np.column_stack([column_scores(column) for column in known.T])


def _one_hot(values: Sequence[str], classes: Sequence[str]) -> Truth:
    return np.array([[int(value == each) for each in classes] for value in values])


def _beep(data_dir: Path) -> Read:
    rows = list(tabbed(data_dir / "beep/train.tsv"))
    return [row[0] for row in rows], _one_hot([row[3] for row in rows], ("none", "offensive", "hate"))


def _beep_bad(data_dir: Path) -> Read:
    texts, truth = _beep(data_dir)
    return texts, truth[:, 1:].sum(1, keepdims=True)


def _kmhas(data_dir: Path) -> Read:
    rows = list(tabbed(data_dir / "kmhas/kmhas_valid.txt"))
    truth = np.zeros((len(rows), _KMHAS_LABELS), np.int64)
    for at, row in enumerate(rows):
        truth[at, [int(label) for label in row[1].split(",")]] = 1
    return [row[0].strip('"') for row in rows], truth


def _apeach(data_dir: Path) -> Read:
    rows = list(quoted(data_dir / "apeach/apeach_half_a.csv"))
    return [row[0] for row in rows], _one_hot([row[4] for row in rows], ("Spoiled",))


def _curse(data_dir: Path) -> Read:
    rows = [line.rpartition("|") for line in lines(data_dir / "curse_detection/dataset_80.txt")]
    return [text for text, _, _ in rows], _one_hot([label for _, _, label in rows], ("1",))


def _unsmile(data_dir: Path) -> Read:
    rows = list(tabbed(data_dir / "unsmile/unsmile_train_v1.0.tsv"))
    return [row[0] for row in rows], np.array([[int(value) for value in row[1 : _UNSMILE_LABELS + 1]] for row in rows])


def _macro_f1_of_classes(truth: Truth, scores: Scores) -> float:
    return float(f1_score(truth.argmax(1), scores.argmax(1), average="macro"))


def _macro_f1_of_labels(truth: Truth, scores: Scores) -> float:
    return float(f1_score(truth, scores >= 0, average="macro", zero_division=0.0))


def _accuracy(truth: Truth, scores: Scores) -> float:
    return float(accuracy_score(truth, scores > 0))


def _auc(truth: Truth, scores: Scores) -> float:
    return float(roc_auc_score(truth[:, 0], scores[:, 0]))


PUBLIC_TABLES: dict[str, PublicTable] = {
    "beep": PublicTable("macro F1 of none, offensive, hate", _beep, _macro_f1_of_classes),
    "kmhas": PublicTable("macro F1 of nine labels", _kmhas, _macro_f1_of_labels, cuts=True),
    "curse": PublicTable("accuracy", _curse, _accuracy),
    "apeach": PublicTable("area under the ROC curve, trained on beep", _apeach, _auc, train_on=_beep_bad),
    "unsmile": PublicTable("macro F1 of ten labels", _unsmile, _macro_f1_of_labels, cuts=True),
}
"""Tables by name."""
