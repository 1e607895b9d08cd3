"""The attack generators: seeded, effective where they apply, and bounded."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.attacks import ATTACKS
from embeddings.attacks.syllables import SYLLABLE, join, split

OFFER = (
    "무직자 주부 신용불량 다 됩니다. 대출 문의는 오늘 010-0190-6642 김팀장, 명품 논문 대리 open.kakao.com/o/abc 프리"
)

EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "initials-replaced": {"바보": ("빠보", "파보", "바뽀", "바포")},
    "vowels-replaced": {"해수": ("헤수", "해슈")},
    "finals-replaced": {"한": ("핝", "핞")},
    "resyllabified": {"한국인": ("한구긴",), "값이": ("갑시",)},
    "initials-inserted": {"한국인": ("한국긴",)},
    "vowels-inserted": {"국": ("궉",)},
    "finals-inserted": {"바깥": ("박깥",)},
    "liaison": {"할 짓이": ("할찌시",)},
    "vowels-lengthened": {"보": ("보오",)},
    "finals-loosened": {"톡": ("토ㄱ",)},
    "syllables-drawn": {"귀": ("커",), "멍멍": ("멍댕", "댕댕"), "명": ("띵",)},
    "scripts-mixed": {"카톡": ("ㅋr톡",)},
    "turned": {"논문": ("곰국",), "눈물": ("롬곡",)},
    "jamo-split": {"감": ("ㄱㅏㅁ",)},
    "full-width": {"ok": ("ｏｋ",)},
    "syllables-romanised": {"망": ("mang",)},
    "words-romanised": {"카톡": ("katok",)},
    "sinicised": {"수": ("水",)},
    "borrowed": {"돈": ("머니",)},
    "spaces-inserted": {"대출": ("대 출",)},
    "spaces-dropped": {"대출 상담": ("대출상담",)},
    "syllables-swapped": {"오랜만": ("오만랜",)},
}


def _attacked(name: str, text: str, seed: int) -> str:
    return ATTACKS[name].apply(text, Random(seed))  # noqa: S311  attacks must repeat, not surprise


@pytest.mark.parametrize("name", ATTACKS)
def test_changes_an_offer_the_same_way_under_a_seed(name: str) -> None:
    """Each attack changes a text that it applies to, and a seed fixes how."""
    first, again = (_attacked(name, OFFER, 5) for _ in range(2))

    assert first == again
    assert first != OFFER


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [(name, text, expected) for name, cases in EXAMPLES.items() for text, expected in cases.items()],
)
def test_gives_the_forms_that_people_write(name: str, text: str, expected: tuple[str, ...]) -> None:
    """The known examples of each rule come out."""
    assert {_attacked(name, text, seed) for seed in range(20)} <= set(expected)


@pytest.mark.parametrize("name", ATTACKS)
@given(
    text=st.text(st.characters(codec="utf-8") | st.sampled_from("가힣값국 인ㅋ0a."), max_size=60), seed=st.integers()
)
def test_is_bounded_on_any_text(name: str, text: str, seed: int) -> None:
    """No text breaks a generator or grows beyond reading: six times its length and two sentences."""
    assert len(_attacked(name, text, seed)) <= 6 * len(text) + 80


def test_covers_the_rules_of_the_paper() -> None:
    """The 17 rules of KOTOX have one generator each, and each tells what it does."""
    assert sorted(attack.rule for attack in ATTACKS.values() if attack.rule) == list(range(1, 18))
    assert all(attack.description for attack in ATTACKS.values())


@given(st.integers(0xAC00, 0xD7A3).map(chr))
def test_letters_make_the_syllable_again(syllable: str) -> None:
    """Taking a syllable apart and joining its letters is the identity."""
    assert SYLLABLE.fullmatch(join(*split(syllable)))
    assert join(*split(syllable)) == syllable
