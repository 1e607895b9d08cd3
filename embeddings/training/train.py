"""`train_encoder`: from public data to a folder that plain sentence-transformers loads, in minutes on one core."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from embeddings.encoder import StaticEncoder
from embeddings.evaluation import evaluate_encoder, korsts
from embeddings.training.card import static_card
from embeddings.training.contrastive import Ids, Schedule, Trainer, Triplet
from embeddings.training.cooccurrence import rarities, token_vectors
from embeddings.training.corpus import Corpus, Pair, digests, read_corpus
from embeddings.training.morphemes import build_tokenizer, count_morphemes
from embeddings.training.spelling import spelling_vectors

Progress = Callable[[str], None]

VOCABULARY = 24_000
DIMENSION = 256
WINDOW = 8
BATCH = 256
_MORPHEME_TEXTS = 200_000  # of one source, so that 688,000 film reviews do not choose all the words
_COOCCURRENCE_TEXTS = 300_000
_COMPANY = 0.5  # how much what a token stands beside counts at first, against how it is written
WEIGHTS = {
    "kda": 0.5,
    "korsts": 1.0,
    "nli": 1.5,
    "parakqc": 1.0,
    "petitions": 0.3,
    "question_pair": 1.0,
    "sae4k": 0.7,
    "stylekqc": 0.7,
}


SCHEDULE = Schedule(WEIGHTS)


@dataclass(frozen=True)
class _Run:
    """What every step of one training needs."""

    corpus: Corpus
    data_dir: Path
    seed: int
    progress: Progress

    def sample(self, most: int) -> list[str]:
        """At most `most` texts of each source, the same for the same seed."""
        chosen = random.Random(self.seed)  # noqa: S311 - not for secrets
        sources = (chosen.sample(texts, min(most, len(texts))) for _, texts in sorted(self.corpus.texts.items()))
        return [text for texts in sources for text in texts]


def train_encoder(
    data_dir: Path, out_dir: Path, seed: int, progress: Progress, schedule: Schedule = SCHEDULE
) -> dict[str, Any]:
    """Train on `data_dir`, save in `out_dir` (made if missing) and return the metrics.

    `training.json` and the card in `README.md` say what it was made of. The same seed on a CPU gives the same files but for the measured speed. Raises EncoderError if a data file is missing.
    """
    with _one_thread():
        progress("reading and normalising")
        run = _Run(read_corpus(data_dir), data_dir, seed, progress)
        tokenizer = _tokenizer(run)
        learned = _learn(run, tokenizer, _features(run, tokenizer), schedule)
        save(learned, tokenizer, out_dir)
        progress("evaluating")
        encoder = StaticEncoder(SentenceTransformer(str(out_dir), device="cpu", local_files_only=True), BATCH)
        metrics = evaluate_encoder(encoder, data_dir)
    record = {
        "seed": seed,
        "plan": asdict(schedule),
        "parameters": learned.size,
        "fingerprint": encoder.fingerprint,
        "data": digests(data_dir),
        "metrics": metrics,
    }
    (out_dir / "training.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (out_dir / "README.md").write_text(static_card(record), encoding="utf-8")
    return metrics


def save(table: NDArray[np.float32], tokenizer: Tokenizer, out_dir: Path) -> None:
    """A sentence-transformers folder of one `StaticEmbedding`, in float16, its tokenizer without white space."""
    weights = torch.from_numpy(table).half()
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu")
    model.save(str(out_dir), create_model_card=False)
    compact = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (out_dir / "tokenizer.json").write_text(compact, encoding="utf-8")
    for path in out_dir.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _tokenizer(run: _Run) -> Tokenizer:
    texts = run.sample(_MORPHEME_TEXTS)
    run.progress(f"counting morphemes in {len(texts):,} texts")
    return build_tokenizer(count_morphemes(texts), VOCABULARY)


def _features(run: _Run, tokenizer: Tokenizer) -> list[NDArray[np.float32]]:
    """How tokens are written, and what they stand beside; rarer ones count for more."""
    texts = run.sample(_COOCCURRENCE_TEXTS)
    run.progress(f"factorising co-occurrence in {len(texts):,} texts")
    ids, vocabulary = _ids(tokenizer, texts), tokenizer.get_vocab()
    beside = token_vectors(ids, len(vocabulary), DIMENSION, WINDOW, run.seed)
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    lengths = rarities(ids, len(vocabulary))[:, None]
    return [spelling_vectors(tokens, DIMENSION, run.seed) * lengths, _COMPANY * beside * lengths]


def _learn(
    run: _Run, tokenizer: Tokenizer, features: Sequence[NDArray[np.float32]], schedule: Schedule
) -> NDArray[np.float32]:
    trainer = Trainer(features, schedule, run.seed)
    pairs = {source: _triplets(tokenizer, found) for source, found in run.corpus.pairs.items()}
    scores, one, two = zip(*run.corpus.scored, strict=True)
    scored = list(zip(scores, _ids(tokenizer, one), _ids(tokenizer, two), strict=True))

    def report(step: int, loss: float) -> None:
        spearman = korsts(_TableEncoder(tokenizer, trainer.table()), run.data_dir)["spearman"]
        run.progress(f"step {step:,} of {schedule.steps:,}: loss {loss:.2f}, KorSTS dev Spearman {spearman:.2f}")

    run.progress(f"learning from {sum(map(len, pairs.values())):,} pairs and {len(scored):,} scored pairs")
    return trainer.learn(pairs, scored, report)


class _TableEncoder:
    """Just enough of an encoder to evaluate a table that is still learning."""

    def __init__(self, tokenizer: Tokenizer, table: torch.Tensor) -> None:
        self._tokenizer, self._table = tokenizer, table

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [self._table[ids].mean(0) if ids else self._table[0] * 0 for ids in _ids(self._tokenizer, texts)]
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(torch.stack(rows), dim=1).numpy()
        return vectors


def _ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _triplets(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> list[Triplet]:
    anchors, positives, negatives = zip(*pairs, strict=True)
    columns = (_ids(tokenizer, column) for column in (anchors, positives, negatives))
    return [triplet for triplet in zip(*columns, strict=True) if triplet[0] and triplet[1]]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in a fixed order, so that the same seed gives the same file."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
