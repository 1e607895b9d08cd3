"""Windows on long posts: what is inside one is as near as if it stood alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from embeddings.bank import Bank
from embeddings.encoder import Encoder
from embeddings.matcher import Match, match
from embeddings.normalise import normalise
from embeddings.offsets import nearest_part
from embeddings.views import Pieces, Views
from embeddings.windows import WINDOW, windows

SPAM = "무직자 주부 누구나 당일 대출 300까지 서류 없이 전화 한 통이면 됩니다 상담은 이팀장"
HARMLESS = "오늘은 강가를 따라 걷다가 오래된 나무 아래에서 쉬었고 바람이 불어 잎이 흔들렸다. "


class Blind:
    """A semantic encoder that sees nothing, so that the lexical view speaks alone."""

    fingerprint = "00000000000000bb"
    dimension = 1

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), 1), zeros."""
        return np.zeros((len(texts), 1), np.float32)


@given(st.integers(0, 20_000))
def test_windows_cover_a_long_text(length: int) -> None:
    """Each character is in a window, each window but the last is whole, and there are at most 200."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + length)))

    found = windows(text)

    assert bool(found) == (length > 2 * WINDOW)
    assert len(found) <= 200
    assert not found or set("".join(found)) == set(text)
    assert all(len(window) == WINDOW for window in found[:-1])


@pytest.mark.parametrize("length", [1_000, 3_000, 10_000])
def test_two_windows_overlap_by_half(length: int) -> None:
    """Up to 10,050 characters whatever is shorter than half a window lies within one."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + length)))

    found = windows(text)

    assert all(
        any(text[start : start + WINDOW // 2] in window for window in found) for start in range(length - WINDOW // 2)
    )


def _matches(views: Views, pieces: Pieces, texts: list[str]) -> list[list[Match]]:
    bank = Bank()
    for number, text in enumerate([SPAM, HARMLESS * 2]):
        vectors = {view: rows[0] for view, rows in views.vectors([normalise(text)]).items()}
        bank.apply(Exemplar(id=str(number), text=text, label="scam"), vectors)
    none: list[tuple[str, ...]] = [() for _ in texts]
    thresholds: dict[View, float] = {"semantic": 0.5, "lexical": 0.6}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return match(bank, pieces.vectors, none, [None] * len(texts), now, 5, thresholds, posts=pieces.posts)


def test_finds_spam_inside_a_long_post() -> None:
    """The whole post is far from the exemplar, a window on it is near; the posts around it are told apart."""
    views, texts = (
        Views(Blind()),
        [normalise(text) for text in (SPAM, HARMLESS * 30 + SPAM + HARMLESS * 30, "안녕하세요 이웃님들")],
    )
    pieces = views.pieces(texts)

    found = [
        {each.exemplar_id: each for each in post if each.view == "lexical" and each.matches}
        for post in _matches(views, pieces, texts)
    ]

    whole = Pieces({view: rows[: len(texts)] for view, rows in pieces.vectors.items()}, np.arange(len(texts)))
    assert "0" not in {each.exemplar_id for each in _matches(views, whole, texts)[1] if each.matches}
    assert set(found[0]) == {"0"}
    assert set(found[1]) == {"0", "1"}
    assert set(found[2]) == set()


def test_an_exemplar_counts_once_with_its_nearest_window() -> None:
    """Of all windows of a post near an exemplar the nearest is told, once."""
    views, texts = Views(Blind()), [normalise(HARMLESS * 40)]
    pieces = views.pieces(texts)

    near = [each for each in _matches(views, pieces, texts)[0] if each.view == "lexical" and each.exemplar_id == "1"]

    exemplar = views.vectors([normalise(HARMLESS * 2)])["lexical"][0]
    assert [each.similarity for each in near] == [pytest.approx((pieces.vectors["lexical"] @ exemplar).max(), abs=1e-4)]


def test_tells_where_in_the_original_the_exemplar_is_near() -> None:
    """The part is that of the post as it was written, signs inside words included; of a short text it is all."""
    disguised = ".".join(SPAM)
    post, views = HARMLESS * 30 + disguised + HARMLESS * 30, Views(Blind())

    start, end = nearest_part(views, post, SPAM, "lexical")

    at = post.index(disguised)
    shared = min(end, at + len(disguised)) - max(start, at)
    assert shared > 0.7 * len(disguised)
    assert end - start < 4 * WINDOW
    assert nearest_part(views, disguised, SPAM, "lexical") == (0, len(disguised))


def test_a_static_encoder_reads_a_long_post_once(shipped: Encoder) -> None:
    """The whole is what `encode` gives; a window, made of the tokens that begin in it, is next to the same letters alone."""
    texts = [normalise(text) for text in ("안녕하세요", HARMLESS * 3 + SPAM + HARMLESS * 3, "", "!? " * 150, SPAM)]

    pieces = Views(shipped).pieces(texts)

    alone = shipped.encode([*texts, *(window for text in texts for window in windows(text))])
    found = pieces.vectors["semantic"]
    assert found.shape == alone.shape
    assert len(found) > len(texts) + 4
    np.testing.assert_allclose(found[: len(texts)], alone[: len(texts)], atol=1e-6)
    nearness = (found * alone).sum(axis=1)
    assert nearness[alone.any(axis=1)].min() > 0.95
    assert not found[~alone.any(axis=1)].any()


def test_short_posts_cost_what_they_did(shipped: Encoder) -> None:
    """A post without windows has one row, the whole."""
    views, texts = Views(Blind()), ["가" * 200, "나다라"]

    pieces = views.pieces(texts)

    assert Views(shipped).pieces([]).vectors["semantic"].shape == (0, shipped.dimension)
    assert pieces.posts.tolist() == [0, 1]
    assert all(np.array_equal(rows, views.vectors(texts)[view]) for view, rows in pieces.vectors.items())
