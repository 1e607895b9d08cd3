"""The views that have vectors: `semantic` by the release's encoder, `lexical` by hashed n-grams."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings.lexical import LexicalView
from embeddings.windows import Span, window_spans, windows

if TYPE_CHECKING:
    from embeddings.encoder import Encoder  # it imports torch: seconds in which the kill switch would not be pulled

VECTOR_VIEWS: tuple[View, ...] = ("semantic", "lexical")
"""The third view, `contact`, compares keys."""

Vectors = Mapping[View, NDArray[np.float32]]
"""For each view either (n, d) for n texts or (d,) for one."""

_TEXTS_AT_ONCE = 256
_encoder_locks: "WeakKeyDictionary[Encoder, threading.Lock]" = WeakKeyDictionary()


@runtime_checkable
class EncodesPieces(Protocol):
    """An encoder that reads a text once for the whole and the windows on it."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode_pieces(self, texts: Sequence[str], spans: Sequence[Span]) -> NDArray[np.float32]:
        """(len(texts) + len(spans), dimension): rows of the texts, then of parts of them."""


@dataclass(frozen=True)
class Pieces:
    """Posts as vectors: row i is the whole of post i, further rows are windows on long posts.

    `posts` (rows,) is the number of the post that each row belongs to.
    """

    vectors: dict[View, NDArray[np.float32]]
    posts: NDArray[np.int64]


class Views:
    """Normalised texts to the vectors of each view.

    Safe to call from several threads: tokenizers are not, so the encoder is held for at most 256 texts at a time, by one of all
    views on it.
    """

    def __init__(self, encoder: "Encoder") -> None:
        self._encoders: dict[View, Encoder] = {"semantic": encoder, "lexical": LexicalView()}
        self._lock = _encoder_locks.setdefault(encoder, threading.Lock())

    def fingerprint(self, view: View) -> str:
        """Vectors of `view` may be compared where this is equal."""
        return self._encoders[view].fingerprint

    def dimension(self, view: View) -> int:
        """Length of a vector of `view`."""
        return self._encoders[view].dimension

    def vectors(self, texts: Sequence[str]) -> dict[View, NDArray[np.float32]]:
        """Of each view (len(texts), dimension), rows of length 1, zeros where a view has nothing to go by.

        Raises EncoderError where a vector is not finite.
        """
        return {view: self._encode(encoder, texts) for view, encoder in self._encoders.items()}

    def pieces(self, texts: Sequence[str]) -> Pieces:
        """The vectors of whole posts and of the windows on them; see `windows`."""
        posts = [*range(len(texts)), *(post for post, _, _ in window_spans(texts))]
        vectors = {view: self._encode_pieces(encoder, texts) for view, encoder in self._encoders.items()}
        return Pieces(vectors, np.array(posts, np.int64))

    def _encode_pieces(self, encoder: "Encoder", texts: Sequence[str]) -> NDArray[np.float32]:
        if not isinstance(encoder, EncodesPieces):
            return self._encode(encoder, [*texts, *(text for each in texts for text in windows(each))])
        whole, parts = [np.empty((0, encoder.dimension), np.float32)], []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[start : start + _TEXTS_AT_ONCE]
            with self._lock:
                vectors = encoder.encode_pieces(some, window_spans(some))
            whole.append(vectors[: len(some)])
            parts.append(vectors[len(some) :])
        return np.concatenate([*whole, *parts])

    def _encode(self, encoder: "Encoder", texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), encoder.dimension), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            with self._lock:
                vectors[start : start + _TEXTS_AT_ONCE] = encoder.encode(texts[start : start + _TEXTS_AT_ONCE])
        return vectors
