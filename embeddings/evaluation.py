"""How good an encoder is, on public Korean data that the shipped one never saw: meaning, paraphrase, spacing, speed."""

import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from embeddings.normalise import normalise
from embeddings.training.corpus import held_out, read_clusters, read_scored
from embeddings.training.files import quoted, tabbed

_SPEED_TEXTS = 20_000
_EVADED_TEXTS = 2_000
_EVADED_LENGTH = 20  # characters: shorter posts have copies of their own


class Encodes(Protocol):
    """Normalised texts to unit vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dimension)."""


@dataclass(frozen=True)
class Compared:
    """Pairs of normalised texts with what people say of each and its cosine, (pairs,) both."""

    texts: Sequence[tuple[str, str]]
    truth: NDArray[np.float64]
    cosines: NDArray[np.float32]


def evaluate_encoder(encoder: Encodes, data_dir: Path) -> dict[str, Any]:
    """All measures by name; correlations, recalls and areas in percent. Raises EncoderError if a data file is missing."""
    return {
        "korsts_dev": korsts(encoder, data_dir),
        "parakqc_held_out": paraphrases(encoder, data_dir),
        "question_pair_test": same_question(encoder, data_dir),
        "evaded_posts": evasions(encoder, data_dir),
        "posts_per_core_second": speed(encoder, data_dir),
    }


def korsts(encoder: Encodes, data_dir: Path) -> dict[str, float]:
    """KorSTS dev: how the cosine goes with the score people gave (Ham et al. 2020)."""
    compared = korsts_pairs(encoder, data_dir)
    return {
        "spearman": _percent(spearmanr(compared.cosines, compared.truth).statistic),
        "pearson": _percent(pearsonr(compared.cosines, compared.truth).statistic),
    }


def korsts_pairs(encoder: Encodes, data_dir: Path) -> Compared:
    """The pairs of KorSTS dev; the truth is a score from 0 to 5."""
    rows = read_scored(data_dir / "korsts/sts-dev.tsv")
    return _compare(encoder, [(first, second) for _, first, second in rows], [score for score, _, _ in rows])


def paraphrases(encoder: Encodes, data_dir: Path) -> dict[str, float]:
    """paraKQC: how often the nearest of all other questions is of the same cluster, for clusters never trained on."""
    owners, texts = zip(
        *((name, text) for name, found in read_clusters(data_dir).items() for text in found), strict=True
    )
    names, vectors = np.array(owners), encoder.encode(texts)
    asked = np.flatnonzero([held_out(name) for name in owners])
    likeness = vectors[asked] @ vectors.T
    likeness[np.arange(len(asked)), asked] = -np.inf
    return {"recall_at_1": _percent(np.mean(names[likeness.argmax(1)] == names[asked]))}


def same_question(encoder: Encodes, data_dir: Path) -> dict[str, float]:
    """question_pair test: the area under the curve of telling equal questions from others by cosine."""
    compared = question_pairs(encoder, data_dir)
    return {"auc": _percent(roc_auc_score(compared.truth == 1, compared.cosines))}


def question_pairs(encoder: Encodes, data_dir: Path) -> Compared:
    """The pairs of question_pair test; the truth is 1 where both ask the same, else 0."""
    rows = list(quoted(data_dir / "question_pair/kor_pair_test.csv"))
    texts = [(normalise(row[1]), normalise(row[2])) for row in rows]
    return _compare(encoder, texts, [row[3] == "0" for row in rows])


def evasions(encoder: Encodes, data_dir: Path) -> dict[str, float]:
    """How often the nearest of 2,000 reviews to a disguised copy is its original, by kind of disguise."""
    reviews = (normalise(row[2]) for row in tabbed(data_dir / "nsmc/nsmc_raw.tsv.xz"))
    texts = list(itertools.islice((text for text in reviews if len(text) >= _EVADED_LENGTH), _EVADED_TEXTS))
    vectors = encoder.encode(texts)
    chance = random.Random(0)  # noqa: S311 - not for secrets
    disguises = {
        "spaces dropped": [text.replace(" ", "") for text in texts],
        "spaces inserted": [" ".join(text.replace(" ", "")) for text in texts],
        "one in ten letters dropped": ["".join(letter for letter in text if chance.random() > 0.1) for text in texts],
    }
    return {
        name: _percent(np.mean((encoder.encode(copies) @ vectors.T).argmax(1) == np.arange(len(texts))))
        for name, copies in disguises.items()
    }


def speed(encoder: Encodes, data_dir: Path) -> int:
    """Normalised reviews encoded in a second of processor time, over all threads: what one core does alone."""
    rows = itertools.islice(tabbed(data_dir / "nsmc/nsmc_raw.tsv.xz"), _SPEED_TEXTS)
    texts = [normalise(row[2]) for row in rows]
    encoder.encode(texts[:1000])
    start = time.process_time()
    encoder.encode(texts)
    return round(len(texts) / (time.process_time() - start))


def _compare(encoder: Encodes, texts: Sequence[tuple[str, str]], truth: Sequence[float]) -> Compared:
    first, second = (encoder.encode(side) for side in zip(*texts, strict=True))
    return Compared(texts, np.array(truth, np.float64), (first * second).sum(1))


def _percent(share: float) -> float:
    return round(100 * float(share), 2)
