"""The views on an encoder: one caller at a time, for a bounded time."""

import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.lexical import LexicalView
from embeddings.views import Views
from tests.unit.embeddings.bank_tools import LetterCounts


def test_each_view_has_its_own_fingerprint_and_vectors() -> None:
    """Semantic by the encoder, lexical by n-grams, in the order of the texts."""
    views = Views(LetterCounts())
    vectors = views.vectors(["당일 지급 알바", "", "카톡 주세요"])
    assert {view: matrix.shape for view, matrix in vectors.items()} == {"semantic": (3, 32), "lexical": (3, 512)}
    assert (views.dimension("semantic"), views.fingerprint("semantic")) == (32, LetterCounts.fingerprint)
    assert (views.dimension("lexical"), views.fingerprint("lexical")) == (512, LexicalView().fingerprint)
    assert np.array_equal(vectors["lexical"][2], LexicalView().encode(["카톡 주세요"])[0])


def test_the_encoder_is_held_for_a_bounded_time() -> None:
    """A long list is encoded in pieces, so that a post does not wait for all of it."""
    sizes: list[int] = []

    class Counting(LetterCounts):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            sizes.append(len(texts))
            return super().encode(texts)

    assert len(Views(Counting()).vectors(["여러 글입니다"] * 1_000)["semantic"]) == 1_000
    assert sum(sizes) == 1_000
    assert max(sizes) <= 256


def test_an_encoder_is_used_by_one_thread_at_a_time() -> None:
    """Also through views that were made apart: tokenizers raise where two threads meet in them."""
    inside = threading.Semaphore(1)
    met: list[bool] = []

    class Touchy(LetterCounts):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            met.append(not inside.acquire(blocking=False))
            time.sleep(0.001)
            inside.release()
            return super().encode(texts)

    encoder = Touchy()
    threads = [threading.Thread(target=lambda: [Views(encoder).vectors(["글"]) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == [False] * 80
