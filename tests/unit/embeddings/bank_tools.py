"""What the tests of the bank share: a small encoder, exemplars, and a bank that is filled in one line."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from embeddings.bank import Bank
from embeddings.contacts import contact_keys
from embeddings.matcher import Match, match
from embeddings.normalise import normalise
from embeddings.views import Views

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THRESHOLDS: dict[View, float] = {"semantic": 0.9, "lexical": 0.55}


class LetterCounts:
    """An encoder of the tests: how often each of 32 classes of letters occurs."""

    fingerprint = "00000000000000aa"
    dimension = 32

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), 32), of length 1 or 0."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for letter in filter(str.isalnum, text):
                vectors[row, ord(letter) * 2_654_435_761 % 2**32 >> 27] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors


def small_views() -> Views:
    """Both views with vectors, without a model."""
    return Views(LetterCounts())


def exemplar(
    exemplar_id: str = "a", text: str = "당일 지급 알바 모집합니다", label: str = "job", **fields: Any
) -> Exemplar:
    """An exemplar; its version is 1 where none is given."""
    return Exemplar(id=exemplar_id, text=text, label=label, **{"version": 1, **fields})


def bank_of(*exemplars: Exemplar) -> Bank:
    """A bank that holds `exemplars`, as a worker would hold them."""
    bank, views = Bank(), small_views()
    for each in exemplars:
        bank.apply(each, {view: matrix[0] for view, matrix in views.vectors([normalise(each.text)]).items()})
    return bank


def matches_of(bank: Bank, text: str, *, community: str | None = None, now: datetime = NOW, k: int = 3) -> list[Match]:
    """What a post with `text` is near to."""
    texts = [normalise(text)]
    vectors = small_views().vectors(texts)
    return match(bank, vectors, [contact_keys(text)], [community], now, k, THRESHOLDS, texts=texts)[0]
