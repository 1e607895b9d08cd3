"""The lexical view: copies stay near through disguise, other texts stay far, and the vectors are plain."""

from random import Random

import numpy as np
import pytest

from embeddings.attacks import ATTACKS
from embeddings.lexical import DEFAULT_THRESHOLD, LEXICAL_VERSION, LexicalView
from embeddings.normalise import normalise

TEXT = "당일 지급 단기 알바 모집합니다. 하루 4시간 일당 18만원, 초보 가능! 자세한 건 카톡으로 문의 주세요"
OTHER = "우리 동네 도서관 앞 은행나무가 노랗게 물들었어요. 주말에 아이랑 산책하기 좋네요"
view = LexicalView()


def similarity(one: str, other: str) -> float:
    """Cosine of two original texts."""
    first, second = view.encode([normalise(one), normalise(other)])
    return float(first @ second)


@pytest.mark.parametrize(
    "attack",
    [
        "spaces-inserted", "spaces-dropped", "signs-inside", "signs-around", "jamo-split", "jamo-conjoining", "full-width",
        "invisible-between", "emoji-between", "letters-repeated", "vowels-replaced", "initials-replaced", "sound-changed",
    ],
)  # fmt: skip
def test_a_disguised_copy_stays_near(attack: str) -> None:
    """Above the threshold under each disguise, for several seeds."""
    for seed in range(5):
        assert similarity(TEXT, ATTACKS[attack].apply(TEXT, Random(seed))) >= DEFAULT_THRESHOLD  # noqa: S311


def test_spaces_signs_and_case_change_nothing_at_all() -> None:
    """Only letters and digits count."""
    assert similarity("Kakao 아이디 주세요", "k a k a o... 아이디, 주세요!!") == pytest.approx(1.0, abs=1e-6)


def test_other_texts_are_far() -> None:
    """An unrelated post is well below the threshold."""
    assert similarity(TEXT, OTHER) < 0.3


def test_vectors_have_length_one_or_zero() -> None:
    """Texts of fewer than four sounds have no vector."""
    vectors = view.encode(["", "ㅋ", "!!", "가", "카톡 주세요"])
    assert vectors.shape == (5, view.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([0, 0, 0, 0, 1], abs=1e-6)


def test_the_batch_does_not_matter() -> None:
    """Alone or among hundreds, a text has the very same vector."""
    texts = [normalise(f"{TEXT} {number}") for number in range(300)]
    together = view.encode(texts)
    alone = np.concatenate([view.encode([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_no_ngram_crosses_from_one_text_to_the_next() -> None:
    """A text's vector is its own, whatever stands beside it."""
    assert np.array_equal(view.encode(["카톡", "주세요"])[1], view.encode(["", "주세요"])[1])


def test_letters_past_the_first_plane_are_left_out() -> None:
    """Emoji and rare ideographs count as nothing, and do no harm."""
    assert np.array_equal(view.encode(["카톡😀주세요𠀀"]), view.encode(["카톡주세요"]))


def test_the_vectors_are_those_of_the_fingerprint() -> None:
    """A change of the vectors must change LEXICAL_VERSION: stored ones would be compared with others."""
    vector = view.encode(["당일 지급 알바 모집합니다"])[0]
    filled = np.flatnonzero(vector)[:8]
    assert LEXICAL_VERSION == 1
    assert filled.tolist() == [47, 90, 153, 162, 199, 202, 214, 224]
    assert np.sign(vector[filled]).astype(int).tolist() == [1, 1, 1, 1, -1, -1, -1, 1]
