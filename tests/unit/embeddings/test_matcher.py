"""Which exemplars a post matches: thresholds, near misses, short texts, communities, polarity, contacts, the nearest k."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings import matcher
from embeddings.bank import Bank
from embeddings.matcher import THRESHOLD_FLOOR, match
from tests.unit.embeddings.bank_tools import NOW, bank_of, exemplar, matches_of

BASIS = np.eye(32, dtype=np.float32)
LEXICAL = np.zeros(512, np.float32)
QUERY = BASIS[0]


def at(similarity: float) -> NDArray[np.float32]:
    """A vector of that similarity to QUERY."""
    vector: NDArray[np.float32] = similarity * BASIS[0] + np.float32((1 - similarity**2) ** 0.5) * BASIS[1]
    return vector.astype(np.float32)


def bank_at(*similarities: float, **fields: Any) -> Bank:
    """Exemplars e0, e1, … at these similarities to QUERY."""
    bank = Bank()
    for number, similarity in enumerate(similarities):
        bank.apply(exemplar(f"e{number}", **fields), {"semantic": at(similarity), "lexical": LEXICAL})
    return bank


def found(bank: Bank, threshold: float = 0.8, k: int = 3) -> list[tuple[str, bool]]:
    """Ids, nearest first, with whether each matches."""
    vectors: dict[View, NDArray[np.float32]] = {"semantic": QUERY[None], "lexical": LEXICAL[None]}
    thresholds: dict[View, float] = {"semantic": threshold, "lexical": 0.9}
    return [(each.exemplar_id, each.matches) for each in match(bank, vectors, [()], [None], NOW, k, thresholds)[0]]


def test_matches_and_near_misses() -> None:
    """From the threshold on it matches, down to 0.1 below it is told as near."""
    assert found(bank_at(0.95, 0.79, 0.71, 0.69)) == [("e0", True), ("e1", False), ("e2", False)]


def test_an_exemplars_own_threshold_replaces_the_releases() -> None:
    """Both lower and higher."""
    assert found(bank_at(0.7, threshold=0.65)) == [("e0", True)]
    assert found(bank_at(0.85, threshold=0.9)) == [("e0", False)]


@pytest.mark.parametrize("fields", [{"threshold": 0.1}, {}])
def test_no_threshold_works_below_the_floor(fields: dict[str, float]) -> None:
    """Neither the exemplar's nor the release's."""
    bank = bank_at(THRESHOLD_FLOOR + 0.01, THRESHOLD_FLOOR - 0.01, THRESHOLD_FLOOR - 0.11, **fields)
    assert found(bank, threshold=0.1) == [("e0", True), ("e1", False)]


def test_the_k_nearest_of_each_label_and_polarity() -> None:
    """A crowd of one label does not push out another, nor its benign exemplars."""
    bank = bank_at(0.99, 0.98, 0.97, 0.96)
    bank.apply(exemplar("other", label="scam"), {"semantic": at(0.9), "lexical": LEXICAL})
    bank.apply(exemplar("benign", polarity="benign"), {"semantic": at(0.85), "lexical": LEXICAL})
    assert [each for each, _ in found(bank, k=2)] == ["e0", "e1", "other", "benign"]


def test_benign_exemplars_are_told_with_their_polarity() -> None:
    """The policy needs to know."""
    assert {each.polarity for each in matches_of(bank_of(exemplar(polarity="benign")), exemplar().text)} == {"benign"}


@pytest.mark.parametrize(("community", "matches"), [("market", True), ("free", False), (None, False)])
def test_communities_are_respected(community: str | None, matches: bool) -> None:
    """An exemplar for some communities works in no other, in no view; one without works everywhere."""
    text = "당일 지급 알바 모집합니다 010-1234-5678"
    limited = exemplar("limited", text, communities=("market", "jobs"))
    everywhere = exemplar("everywhere", text)
    ids = {each.exemplar_id for each in matches_of(bank_of(limited, everywhere), text, community=community)}
    assert ids == ({"limited", "everywhere"} if matches else {"everywhere"})


@pytest.mark.parametrize("text", ["급전", "ㅅㅂ", "급 전!!", "급.전"])
def test_a_short_exemplar_matches_the_very_same_text(text: str) -> None:
    """Spaces and signs aside."""
    found = matches_of(bank_of(exemplar(text="급전"), exemplar("b", "ㅅㅂ", "abuse")), text)
    assert [(each.view, each.similarity, each.threshold) for each in found] == [("lexical", 1.0, 1.0)]


def test_a_short_exemplar_matches_nothing_else() -> None:
    """Not a post that contains it, repeats it or is near to it; even a low threshold of its own does not help."""
    bank = bank_of(exemplar(text="급전", threshold=0.5))
    for text in ("급전 급전 급전", "급전 필요하신 분", "급전이", "금전"):
        assert matches_of(bank, text) == []


def test_equal_contacts_match_whatever_the_words() -> None:
    """Similarity 1 in the view `contact`, also where the number is disguised."""
    bank = bank_of(exemplar(text="당일 지급 알바 모집합니다 010-1234-5678"))
    found = matches_of(bank, "고민하지 마시고 문자 주세요 공일공 1234 오육칠팔")
    assert [(each.exemplar_id, each.view, each.similarity, each.matches) for each in found] == [
        ("a", "contact", 1.0, True)
    ]


def test_contacts_of_the_record_count_beside_those_of_the_text() -> None:
    """A writer of another make may have filled in a key."""
    bank = bank_of(exemplar(contacts=("phone:01099998888",)))
    assert [each.view for each in matches_of(bank, "01099998888 로 연락")] == ["contact"]


def test_a_popular_contact_gives_k_matches_a_label() -> None:
    """The lowest ids, the same on every worker."""
    bank = bank_of(*(exemplar(f"e{number}", f"{number}번째 광고 문구 010-1234-5678") for number in reversed(range(10))))
    contacts = [each.exemplar_id for each in matches_of(bank, "010-1234-5678 연락", k=3) if each.view == "contact"]
    assert contacts == ["e0", "e1", "e2"]


def test_no_posts_give_no_matches() -> None:
    """Nothing in, nothing out."""
    empty: dict[View, NDArray[np.float32]] = {"semantic": BASIS[:0], "lexical": LEXICAL[None][:0]}
    assert match(bank_at(0.9), empty, [], [], NOW, 3, {"semantic": 0.8, "lexical": 0.9}) == []


def test_a_post_without_vector_matches_nothing() -> None:
    """Zeros are near to nothing, NaN neither."""
    for value in (0.0, np.nan):
        vectors: dict[View, NDArray[np.float32]] = {
            "semantic": np.full((1, 32), value, np.float32),
            "lexical": LEXICAL[None],
        }
        assert match(bank_at(0.99), vectors, [()], [None], NOW, 3, {"semantic": 0.5, "lexical": 0.5}) == [[]]


def test_a_batch_of_copies_stays_within_its_memory() -> None:
    """Every post near to every exemplar: each gets its k, and pairs are thinned out piece by piece."""
    posts, rows = 300, 2_000
    bank = Bank()
    for row in range(rows):
        bank.apply(exemplar(f"e{row}", version=row + 1), {"semantic": QUERY, "lexical": LEXICAL})
    vectors: dict[View, NDArray[np.float32]] = {
        "semantic": np.repeat(QUERY[None], posts, 0),
        "lexical": np.repeat(LEXICAL[None], posts, 0),
    }
    near = match(bank, vectors, [()] * posts, [None] * posts, NOW, 2, {"semantic": 0.8, "lexical": 0.9})
    assert [[each.similarity for each in post] for post in near] == [[1.0, 1.0]] * posts
    assert all(len({each.exemplar_id for each in post}) == 2 for post in near)
    assert posts > matcher._POSTS_AT_ONCE
