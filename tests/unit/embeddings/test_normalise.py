"""What the normaliser undoes, and what it leaves alone."""

import re

import pytest

from embeddings import normalise as module
from embeddings.jamo import join_jamo
from embeddings.normalise import FIXED, is_empty, normalise

UNDONE = {
    "ㅋㅏ톡 문의": "카톡 문의",
    "텔ㄹㅔ그램": "텔레그램",
    "ㄱㅏㅁㅅㅏ": "감사",
    "ㄱㅗㅏㅇㅣㄴ": "과인",
    "ㅁㅏㄶㅇㅣ": "많이",
    "ㅅ ㅣ 발": "시발",
    "토ㅌㅗ": "토토",
    "ㅋr톡": "카톡",
    "ㄱr슴": "가슴",
    "텔ㄹㅓl그램": "텔레그램",
    "ㅅl발 ㅅ1발 ㅅ|발 씨1발": "시발 시발 시발 씨발",
    "쓰레7l": "쓰레기",
    "口l친 쭈꾸口l": "미친 쭈꾸미",
    "장애ol": "장애이",
    "카토ㄱ": "카톡",
    "재밌습니다ㄹ": "재밌습니달",
    "핝굮읹": "한국인",
    "씌발": "씨발",
    "커엽다 댕댕이": "귀엽다 멍멍이",
    "카.톡": "카톡",
    "ㅋ.ㅏ톡 ㅅ.ㅂ 병.ㅅ": "카톡 ㅅㅂ 병ㅅ",
    "텔~레": "텔레",
    "카😀톡방": "카톡방",
    "바카.라": "바카라",
    "카..톡": "카톡",
    "오.픈.채.팅": "오픈채팅",
    "k.a.k.a.o 추가": "kakao 추가",
    "카\u200b톡\ufeff": "카톡",
    "ＫＡＫＡＯ　카카오": "kakao 카카오",
    "𝓴𝓪𝓴𝓪𝓸": "kakao",
    "㉮㉯": "가나",
    "ﾡﾡ": "ㄱㄱ",
    "카톡": "카톡",
    "k̶a̶k̶a̶o̶": "kakao",
    "좋아요오오오오": "좋아요오오",
    "ㅋㅋㅋㅋㅋ": "ㅋㅋ",
    "대박!!!!!!": "대박!!",
    "앞\t\n  뒤": "앞 뒤",
    "텔레\ud800그램": "텔레그램",
}
LEFT = [
    "3.5점 10:30 example.com 1,000원 www.naver.com",
    "10000원 010-0000-0000",
    "t.me/abc open.kakao.com/o/abc",
    "ㅋㅋ ㅠㅠ ㅇㅇ ㄹㅇ ㅅㅂ ㄱㅅ ㅎㅎㅠㅠ ㅋㅋㅜㅜ ㅇㅇ?",
    "씨 1 발",
    "1~2시 사이",
    "네.감사합니다",
    "판매업자-의 허가",
    "'뻔'했던 '너 더러워'가 ‘참고’로",
    "좋아요.그런데 비싸요",
    "줬어요.제 동생 재밌네!꼭 봐 그런느낌.딱 한 번",
    "분위기(조명)가 좋아요",
    "나 좀 봐 줘",
    "아ㅋㅋ 가ㅎ",
    "a/s 문의",
    "ㅋㅋr ㅇㅇl ㅉㅉ1점 ㅋ1",
    "ㅠ0ㅠ ㅡ0ㅡ",
    "슬퍼요ㅠ.ㅠ 뭐죠ㅡ.ㅡ 안녕ㅇ_ㅇ ㅎ.ㅎ",
    "반전or허무 와oh 20l 봉투",
    "웃기넼ㅋㅋ 앜ㅋ 봤닿ㅎㅎ",
    "아 시ㅂ 씨ㅂ",
    "됬다 쫒아",
    "샤ㄷㄷ 가ㄱㄱ",
    "일본..ㅡㅡ 좋다~ㅎㅎ 재밌다.ㅋ ㅋㅋ.좋다 ㅇㅇ.그래",
]


@pytest.mark.parametrize(("written", "meant"), UNDONE.items())
def test_undoes(written: str, meant: str) -> None:
    """A disguise that is plain to a reader is undone."""
    assert normalise(written) == meant


@pytest.mark.parametrize("text", LEFT)
def test_leaves(text: str) -> None:
    """Numbers, times, addresses, laughter and ordinary sentences stay as they are."""
    assert normalise(text) == text


@pytest.mark.parametrize("text", ["", " ", "👍🏻❤️", "\u200b\u200d", "...!?", "\u3164", "\ud83d"])
def test_nothing_left(text: str) -> None:
    """What holds no letter and no digit is empty."""
    assert is_empty(normalise(text))


@pytest.mark.parametrize("text", ["ㅋ", "1", "a", "가", "あ"])
def test_something_left(text: str) -> None:
    """One letter or digit of any script is enough to compare."""
    assert not is_empty(normalise(text))


def test_joins_nothing_across_laughter() -> None:
    """A vowel after laughter or doubled letters is crying, not a syllable."""
    assert [join_jamo(text) for text in ("ㅋㅋㅠ", "ㅎㅠㅠ", "ㅇㅜㅜ", "ㅏㅏ", "ㅂㄷㅂㄷ")] == [
        "ㅋㅋㅠ",
        "ㅎㅠㅠ",
        "ㅇㅜㅜ",
        "ㅏㅏ",
        "ㅂㄷㅂㄷ",
    ]


def test_what_is_said_to_be_fixed_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folding the slow way changes no character of `FIXED` but its case, alone or among the others."""
    fixed = [chr(code) for code in range(0x20000) if FIXED.fullmatch(chr(code))]
    monkeypatch.setattr(module, "FIXED", re.compile("(?!)"))
    assert len(fixed) > 12_000
    assert [each for each in fixed if module.fold(each) != each.casefold()] == []
    assert module.fold("".join(fixed)) == "".join(fixed).casefold()
