"""Second and third stage: a transformer learns which texts mean the same, then how much alike two texts are.

Reimers and Gurevych (2019), Sentence-BERT, with the losses of sentence-transformers: multiple negatives ranking in both
directions (Henderson et al. 2017), hard negatives where a source has them, and CoSENT (Su 2022).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CoSENTLoss, MultipleNegativesRankingLoss

from embeddings.training.corpus import Pair

Scored = tuple[float, str, str]

_BEST = 5.0  # KorSTS scores run from 0 to 5


def ranking_losses(
    model: SentenceTransformer, pairs: Mapping[str, Sequence[Pair]], weights: Mapping[str, float], batch: int, seed: int
) -> Iterator[torch.Tensor]:
    """Without end: the loss of a batch of pairs of one source, which is drawn by `weights`."""
    loss: Any = MultipleNegativesRankingLoss(
        model, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    drawn = random.Random(seed)  # noqa: S311 - not for secrets
    usable = {source: [pair for pair in pairs[source] if pair[0] and pair[1]] for source in weights}
    while True:
        (source,) = drawn.choices(list(weights), list(weights.values()))
        chosen = drawn.sample(usable[source], min(batch, len(usable[source])))
        anchors, positives, negatives = zip(*chosen, strict=True)
        columns = [anchors, positives, [negative for negative in negatives if negative]]
        yield loss([_features(model, column) for column in columns if column], None)


def ordering_losses(
    model: SentenceTransformer, scored: Sequence[Scored], batch: int, seed: int
) -> Iterator[torch.Tensor]:
    """Without end: the loss of a batch of scored pairs."""
    loss: Any = CoSENTLoss(model)
    drawn = random.Random(seed)  # noqa: S311 - not for secrets
    while True:
        scores, first, second = zip(*drawn.sample(scored, min(batch, len(scored))), strict=True)
        labels = torch.tensor(scores, device=model.device) / _BEST
        yield loss([_features(model, column) for column in (first, second)], labels)


def _features(model: SentenceTransformer, texts: Sequence[str]) -> dict[str, Any]:
    features: dict[str, Any] = model.preprocess(list(texts))
    return {name: value.to(model.device) for name, value in features.items() if isinstance(value, torch.Tensor)}
