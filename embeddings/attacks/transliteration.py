"""Korean written with other letters or other languages' words: rules 12 to 14 of KOTOX (arXiv 2510.10961)."""

import re
from random import Random

from embeddings.attacks.syllables import FINALS, INITIALS, SYLLABLE, VOWELS, WORD, rewrite, split

# Revised Romanization of Korean (2000), letter by letter in the order of Unicode.
_ROMAN_INITIALS = "g kk n d tt r m b pp s ss - j jj ch k t p h"
_ROMAN_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"
_ROMAN_FINALS = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t"
_ROMAN = tuple(
    dict(zip(letters, roman.split(), strict=True))
    for letters, roman in ((INITIALS, _ROMAN_INITIALS), (VOWELS, _ROMAN_VOWELS), (FINALS, _ROMAN_FINALS))
)
_SAME_READING = dict(
    zip(
        "가고공구국금기내대도동만명무문미방백본부사산상생소수시신심안여오외원이인일자전정제주중지차천청초추출친칠팔하학한해호화회",
        "家高空九國金氣內大道東萬明無文美方百本部四山上生小水時新心安女五外元二人日子前正第主中地車千靑初秋出親七八下學韓海好火會",
        strict=True,
    )
)
_BORROWED = {
    "무료": "프리", "공짜": "프리", "오늘": "투데이", "전화": "콜", "문자": "메시지", "돈": "머니", "현금": "캐시", "선물": "기프트",
    "할인": "세일", "상담": "컨설팅", "친구": "프렌드", "아기": "베이비", "엄마": "마미", "집": "하우스", "커피": "코히", "개": "도그",
    "고양이": "캣", "새": "뉴", "방": "룸", "하루": "원데이", "주말": "위크엔드", "아침": "모닝", "저녁": "이브닝", "차": "카",
    "책": "북", "물": "워터", "일": "워크", "가지마": "돈트고", "주세요": "쿠다사이", "하세요": "플리즈", "감사": "땡큐", "합니다": "하무니다",
    "입니다": "데스", "안녕": "헬로우", "모집": "리쿠르트", "판매": "세일즈", "사람": "피플", "여자": "걸", "남자": "맨", "진짜": "혼또",
    "미친": "크레이지", "쓰레기": "트래시", "바보": "바카", "회원": "멤버", "추천": "레코멘드", "가격": "프라이스", "은행": "뱅크",
}  # fmt: skip
_BORROWABLE = re.compile("|".join(sorted(_BORROWED, key=len, reverse=True)))


def romanised(text: str, random: Random) -> str:
    """카톡 to katok: words by the Revised Romanization."""
    return rewrite(
        text, random, WORD, lambda word, chance: "".join(_roman(syllable, chance) for syllable in word), 0.25
    )


def syllables_romanised(text: str, random: Random) -> str:
    """망했어 to mang했어: single syllables in Latin letters."""
    return rewrite(text, random, SYLLABLE, _roman, 0.15)


def sinicised(text: str, random: Random) -> str:
    """수상해 to 水상해: syllables by Chinese characters of the same reading."""
    return rewrite(text, random, SYLLABLE, lambda syllable, _: _SAME_READING.get(syllable, syllable), 0.5)


def borrowed(text: str, random: Random) -> str:
    """가지마세요 to 돈트고세요: words by foreign ones of the same meaning."""
    return rewrite(text, random, _BORROWABLE, lambda word, _: _BORROWED[word], 0.7)


def _roman(syllable: str, _: Random) -> str:
    letters = (letter or " " for letter in split(syllable))
    return "".join(roman[letter] for roman, letter in zip(_ROMAN, letters, strict=True)).replace("-", "")
