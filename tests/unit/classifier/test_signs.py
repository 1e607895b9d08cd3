"""Signs of a text's form."""

import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import signs as module
from classifier.signs import COLUMNS, MAX_CHARACTERS, signs


@settings(deadline=None)
@given(st.lists(st.text(), max_size=5))
def test_signs_are_bounded_for_any_text(texts: list[str]) -> None:
    """Every sign of every text is a number from 0 to 1."""
    found = signs(texts)
    assert found.shape == (len(texts), len(COLUMNS))
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()


_SIGNS = 'ㅋㅎㅠㅜ!！1１a가♥😀… "\u200b\ud800\0ꀀ\ndm카ㅋ톡r.-바보야 만원계좌010일'


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text(st.sampled_from(_SIGNS) | st.characters(), max_size=30), max_size=4))
def test_what_is_counted_in_all_texts_is_what_the_patterns_find_in_each(texts: list[str]) -> None:
    """Signs of one character, runs of two or more, and all others; none reaches over the border of two texts."""
    patterns = [each.pattern + ("{2,}" if name in module._RUNS else "") for name, each in module._PATTERNS.items()]
    expected = [[len(re.findall(pattern, text)) for pattern in patterns] for text in texts]
    assert module._counts(texts).tolist() == expected


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("문의는 010-0123-4567로", "phone"),
        ("공1O 0234 공567 연락주세요", "phone"),
        ("open.kakao.com/o/abc 들어오세요", "messenger"),
        ("카.톡 주세요", "messenger"),
        ("여기 보세요 shop.example/x", "link"),
        ("3만원에 드려요", "price"),
        ("이거 어디서 사나요?", "question"),
        ("시급 만원", "wage"),
        ("ㅅㅂ 진짜", "jamo"),
        ("바^보야", "broken_word"),
        ("바 보 야 너", "spaced_word"),
        ("카r톡 ㅅ1발", "mixed_word"),
        ("DM 주세요", "messenger"),
        ("WWW.SHOP.EXAMPLE", "link"),
        ("123-45-67890 으로", "account"),
        ("바\u200b보", "hidden"),
    ],
)
def test_a_sign_is_seen(text: str, sign: str) -> None:
    """Each kind of sign is found in a text that has it, disguised ones included."""
    assert signs([text])[0, COLUMNS.index(f"{sign}_any")] == 1.0


def test_a_plain_sentence_has_no_contact() -> None:
    """Dates, times and flat numbers are no phone number, link or messenger."""
    row = signs(["11월 24일 10:30에 101동 1203호 앞에서 만나요"])[0]
    assert [row[COLUMNS.index(f"{sign}_any")] for sign in ("phone", "link", "messenger", "account")] == [0, 0, 0, 0]


def test_time_grows_with_the_length_only() -> None:
    """A hostile text of the longest length is read in well under a second."""
    hostile = ["0 ", "가.", "ㅋ", "a-", "1", "일", "1,", "0-", "카", "a.", "가 "]
    texts = [(part * MAX_CHARACTERS)[:MAX_CHARACTERS] for part in hostile]
    before = time.process_time()
    assert signs(texts).shape == (len(hostile), len(COLUMNS))
    assert time.process_time() - before < 2.0 * len(hostile)  # quadratic patterns took four to nine seconds a text
