"""`train_transformer`: a small transformer, in the three stages of Daangn and SBERT; what a GPU is for.

Masked tokens of raw posts, then pairs that mean the same, then pairs with a score: `masked` and `sentences` hold them.
It begins with a checkpoint, or grows on a static encoder, by which it is made of this project's data alone.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding, Transformer, WordWeights

from embeddings.encoder import SentenceEncoder, load_model
from embeddings.errors import EncoderError
from embeddings.evaluation import evaluate_encoder, korsts
from embeddings.settings import EncoderSettings
from embeddings.training.card import transformer_card
from embeddings.training.corpus import Corpus, digests, read_corpus
from embeddings.training.descent import Report, descend
from embeddings.training.growth import grow
from embeddings.training.masked import MaskedTokens
from embeddings.training.sentences import ordering_losses, ranking_losses
from embeddings.training.train import WEIGHTS, Progress

_TEXTS_OF_A_SOURCE = 100_000  # so that film reviews are not most of what is read
_EVALUATED_AT_ONCE = 256


@dataclass(frozen=True)
class Plan:
    """How long and how hard to learn. `rate` is of fresh layers, `known_rate` of a checkpoint's."""

    masked_steps: int
    pair_steps: int
    scored_steps: int
    layers: int = 4
    batch: int = 64
    rate: float = 5e-4
    known_rate: float = 5e-5

    @classmethod
    def of(cls, steps: int, layers: int) -> "Plan":
        """`steps` in all: two fifths each for masked tokens and for pairs, one for scored pairs."""
        return cls(2 * steps // 5, 2 * steps // 5, steps - 4 * steps // 5, layers)


def train_transformer(
    data_dir: Path, out_dir: Path, start: EncoderSettings, seed: int, plan: Plan, progress: Progress
) -> dict[str, Any]:
    """Train from the model that `start` names, save in `out_dir` (made if missing) and return the metrics.

    `training.json` and the card in `README.md` say what it was made of. The same seed gives the same weights on the same CPU with
    as many threads. Raises EncoderError if a data file is missing, or `start` can't be had or is of another kind.
    """
    with _seeded(seed):
        beginning = load_model(start)
        began_as = SentenceEncoder(beginning, _EVALUATED_AT_ONCE).fingerprint
        model, fresh = _begin(beginning, plan.layers)
        progress(f"{sum(each.numel() for each in model.parameters()):,} parameters on {model.device}")
        _learn(
            model,
            read_corpus(data_dir),
            plan,
            plan.rate if fresh else plan.known_rate,
            seed,
            _told(model, data_dir, progress),
        )
    _settle_word_weights(model)
    model.save(str(out_dir), create_model_card=False)
    progress("evaluating")
    encoder = SentenceEncoder(model, _EVALUATED_AT_ONCE)
    record: dict[str, Any] = {
        "from": start.model,
        "from_fingerprint": began_as,
        "revision": start.revision,
        "seed": seed,
        "plan": asdict(plan),
        "parameters": sum(each.numel() for each in model.parameters()),
        "fingerprint": encoder.fingerprint,
        "data": digests(data_dir),
        "metrics": evaluate_encoder(encoder, data_dir),
    }
    (out_dir / "training.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (out_dir / "README.md").write_text(transformer_card(record), encoding="utf-8")
    for path in out_dir.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return dict(record["metrics"])


def _settle_word_weights(model: SentenceTransformer) -> None:
    """What words weigh after learning goes to the settings of their module, from which alone sentence-transformers loads it."""
    for module in model:
        if isinstance(module, WordWeights):
            learned = module.emb_layer.weight.detach().squeeze(1).tolist()
            module.word_weights = dict(zip(module.vocab, learned, strict=True))


def _begin(model: SentenceTransformer, layers: int) -> tuple[SentenceTransformer, bool]:
    """What is trained, and whether its layers are fresh."""
    if isinstance(model[0], StaticEmbedding):
        return grow(model, layers), True
    if isinstance(model[0], Transformer):
        return model, False
    raise EncoderError(
        f"the model to begin with is a {type(model[0]).__name__}: it must be a transformer or a static encoder"
    )


def _learn(
    model: SentenceTransformer, corpus: Corpus, plan: Plan, rate: float, seed: int, told: Callable[[str, int], Report]
) -> None:
    texts = _sample(corpus, plan.masked_steps * plan.batch, seed)
    masked = MaskedTokens(model, texts, plan.batch, seed)
    model.train()
    descend(masked.parameters(), iter(masked), plan.masked_steps, rate, told("masked tokens", plan.masked_steps))
    ranking = ranking_losses(model, corpus.pairs, WEIGHTS, plan.batch, seed)
    descend(model.parameters(), ranking, plan.pair_steps, rate, told("pairs", plan.pair_steps))
    ordering = ordering_losses(model, corpus.scored, plan.batch, seed)
    descend(model.parameters(), ordering, plan.scored_steps, rate, told("scored pairs", plan.scored_steps))


def _sample(corpus: Corpus, most: int, seed: int) -> list[str]:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    sources = [chance.sample(texts, min(_TEXTS_OF_A_SOURCE, len(texts))) for _, texts in sorted(corpus.texts.items())]
    texts = [text for source in sources for text in source]
    return chance.sample(texts, min(most, len(texts)))


def _told(model: SentenceTransformer, data_dir: Path, progress: Progress) -> Callable[[str, int], Report]:
    """Evaluation as it goes: a report for each stage."""

    def stage(name: str, steps: int) -> Report:
        def report(step: int, loss: float) -> None:
            spearman = korsts(SentenceEncoder(model, _EVALUATED_AT_ONCE), data_dir)["spearman"]
            model.train()
            progress(f"{name}, step {step:,} of {steps:,}: loss {loss:.3f}, KorSTS dev Spearman {spearman:.2f}")

        return report

    return stage


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Torch's generators from `seed` on, and as they were afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
