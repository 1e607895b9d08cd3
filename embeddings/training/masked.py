"""First stage: a transformer reads the community's own language by guessing hidden tokens.

Devlin et al. (2019), BERT: 15 % of the tokens are hidden and guessed. Gururangan et al. (2020), "Don't stop
pretraining": doing so on texts of the task's own kind helps every task after it.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch.nn import functional
from transformers import DataCollatorForLanguageModeling

from embeddings.errors import EncoderError

_HIDDEN = 0.15
_BATCHES_SORTED_TOGETHER = 50  # so that a batch holds texts of like length and little padding


class MaskedTokens:
    """Losses of guessing hidden tokens, without end; `parameters` are those that learn from them.

    The guess is a learned map of the transformer's output, compared with its own input vectors, so that any checkpoint
    will do, one saved without a head too.
    """

    def __init__(self, model: SentenceTransformer, texts: Sequence[str], batch: int, seed: int) -> None:
        """Raises EncoderError where the tokenizer of `model` has no token for what is hidden."""
        transformer: Any = model[0]
        tokenizer: Any = model.tokenizer
        if tokenizer.mask_token is None:
            raise EncoderError(
                "the tokenizer has no mask token, so tokens can't be hidden: begin with a BERT-like model"
            )
        self._collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=_HIDDEN, seed=seed)
        longest = int(model.max_seq_length or tokenizer.model_max_length)
        self._ids: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=longest)["input_ids"]
        self._batch = batch
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._transformer = transformer
        self._table: torch.nn.Parameter = transformer.auto_model.get_input_embeddings().weight
        self._guess = self._head(transformer.get_embedding_dimension()).to(model.device)

    def __iter__(self) -> Iterator[torch.Tensor]:
        """The loss of a new batch each time."""
        return map(self._loss, self._batches())

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Of the transformer and of the guess."""
        return itertools.chain(self._transformer.parameters(), self._guess.parameters())

    def _head(self, width: int) -> torch.nn.ModuleDict:
        """A map that begins as the identity, and for each token how common it is."""
        guess = torch.nn.Linear(width, self._table.shape[1])
        torch.nn.init.eye_(guess.weight)
        counts = torch.bincount(torch.tensor(list(itertools.chain(*self._ids))), minlength=len(self._table))
        common = torch.nn.ParameterList([torch.log((counts + 1) / (counts + 1).sum())])
        return torch.nn.ModuleDict({"map": guess, "common": common})

    def _loss(self, batch: list[list[int]]) -> torch.Tensor:
        features = self._collate([{"input_ids": ids} for ids in batch]).to(self._table.device)
        labels = features.pop("labels")
        hidden = self._transformer(dict(features))["token_embeddings"][labels >= 0]
        guess: Any = self._guess
        logits = functional.linear(guess["map"](hidden), self._table, guess["common"][0])
        wrong = functional.cross_entropy(logits, labels[labels >= 0], reduction="sum")
        return wrong / max(1, len(hidden))  # chance may hide nothing in a small batch

    def _batches(self) -> Iterator[list[list[int]]]:
        many = self._batch * _BATCHES_SORTED_TOGETHER
        while True:
            order = self._random.sample(self._ids, len(self._ids))
            for start in range(0, len(order), many):
                near = sorted(order[start : start + many], key=len)
                batches = [near[at : at + self._batch] for at in range(0, len(near), self._batch)]
                self._random.shuffle(batches)
                yield from batches
