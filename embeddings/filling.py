"""Exemplars into a bank, with the vectors that Redis keeps of them; those that lack are made and written back."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from embeddings import feed
from embeddings.bank import Bank
from embeddings.errors import BankError, EncoderError
from embeddings.normalise import normalise
from embeddings.store import ExemplarStore
from embeddings.views import VECTOR_VIEWS, Views

log = logging.getLogger(__name__)

_ENCODED_AT_ONCE = 500
Vectors = dict[View, NDArray[np.float32]]


class Filler:
    """Applies exemplars to a bank. `skipped` counts those left out because they could not be read or encoded."""

    def __init__(self, store: ExemplarStore, views: Views) -> None:
        self._store, self._views = store, views
        self.skipped = 0

    def fill_from_redis(self, bank: Bank, exemplars: Sequence[Exemplar]) -> None:
        """Apply `exemplars` with what is kept of their vectors; the rest is encoded, and written back for others."""
        active = [each for each in exemplars if each.state == "active"]
        kept = feed.read_vectors(self._store.client, self._views, [each.id for each in active])
        made = self.fill(bank, exemplars, dict(zip([each.id for each in active], kept, strict=True)))
        self._write_back([each for each in active if each.id in made], made)

    def fill(self, bank: Bank, exemplars: Sequence[Exemplar], kept: Mapping[str, Vectors]) -> dict[str, Vectors]:
        """Apply `exemplars`, with the vectors of each id in `kept` where all views are there; returns those made anew."""
        missing = [
            each for each in exemplars if each.state == "active" and len(kept.get(each.id, {})) < len(VECTOR_VIEWS)
        ]
        made: dict[str, Vectors] = {}
        for start in range(0, len(missing), _ENCODED_AT_ONCE):
            made |= self._encoded(missing[start : start + _ENCODED_AT_ONCE])
        for each in exemplars:
            vectors = made.get(each.id) or kept.get(each.id, {})
            if each.state != "active" or len(vectors) == len(VECTOR_VIEWS):
                bank.apply(each, vectors)
        return made

    def skip(self, count: int) -> None:
        """Count what could not be read."""
        self.skipped += count

    def _encoded(self, exemplars: Sequence[Exemplar]) -> dict[str, Vectors]:
        """Vectors by id; an exemplar whose text the encoder fails on is left out, the others are unharmed."""
        try:
            vectors = self._views.vectors([normalise(each.text) for each in exemplars])
        except EncoderError:
            if len(exemplars) == 1:
                log.warning("an exemplar can't be encoded", extra={"exemplar_id": exemplars[0].id})
                self.skip(1)
                return {}
            return {key: each for one in exemplars for key, each in self._encoded([one]).items()}
        return {each.id: {view: matrix[row] for view, matrix in vectors.items()} for row, each in enumerate(exemplars)}

    def _write_back(self, exemplars: Sequence[Exemplar], made: Mapping[str, Vectors]) -> None:
        if not exemplars:
            return
        vectors = {view: np.stack([made[each.id][view] for each in exemplars]) for view in VECTOR_VIEWS}
        try:
            self._store.write_back(exemplars, vectors, self._views)
        except BankError as error:  # a worker that may only read can still work
            log.warning("vectors can't be written back", extra={"exemplars": len(exemplars), "error": str(error)})
