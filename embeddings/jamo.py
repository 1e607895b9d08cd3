"""Loose Korean letters (jamo): one form for each, and joined to syllables where that is unambiguous.

The arithmetic of syllables is that of the Unicode Standard, section 3.12.
"""

import re
import unicodedata

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_COMPOUND = {"ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ"}

# ㅋㅋㅠㅠ is laughing and crying, not 쿠: these pairs stay apart, and so do doubled consonants and vowels.
_LAUGHS, _TEARS = "ㅋㅎ", "ㅠㅜㅡㅗ"
SYLLABLE = re.compile(
    rf"([{_INITIALS}])( )?([{_VOWELS}])([ㅏㅐㅓㅔㅣ])?(?! ?[{_VOWELS}])(?:([{_FINALS[1:]}])(?!\5| ?[{_VOWELS}]))?"
    r"(?(2)(?: (?=[가-힣]))?)"  # who sets the letters of a syllable apart sets the syllable apart
)

_OPEN = "".join(map(chr, range(0xAC00, 0xD7A4, len(_FINALS))))
LOOSE_FINAL = re.compile(rf"[{_OPEN}][ㄱㄴㄷㄹㅁㅂㅅㅆㅈㅌㅍ](?<![시씨]ㅂ)(?![ㄱ-ㅣ])")  # 시ㅂ is an abbreviation


def join_jamo(text: str) -> str:
    """Consonant and vowel keys made syllables: ㅋㅏ톡 to 카톡, ㄱㅏㅁㅅㅏ to 감사. ㅋㅋㅋ, ㅠㅠ, ㅇㅇ and ㅅㅂ stay."""
    return SYLLABLE.sub(syllable, text)


def syllable(found: re.Match[str]) -> str:
    """A match of `SYLLABLE` as one syllable, where it is no laughter and no crying."""
    initial, vowel, second, final = found.group(1, 3, 4, 5)
    vowel = _COMPOUND.get(vowel + second, "") if second else vowel
    doubled = found.string[max(found.start() - 1, 0) : found.start()] == initial
    if not vowel or doubled or (initial in _LAUGHS and vowel in _TEARS):
        return found[0]
    laughing = final if final and final in _LAUGHS else ""
    closing = _FINALS.find(final) if final and not laughing else 0
    return chr(0xAC00 + (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + closing) + laughing


def close(found: re.Match[str]) -> str:
    """A match of `LOOSE_FINAL` as one syllable, if ordinary Korean has it."""
    closed = chr(ord(found[0][0]) + _FINALS.index(found[0][1]))
    return closed if is_common(closed) else found[0]


def is_common(syllable: str) -> bool:
    """Whether KS X 1001 has it: the 2,350 syllables that ordinary Korean is written with. Others take eight bytes."""
    return len(syllable.encode("euc_kr")) == 2


def _keyboard_forms() -> dict[int, str]:
    """Half-width and conjoining jamo, by code point, to the compatibility jamo that a keyboard gives."""
    forms = {}
    for code in (*range(0x1100, 0x1200), *range(0xFFA1, 0xFFDD)):
        name = unicodedata.name(chr(code), "").removeprefix("HALFWIDTH ")
        letter = re.sub("^HANGUL (CHOSEONG|JUNGSEONG|JONGSEONG) ", "HANGUL LETTER ", name)
        try:
            forms[code] = unicodedata.lookup(letter)
        except KeyError:  # an old letter that no keyboard has
            continue
    return forms


_KEYBOARD_FORMS = _keyboard_forms()
_HALF_WIDTH = {code: letter for code, letter in _KEYBOARD_FORMS.items() if code > 0xFF00}


def widen_jamo(text: str) -> str:
    """Half-width jamo in the width that a keyboard gives."""
    return text.translate(_HALF_WIDTH)


def loosen_jamo(text: str) -> str:
    """Conjoining jamo that form no syllable as the jamo that a keyboard gives."""
    return text.translate(_KEYBOARD_FORMS)
