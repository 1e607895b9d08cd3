"""The normaliser holds its promises for every string there is."""

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.normalise import is_empty, normalise

LONGEST_DECOMPOSITION = 18
KOREAN = "가나카톡텔레ㅋㅎㅏㅣㅠㅡㅇㄱㅁㅅㄳ각ﾡaAkW 1.,~-_*^♥😀\u200b\ufe0f\u0301"

any_text = st.text(st.characters(codec=None), max_size=80)
korean_text = st.text(KOREAN, max_size=60)
DISGUISED = "가나카토시쓰네요ㅋㅎㅅㄱㅂㅇㅏㅣㅠㅡㅗrlh10o7口.~☆ ㅁ핝굮댕이윾발씌새끼|t‘’'\""
disguised_text = st.text(DISGUISED, max_size=30) | st.builds(
    str.__mul__, st.text(DISGUISED, min_size=1, max_size=5), st.integers(2, 9)
)


@given(any_text | korean_text | disguised_text)
@settings(max_examples=500)
def test_is_idempotent(text: str) -> None:
    """Normalising what is normalised changes nothing, lone surrogates and loose jamo included."""
    once = normalise(text)

    assert normalise(once) == once


@given(any_text | korean_text | disguised_text)
def test_is_bounded_and_encodable(text: str) -> None:
    """The result is UTF-8 at most 18 times as long, with no white space but single blanks inside."""
    result = normalise(text)

    result.encode()
    assert len(result) <= LONGEST_DECOMPOSITION * len(text)
    assert result == " ".join(result.split())


@given(any_text)
def test_case_and_invisible_characters_make_no_difference(text: str) -> None:
    """Zero-width characters between all others change nothing."""
    assert normalise("\u200b".join(text)) == normalise(text)


@given(st.text("☆♥😀🏻\u200b\ufe0f\u3164 .,!~()", max_size=40))
def test_signs_alone_are_empty(text: str) -> None:
    """Emoji, punctuation and zero-width characters leave nothing to compare."""
    assert is_empty(normalise(text))


def test_every_character_that_folding_may_change_is_stable() -> None:
    """Each assigned code point that is no plain letter of a script without case is normalised in one step."""
    changing = [character for character in map(chr, range(0x110000)) if _may_change(character)]
    unstable = [
        character
        for character in changing
        for once in [normalise(f"가{character}나 a{character}b")]
        if normalise(once) != once
    ]

    assert len(changing) > 10_000
    assert unstable == []


def _may_change(character: str) -> bool:
    plain = unicodedata.category(character) in {"Cn", "Co", "Lo"}
    return not plain or (unicodedata.normalize("NFKD", character) != character and not "가" <= character <= "힣")


def test_takes_time_linear_in_the_length() -> None:
    """Sixteen times as much of the worst text takes nowhere near 256 times as long."""
    worst = (
        "카.톡 ㅋㅏ톡 ㅋㅋㅋㅋㅠㅠ k.a.k.a.o ﷺ é \u200b" * 100,
        "가" * 2000,
        ". " * 1000,
        "ㅋㅏ" * 1000,
        "口l" * 1000,
        "a.b.c" * 400,
    )
    for text in worst:
        short, long = _seconds(text), _seconds(text * 16)
        assert long < 100 * short


def _seconds(text: str) -> float:
    """The best of five, so that a busy machine does not decide."""
    taken = []
    for _ in range(5):
        start = time.process_time()
        normalise(text)
        taken.append(time.process_time() - start)
    return max(min(taken), 1e-4)
