"""Morphemes by KoNLPy's Mecab."""

from concurrent.futures import ThreadPoolExecutor

from classifier.morphemes import MAX_CHARACTERS, Morphemes


def test_words_are_taken_apart_with_their_tags() -> None:
    """Nouns and particles come apart."""
    assert Morphemes().analyse(["강아지를 찾습니다"])[0][:2] == ["강아지\tNNG", "를\tJKO"]


def test_odd_texts_are_analysed_too() -> None:
    """Empty texts, null characters, lone surrogates and line breaks neither raise nor swallow what follows."""
    found = Morphemes().analyse(["", "\0강아지", "\ud800고양이", "강아지\n고양이"])
    assert found[0] == []
    assert [["강아지\tNNG" in text, "고양이\tNNG" in text] for text in found[1:]] == [
        [True, False],
        [False, True],
        [True, True],
    ]


def test_long_texts_are_read_at_both_ends() -> None:
    """Of a text over the limit the middle is left out, so that time is bounded."""
    found = Morphemes().analyse(["강아지 " + "네. " * MAX_CHARACTERS + " 고양이"])[0]
    assert (found[0], found[-1]) == ("강아지\tNNG", "고양이\tNNG")
    assert len(found) <= MAX_CHARACTERS


def test_threads_may_share_one() -> None:
    """Eight threads at once get what one alone gets."""
    morphemes = Morphemes()
    texts = [f"{number}번 버스 타고 시장에 갔다가 강아지를 봤어요" for number in range(200)]
    expected = morphemes.analyse(texts)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(lambda _: morphemes.analyse(texts), range(16)))
