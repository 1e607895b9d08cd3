"""Public tables: the head's features on public sets of abuse, trained and measured on splits of their own.

They compare features with published results, and say nothing of the shipped head: labels differ from set to set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from classifier.errors import DataError
from classifier.features import Features
from classifier.training import Progress, featurise
from embeddings.encoder import Encoder
from embeddings.training.files import lines, quoted, tabbed

PENALTY = 1.0
_EVERY = 5  # each fifth row of a file measures, the others train: stated, repeatable, no published test split touched
_KMHAS_LABELS = 9

Truth = NDArray[np.int64]
Read = tuple[list[str], Truth]


@dataclass(frozen=True)
class PublicTable:
    """One comparison. `read` gives texts and a column of truth for each thing to tell; `measure` takes truth and scores."""

    metric: str
    read: Callable[[Path], Read]
    measure: Callable[[Truth, NDArray[np.float64]], float]
    train_on: Callable[[Path], Read] | None = None


def evaluate_on(name: str, data_dir: Path, encoder: Encoder, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Train and measure on the set `name` of PUBLIC_TABLES. Raises DataError for another name."""
    if name not in PUBLIC_TABLES:
        raise DataError(f"no public table {name!r}; there are {', '.join(PUBLIC_TABLES)}")
    table = PUBLIC_TABLES[name]
    texts, truth = table.read(data_dir)
    held = np.arange(len(texts)) % _EVERY == 0 if table.train_on is None else np.ones(len(texts), bool)
    progress(f"{len(texts)} texts to features")
    rows = featurise(texts, Features(encoder.dimension), encoder)
    if table.train_on is None:
        seen, known = rows[~held], truth[~held]
    else:
        others, known = table.train_on(data_dir)
        seen = featurise(others, Features(encoder.dimension), encoder)
    progress(f"training on {len(known)}, measuring on {int(held.sum())}")
    scores = np.column_stack([_fitted(seen, column).decision_function(rows[held]) for column in known.T])
    return {
        "table": name,
        "metric": table.metric,
        "value": round(100 * table.measure(truth[held], scores), 2),
        "trained_on": len(known),
        "measured_on": int(held.sum()),
    }


def _fitted(rows: Any, column: Truth) -> LogisticRegression:  # noqa: ANN401  # SciPy has no types
    return LogisticRegression(C=PENALTY, solver="liblinear", dual=True, max_iter=1000, random_state=0).fit(rows, column)


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


def _macro_f1_of_classes(truth: Truth, scores: NDArray[np.float64]) -> float:
    return float(f1_score(truth.argmax(1), scores.argmax(1), average="macro"))


def _macro_f1_of_labels(truth: Truth, scores: NDArray[np.float64]) -> float:
    return float(f1_score(truth, scores > 0, average="macro", zero_division=0.0))


def _accuracy(truth: Truth, scores: NDArray[np.float64]) -> float:
    return float(accuracy_score(truth, scores > 0))


def _auc(truth: Truth, scores: NDArray[np.float64]) -> float:
    return float(roc_auc_score(truth[:, 0], scores[:, 0]))


PUBLIC_TABLES: dict[str, PublicTable] = {
    "beep": PublicTable("macro F1 of none, offensive, hate", _beep, _macro_f1_of_classes),
    "kmhas": PublicTable("macro F1 of nine labels", _kmhas, _macro_f1_of_labels),
    "curse": PublicTable("accuracy", _curse, _accuracy),
    "apeach": PublicTable("area under the ROC curve, trained on beep", _apeach, _auc, train_on=_beep_bad),
}
"""Tables by name."""
