"""Letters of other scripts that draw Korean ones: ㅋr톡, ㅅl발, 口l친, 쓰레7l.

A drawn vowel counts only right after a loose consonant, a drawn consonant only right before a vowel: Korean text that hides
nothing puts neither there. `docs/normalisation.md` says how often they stand in normal texts.
"""

import re

_VOWELS = {
    **dict.fromkeys("rト卜", "ㅏ"), **dict.fromkeys("li|丨1", "ㅣ"), "h": "ㅐ", "t": "ㅜ", "一": "ㅡ",
    "ㅏl": "ㅐ", "ㅓl": "ㅔ", "rl": "ㅐ",
}  # fmt: skip
_CONSONANTS = str.maketrans("0o7口人己不", "ㅇㅇㄱㅁㅅㄹㅈ")
_ENDS = r"(?![a-z0-9ㅏ-ㅣ])"  # a drawn letter is no part of a Latin word or of a number
_DRAWN_VOWEL = rf"(?:[ㅏㅓr]l|[rlihtト卜丨一]){_ENDS}"

# ㅋ1 is laughter with a slip; `|` and 1 are signs of their own unless a syllable follows.
VOWEL = re.compile(rf"[ㄱ-ㅎ](?:{_DRAWN_VOWEL}|(?<=[ㄱㄴㄷㄹㅁㅂㅅㅆㅇㅈㅊ])[1|](?=[가-힣]))")
_BEFORE_VOWEL = rf"(?:(?<=[口人己不])(?=[ㅏ-ㅣ]|{_DRAWN_VOWEL})|(?<=0)(?=[ㅏㅑㅓㅕㅣㅐㅔ])|(?<=[o7])(?=[ㅏ-ㅣ]))"
CONSONANT = re.compile(  # a row of them at once, as in 口l口l: what stands before the first counts for all
    rf"[口人己不0o7](?:(?<![0-9a-zㅏ-ㅣ].){_BEFORE_VOWEL}(?:(?:[ㅏ-ㅣ]{{1,2}}|{_DRAWN_VOWEL})[口人己不0o7]{_BEFORE_VOWEL})*"
    rf"|(?<=[가-힣].)(?:(?<=[07])(?=[rlh]{_ENDS})|(?<=o)(?=l{_ENDS})))"  # `or` and `oh` are words
)


def vowel(found: re.Match[str]) -> str:
    """A match of `VOWEL` with the vowel that it draws; as it is where the consonant is doubled (ㅋㅋ, ㅇㅇ, ㅉㅉ), a word by itself."""
    letter, drawn = found[0][0], found[0][1:]
    doubled = found.string[max(found.start() - 1, 0) : found.start()] == letter
    return found[0] if doubled else letter + _VOWELS[drawn]


def consonant(found: re.Match[str]) -> str:
    """A match of `CONSONANT` with the consonants that it draws."""
    return found[0].translate(_CONSONANTS)
