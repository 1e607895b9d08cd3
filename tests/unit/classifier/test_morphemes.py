"""Morphemes by KoNLPy's Mecab."""

from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from zlib import crc32

from classifier.morphemes import MAX_CHARACTERS, Morphemes


def _numbers(*morphemes: str) -> list[int]:
    return [crc32(each.encode()) for each in morphemes]


def test_words_are_taken_apart_with_their_tags() -> None:
    """A noun and its particle come apart."""
    assert Morphemes().analyse("강아지를") == ["강아지\tNNG", "를\tJKO"]


def test_each_text_has_a_number_for_each_morpheme() -> None:
    """The numbers stand end to end, with how many each text has; a word is the same in every text."""
    codes, lengths = Morphemes().codes(["강아지를 강아지", "", "강아지"])
    assert lengths.tolist() == [3, 0, 1]
    assert codes.tolist() == _numbers("강아지\tNNG", "를\tJKO", "강아지\tNNG", "강아지\tNNG")


def test_odd_texts_are_analysed_too() -> None:
    """Null characters, lone surrogates, line breaks and a word too long to remember neither raise nor swallow what follows."""
    dog, cat = _numbers("강아지\tNNG", "고양이\tNNG")
    codes, lengths = Morphemes().codes(["\0강아지", "\ud800고양이", "강아지\n고양이", "강아지/" * 20])
    texts = [codes[end - length : end].tolist() for length, end in zip(lengths, accumulate(lengths), strict=True)]
    assert [[dog in text, cat in text] for text in texts] == [[True, False], [False, True], [True, True], [True, False]]
    assert lengths[3] >= 40


def test_long_texts_are_read_at_both_ends() -> None:
    """Of a text over the limit the middle is left out, so that time is bounded."""
    codes, lengths = Morphemes().codes(["강아지 " + "네. " * MAX_CHARACTERS + " 고양이"])
    assert [codes[0], codes[-1]] == _numbers("강아지\tNNG", "고양이\tNNG")
    assert lengths[0] <= MAX_CHARACTERS


def test_threads_may_share_one() -> None:
    """Eight threads at once get what one alone gets."""
    texts = [f"{number}번 버스 타고 시장에 갔다가 강아지를 봤어요" for number in range(200)]
    expected = Morphemes().codes(texts)[0].tolist()
    shared = Morphemes()
    with ThreadPoolExecutor(8) as pool:
        assert all(found[0].tolist() == expected for found in pool.map(lambda _: shared.codes(texts), range(16)))
