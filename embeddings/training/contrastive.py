"""Learning a table of token vectors from pairs that mean the same and pairs with a score.

Two losses, one step on each in turn with the other: multiple negatives ranking (Henderson et al. 2017, symmetric, with
hard negatives where a source has them), and CoSENT on KorSTS (Su 2022: the cosine of a pair with a higher score should
be the higher one). The table is drawn back to where it began, for most tokens occur in no pair: without it the score on
pairs never seen falls while the one on pairs seen still rises.
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
    steps: int = 1500
    batch: int = 256
    scored_batch: int = 128
    learning_rate: float = 2e-3
    temperature: float = 0.05  # of the ranking loss
    sharpness: float = 20.0  # of CoSENT
    token_dropout: float = 0.1
    pull: float = 60.0  # towards the first table, per squared distance of a row
    warm_up: int = 100
    report_every: int = 250


class Trainer:
    """A table of token vectors that learns. Deterministic for a seed on one thread of a CPU."""

    def __init__(self, first: NDArray[np.float32], schedule: Schedule, seed: int) -> None:
        """`first` is the (tokens, dimension) table to start from; it is scaled to a mean row length of 1."""
        table = torch.from_numpy(first)
        self._start = table / table.norm(dim=1).mean()
        self.table = torch.nn.Parameter(self._start.clone())
        self._schedule = schedule
        self._random = random.Random(seed)  # noqa: S311 - not for secrets

    def learn(
        self,
        pairs: Mapping[str, Sequence[Triplet]],
        scored: Sequence[Scored],
        report: Callable[[int, float], None],
    ) -> NDArray[np.float32]:
        """The learned (tokens, dimension) table; `report` is told the step and the loss from time to time."""
        plan = self._schedule
        optimizer = torch.optim.Adam([self.table], lr=plan.learning_rate, betas=(0.9, 0.99))
        for step in range(1, plan.steps + 1):
            rate = plan.learning_rate * min(1.0, step / plan.warm_up) * max(0.02, 1 - step / plan.steps)
            optimizer.param_groups[0]["lr"] = rate
            loss = self._ranking(pairs) + self._ordering(scored) + self._drift()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if step % plan.report_every == 0 or step == plan.steps:
                report(step, loss.item())
        return self.table.detach().numpy()

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

    def _ordering(self, scored: Sequence[Scored]) -> torch.Tensor:
        batch = self._random.sample(scored, min(self._schedule.scored_batch, len(scored)))
        scores = torch.tensor([score for score, _, _ in batch])
        first, second = self._encode([one for _, one, _ in batch]), self._encode([two for _, _, two in batch])
        cosines = (first * second).sum(1) * self._schedule.sharpness
        excess = (cosines[None, :] - cosines[:, None])[scores[:, None] > scores[None, :]]
        return torch.logsumexp(torch.cat([torch.zeros(1), excess]), dim=0)

    def _drift(self) -> torch.Tensor:
        distance: torch.Tensor = (self.table - self._start).square().sum(1).mean()
        return self._schedule.pull * distance

    def _encode(self, texts: Sequence[Ids]) -> torch.Tensor:
        kept = [self._thin(text) for text in texts]
        starts = torch.tensor([0, *itertools.accumulate(map(len, kept[:-1]))])
        tokens = torch.tensor(list(itertools.chain.from_iterable(kept)))
        return functional.normalize(functional.embedding_bag(tokens, self.table, starts, mode="mean"), dim=1)

    def _thin(self, text: Ids) -> Ids:
        """The text without a few tokens, so that no single one decides."""
        return [token for token in text if self._random.random() >= self._schedule.token_dropout] or text
