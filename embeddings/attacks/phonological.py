"""Letters changed for others that sound alike: rules 1 to 8 of KOTOX (arXiv 2510.10961), and three of everyday use."""

import re
from random import Random

from embeddings.attacks.syllables import SYLLABLE, join, rewrite, split

_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_PLAIN = {tense: plain for plain, tense in _TENSE.items()}
_INITIALS_ALIKE = {
    letter: group.replace(letter, "") for group in ("ㄱㄲㅋ", "ㄷㄸㅌ", "ㅂㅃㅍ", "ㅅㅆ", "ㅈㅉㅊ") for letter in group
}
_VOWELS_ALIKE = {
    letter: group.replace(letter, "")
    for group in ("ㅐㅔ", "ㅒㅖ", "ㅙㅞㅚ", "ㅏㅑ", "ㅓㅕ", "ㅗㅛ", "ㅜㅠ", "ㅢㅣ")
    for letter in group
}
_FINALS_ALIKE = {
    letter: group.replace(letter, "")
    for group in ("ㄱㄲㅋㄳ", "ㄴㄵㄶ", "ㄷㅅㅆㅈㅊㅌ", "ㄹㄽㅀ", "ㅁㄻ", "ㅂㅍㅄ")
    for letter in group
}
_GLIDED = {"ㅏ": "ㅘ", "ㅐ": "ㅙ", "ㅓ": "ㅝ", "ㅔ": "ㅞ", "ㅗ": "ㅘ", "ㅜ": "ㅝ", "ㅡ": "ㅢ", "ㅣ": "ㅟ"}
_SPLIT_FINALS = {
    "ㄳ": ("ㄱ", "ㅅ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄶ": ("ㄴ", "ㅎ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"), "ㄼ": ("ㄹ", "ㅂ"),
    "ㄽ": ("ㄹ", "ㅅ"), "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"), "ㅀ": ("ㄹ", "ㅎ"), "ㅄ": ("ㅂ", "ㅅ"),
}  # fmt: skip
_LONG = {
    **dict.fromkeys("ㅏㅑㅘ", "ㅏ"), **dict.fromkeys("ㅓㅕㅝ", "ㅓ"), **dict.fromkeys("ㅗㅛ", "ㅗ"),
    **dict.fromkeys("ㅜㅠ", "ㅜ"), **dict.fromkeys("ㅐㅒㅙ", "ㅐ"), **dict.fromkeys("ㅔㅖㅞㅚ", "ㅔ"),
    **dict.fromkeys("ㅣㅟㅢ", "ㅣ"), "ㅡ": "ㅡ",
}  # fmt: skip

_BEFORE_SILENT = re.compile("[가-힣][아-잏]")
_BEFORE_PLAIN = re.compile("[가-힣] ?[가-깋다-딯바-빟사-싷자-짛]")
_TWO = re.compile("[가-힣]{2}")


def initials_replaced(text: str, random: Random) -> str:
    """한국인 to 한꾹인: plain, tense and aspirated consonants exchanged."""
    return rewrite(text, random, SYLLABLE, _initial_alike, 0.3)


def vowels_replaced(text: str, random: Random) -> str:
    """해수욕장 to 헤수욕장: neighbouring vowels exchanged."""
    return rewrite(text, random, SYLLABLE, _vowel_alike, 0.3)


def finals_replaced(text: str, random: Random) -> str:
    """한국인 to 핝굮읹: finals that are spoken alike exchanged."""
    return rewrite(text, random, SYLLABLE, _final_alike, 0.6)


def resyllabified(text: str, random: Random) -> str:
    """한국인 to 한구긴: written as spoken, a final moved to the silent initial after it."""
    return rewrite(text, random, _BEFORE_SILENT, _carried, 0.8)


def initials_inserted(text: str, random: Random) -> str:
    """한국인 to 한국긴: a final doubled into the silent initial after it."""
    return rewrite(text, random, _BEFORE_SILENT, _doubled, 0.8)


def vowels_inserted(text: str, random: Random) -> str:
    """한국인 to 환궉윈: a glide put into the vowel."""
    return rewrite(text, random, SYLLABLE, _glided, 0.3)


def finals_inserted(text: str, random: Random) -> str:
    """바깥 to 박깥: an open syllable closed with the consonant that follows."""
    return rewrite(text, random, _TWO, _closed, 0.5)


def liaison(text: str, random: Random) -> str:
    """할 짓이 to 할찌시: tensed after a final, across the space, and carried over to silent initials."""
    return resyllabified(rewrite(text, random, _BEFORE_PLAIN, _tensed, 0.7), random)


def sound_changed(text: str, random: Random) -> str:
    """씨발 to 씌빨: initials, vowels and finals exchanged together, a sixth of each."""
    for change in (_initial_alike, _vowel_alike, _final_alike):
        text = rewrite(text, random, SYLLABLE, change, 1 / 6)
    return text


def vowels_lengthened(text: str, random: Random) -> str:
    """바보 to 바보오: an open syllable drawn out by its own vowel."""
    return rewrite(text, random, SYLLABLE, _lengthened, 0.3)


def finals_loosened(text: str, random: Random) -> str:
    """카톡 to 카토ㄱ: a final written as a letter of its own."""
    return rewrite(text, random, SYLLABLE, _loosened, 0.5)


def _initial_alike(syllable: str, random: Random) -> str:
    initial, vowel, final = split(syllable)
    return join(random.choice(_INITIALS_ALIKE.get(initial, initial)), vowel, final)


def _vowel_alike(syllable: str, random: Random) -> str:
    initial, vowel, final = split(syllable)
    return join(initial, random.choice(_VOWELS_ALIKE.get(vowel, vowel)), final)


def _final_alike(syllable: str, random: Random) -> str:
    initial, vowel, final = split(syllable)
    return join(initial, vowel, random.choice(_FINALS_ALIKE.get(final, [final])))


def _carried(pair: str, _: Random) -> str:
    initial, vowel, final = split(pair[0])
    if final in {"", "ㅇ", "ㅎ"}:
        return pair
    stays, moves = _SPLIT_FINALS.get(final, ("", final))
    return join(initial, vowel, stays) + join(moves, *split(pair[1])[1:])


def _doubled(pair: str, _: Random) -> str:
    final = split(pair[0])[2]
    moves = _SPLIT_FINALS.get(final, ("", final))[1]
    return pair if final in {"", "ㅇ", "ㅎ"} else pair[0] + join(moves, *split(pair[1])[1:])


def _glided(syllable: str, _: Random) -> str:
    initial, vowel, final = split(syllable)
    return join(initial, _GLIDED.get(vowel, vowel), final)


def _closed(pair: str, _: Random) -> str:
    (initial, vowel, final), following = split(pair[0]), split(pair[1])[0]
    closing = _PLAIN.get(following, following)
    return pair if final or closing == "ㅇ" else join(initial, vowel, closing) + pair[1]


def _tensed(pair: str, _: Random) -> str:
    initial, vowel, final = split(pair[-1])
    return pair if split(pair[0])[2] in {"", "ㄴ", "ㅇ", "ㅁ"} else pair[0] + join(_TENSE[initial], vowel, final)


def _lengthened(syllable: str, _: Random) -> str:
    vowel, final = split(syllable)[1:]
    return syllable if final else syllable + join("ㅇ", _LONG[vowel])


def _loosened(syllable: str, _: Random) -> str:
    initial, vowel, final = split(syllable)
    return join(initial, vowel) + final
