"""The views that have vectors: `semantic` by the release's encoder, `lexical` by hashed n-grams."""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings.lexical import LexicalView

if TYPE_CHECKING:
    from embeddings.encoder import (
        Encoder,
        Span,
    )  # it imports torch: seconds in which the kill switch would not be pulled

VECTOR_VIEWS: tuple[View, ...] = ("semantic", "lexical")
"""The third view, `contact`, compares keys."""

Vectors = Mapping[View, NDArray[np.float32]]
"""For each view either (n, d) for n texts or (d,) for one."""

WINDOW = 100
"""Characters of a window on a long post: what most exemplars have; `python -m bench.windows` tells what other lengths find."""

_STEP = WINDOW // 2
_MOST_WINDOWS = 200  # of one post: at 20,000 characters they touch and no longer overlap
_TEXTS_AT_ONCE = 256
_encoder_locks: "WeakKeyDictionary[Encoder, threading.Lock]" = WeakKeyDictionary()


@runtime_checkable
class EncodesPieces(Protocol):
    """An encoder that reads a text once for the whole and the windows on it."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode_pieces(self, texts: Sequence[str], spans: "Sequence[Span]") -> NDArray[np.float32]:
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
        starts = [window_starts(len(text)) for text in texts]
        posts = [*range(len(texts)), *(post for post, found in enumerate(starts) for _ in found)]
        vectors = {view: self._encode_pieces(encoder, texts, starts) for view, encoder in self._encoders.items()}
        return Pieces(vectors, np.array(posts, np.int64))

    def _encode_pieces(self, encoder: "Encoder", texts: Sequence[str], starts: Sequence[range]) -> NDArray[np.float32]:
        if not isinstance(encoder, EncodesPieces):
            return self._encode(encoder, [*texts, *(text for each in texts for text in windows(each))])
        whole, parts = [np.empty((0, encoder.dimension), np.float32)], []
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[first : first + _TEXTS_AT_ONCE]
            spans = [
                (at, start, start + WINDOW)
                for at, found in enumerate(starts[first : first + len(some)])
                for start in found
            ]
            with self._lock:
                vectors = encoder.encode_pieces(some, spans)
            whole.append(vectors[: len(some)])
            parts.append(vectors[len(some) :])
        return np.concatenate([*whole, *parts])

    def _encode(self, encoder: "Encoder", texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), encoder.dimension), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            with self._lock:
                vectors[start : start + _TEXTS_AT_ONCE] = encoder.encode(texts[start : start + _TEXTS_AT_ONCE])
        return vectors


def windows(text: str) -> list[str]:
    """Pieces of 100 characters, each from the middle of the one before; none of a text of at most 200 characters.

    A short text is as near as a window on it. From 10,050 characters on the pieces overlap less, so that there are at most 200.
    """
    return [text[start : start + WINDOW] for start in window_starts(len(text))]


def window_starts(length: int) -> range:
    """Where the windows on a text of `length` characters begin."""
    if length <= 2 * WINDOW:
        return range(0)
    step = max(_STEP, math.ceil((length - WINDOW) / (_MOST_WINDOWS - 1)))
    return range(0, length - WINDOW + step, step)
