"""Letters changed for others that look alike: rules 9 to 11 of KOTOX (arXiv 2510.10961), and the forms of keyboards."""

import re
import unicodedata
from random import Random

from embeddings.attacks.syllables import FINALS, INITIALS, SYLLABLE, join, rewrite, split

_ALIKE = {
    ("ㄷ", "ㅐ"): ("ㅁ", "ㅓ"), ("ㅁ", "ㅓ"): ("ㄷ", "ㅐ"), ("ㅁ", "ㅕ"): ("ㄸ", "ㅣ"), ("ㅂ", "ㅣ"): ("ㄴ", "ㅔ"),
    ("ㄱ", "ㅟ"): ("ㅋ", "ㅓ"), ("ㅍ", "ㅏ"): ("ㄱ", "ㅘ"), ("ㄱ", "ㅘ"): ("ㅍ", "ㅏ"), ("ㅍ", "ㅣ"): ("ㄲ", "ㅢ"),
}  # fmt: skip
_WHOLE_ALIKE = {"유": "윾", "우": "윽", "왕": "앟", "의": "으l", "근": "ㄹ"}
_DRAWN_INITIALS = {"ㅁ": "口", "ㅇ": "0", "ㅅ": "人", "ㄱ": "7", "ㅌ": "E", "ㅈ": "不"}
_DRAWN_VOWELS = {"ㅏ": "r", "ㅣ": "l", "ㅡ": "一", "ㅜ": "T", "ㅐ": "H"}
_TURNED = dict(zip("ㄱㄴㄹㅁㅇㅍㅗㅜㅛㅠㅡ", "ㄴㄱㄹㅁㅇㅍㅜㅗㅠㅛㅡ", strict=True))
_TURNABLE = re.compile(
    "[" + "".join(join(i, v, f) for i in "ㄱㄴㄹㅁㅇㅍ" for v in "ㅗㅜㅛㅠㅡ" for f in "ㄱㄴㄹㅁㅇㅍ") + "]+"
)
_DIGIT_FORMS = {
    "0": "Oo공영〇", "1": "lI일", "2": "이ㄹ", "3": "삼", "4": "사", "5": "오S", "6": "육b", "7": "칠", "8": "팔B", "9": "구",
}  # fmt: skip
_CIRCLED = dict(zip("0123456789가나다라마바사아자차카타파하", "⓪①②③④⑤⑥⑦⑧⑨㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻", strict=True))
_ASCII_LETTER = re.compile("[A-Za-z]")
_DIGIT = re.compile(r"(?<=\d)[-. ]?\d|\d(?=[-. ]?\d)")
_VISIBLE_ASCII = re.compile("[!-~]")
_SPECIAL = re.compile("[A-Za-z0-9가나다라마바사아자차카타파하]")


def syllables_drawn(text: str, random: Random) -> str:
    """귀엽다 to 커엽다, 멍멍이 to 댕댕이: syllables of another reading that look alike (야민정음)."""
    return rewrite(text, random, SYLLABLE, _alike, 1.0)


def scripts_mixed(text: str, random: Random) -> str:
    """쭈꾸미 to 쭈꾸口l, 카톡 to ㅋr톡: letters of an open syllable drawn with other scripts."""
    return rewrite(text, random, SYLLABLE, _drawn, 0.4)


def turned(text: str, random: Random) -> str:
    """논문 to 곰국: words read upside down."""
    return rewrite(text, random, _TURNABLE, _upside_down, 1.0)


def jamo_split(text: str, random: Random) -> str:
    """감사 to ㄱㅏㅁ사: syllables typed as loose letters."""
    return rewrite(text, random, SYLLABLE, lambda syllable, _: "".join(split(syllable)), 0.4)


def jamo_conjoining(text: str, _: Random) -> str:
    """Every syllable as conjoining jamo, which look the same on screen (Unicode NFD)."""
    return unicodedata.normalize("NFD", text)


def digits_disguised(text: str, random: Random) -> str:
    """010 to 공1O: digits of longer numbers by letters that look alike or by their names."""
    return rewrite(text, random, _DIGIT, _disguised, 0.4)


def full_width(text: str, random: Random) -> str:
    """ASCII in full width: open to ｏｐｅｎ."""
    return rewrite(text, random, _VISIBLE_ASCII, lambda letter, _: chr(ord(letter) + 0xFEE0), 1.0)


def special_alphabets(text: str, random: Random) -> str:
    """Mathematical and circled letters: open 010 가나 to 𝐨𝐩𝐞𝐧 ⓪①⓪ ㉮㉯."""
    return rewrite(text, random, _SPECIAL, _special, 0.8)


def _alike(syllable: str, _: Random) -> str:
    initial, vowel, final = split(syllable)
    drawn = _ALIKE.get((initial, vowel))
    return join(*drawn, final) if drawn else _WHOLE_ALIKE.get(syllable, syllable)


def _drawn(syllable: str, _: Random) -> str:
    initial, vowel, final = split(syllable)
    if final or (initial not in _DRAWN_INITIALS and vowel not in _DRAWN_VOWELS):
        return syllable
    return _DRAWN_INITIALS.get(initial, initial) + _DRAWN_VOWELS.get(vowel, vowel)


def _upside_down(word: str, _: Random) -> str:
    return "".join(_turn(syllable) for syllable in reversed(word))


def _turn(syllable: str) -> str:
    initial, vowel, final = split(syllable)
    top, bottom = _TURNED[final], _TURNED[initial]
    return join(top, _TURNED[vowel], bottom) if top in INITIALS and bottom in FINALS else syllable


def _disguised(found: str, random: Random) -> str:
    return found[:-1] + random.choice(_DIGIT_FORMS[found[-1]])


def _special(letter: str, _: Random) -> str:
    if _ASCII_LETTER.fullmatch(letter):
        return chr((0x1D41A if letter.islower() else 0x1D400) + ord(letter.lower()) - ord("a"))
    return _CIRCLED[letter]
