"""Learning a table of token vectors from pairs that mean the same and pairs with a score.

The table is a linear map of features of the tokens, times a length for each token, plus a move of its own for each token
that is drawn back to zero: what holds for all tokens is learned first, and most tokens occur in no pair.

Two losses: multiple negatives ranking (Henderson et al. 2017, symmetric, with hard negatives where a source has them),
and Pearson's correlation of cosine and score within a batch of KorSTS. A loss that looks at the worst pairs of a batch,
such as CoSENT, learns those by heart: decision 11 has the numbers.
"""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Ids = list[int]
Triplet = tuple[Ids, Ids, Ids]
Scored = tuple[float, Ids, Ids]


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to learn. `weights` say how often each source of pairs is drawn."""

    weights: Mapping[str, float]
    steps: int = 500
    batch: int = 256
    scored_batch: int = 256
    map_rate: float = 5e-4
    length_rate: float = 5e-3
    move_rate: float = 1e-3
    ranking: float = 0.1  # weight of the ranking loss beside the correlation
    temperature: float = 0.05  # of the ranking loss
    token_dropout: float = 0.2
    pull: float = 3.0  # of a token's own move back to zero, per squared length
    warm_up: int = 100
    report_every: int = 100


class Trainer:
    """A table of token vectors that learns. Deterministic for a seed on one thread of a CPU."""

    def __init__(self, features: Sequence[NDArray[np.float32]], schedule: Schedule, seed: int) -> None:
        """`features` are (tokens, dimension) each; the table begins as their sum."""
        self._features = torch.from_numpy(np.hstack(features))
        tokens, dimension = features[0].shape
        self._map = torch.nn.Parameter(torch.eye(dimension).repeat(len(features), 1))
        self._log_lengths = torch.nn.Parameter(torch.zeros(tokens))
        self._moves = torch.nn.Parameter(torch.zeros(tokens, dimension))
        self._schedule = schedule
        self._random = random.Random(seed)  # noqa: S311 - not for secrets

    def table(self) -> torch.Tensor:
        """(tokens, dimension), as learned so far."""
        return self._rows(torch.arange(len(self._features))).detach()

    def learn(
        self,
        pairs: Mapping[str, Sequence[Triplet]],
        scored: Sequence[Scored],
        report: Callable[[int, float], None],
    ) -> NDArray[np.float32]:
        """The learned (tokens, dimension) table; `report` is told the step and the loss from time to time."""
        plan = self._schedule
        rates = {self._map: plan.map_rate, self._log_lengths: plan.length_rate, self._moves: plan.move_rate}
        groups = [{"params": [learned], "lr": rate} for learned, rate in rates.items()]
        optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99))
        falling = torch.optim.lr_scheduler.LambdaLR(optimizer, self._share_of_rate)
        for step in range(1, plan.steps + 1):
            loss = plan.ranking * self._ranking(pairs) + self._disagreement(scored) + self._distance()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            falling.step()
            if step % plan.report_every == 0 or step == plan.steps:
                report(step, loss.item())
        learned_table: NDArray[np.float32] = self.table().numpy()
        return learned_table

    def _share_of_rate(self, steps_taken: int) -> float:
        plan, step = self._schedule, steps_taken + 1
        return min(1.0, step / plan.warm_up) * max(0.02, 1 - step / plan.steps)

    def _ranking(self, pairs: Mapping[str, Sequence[Triplet]]) -> torch.Tensor:
        plan = self._schedule
        (source,) = self._random.choices(list(plan.weights), list(plan.weights.values()))
        batch = self._random.sample(pairs[source], min(plan.batch, len(pairs[source])))
        anchors = self._encode([anchor for anchor, _, _ in batch])
        others = self._encode([positive for _, positive, _ in batch] + [negative for *_, negative in batch if negative])
        likeness = anchors @ others.T / plan.temperature
        answers = torch.arange(len(batch))
        back = likeness[:, : len(batch)].T
        return functional.cross_entropy(likeness, answers) + functional.cross_entropy(back, answers)

    def _disagreement(self, scored: Sequence[Scored]) -> torch.Tensor:
        """One less the correlation of cosine and score."""
        batch = self._random.sample(scored, min(self._schedule.scored_batch, len(scored)))
        scores = torch.tensor([score for score, _, _ in batch])
        first, second = self._encode([one for _, one, _ in batch]), self._encode([two for _, _, two in batch])
        cosines = (first * second).sum(1)
        return 1 - functional.cosine_similarity(cosines - cosines.mean(), scores - scores.mean(), dim=0)

    def _distance(self) -> torch.Tensor:
        distance: torch.Tensor = self._moves.square().sum(1).mean()
        return self._schedule.pull * distance

    def _encode(self, texts: Sequence[Ids]) -> torch.Tensor:
        kept = [self._thin(text) for text in texts]
        starts = torch.tensor([0, *itertools.accumulate(map(len, kept[:-1]))])
        chained = torch.tensor(list(itertools.chain.from_iterable(kept)))
        tokens, places = torch.unique(chained, return_inverse=True)
        return functional.normalize(functional.embedding_bag(places, self._rows(tokens), starts, mode="mean"), dim=1)

    def _rows(self, tokens: torch.Tensor) -> torch.Tensor:
        return self._features[tokens] @ self._map * self._log_lengths[tokens].exp()[:, None] + self._moves[tokens]

    def _thin(self, text: Ids) -> Ids:
        """The text without a few tokens, so that no single one decides."""
        return [token for token in text if self._random.random() >= self._schedule.token_dropout] or text
