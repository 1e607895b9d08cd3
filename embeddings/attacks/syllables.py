"""Hangul syllables taken apart, put together, and rewritten at random places."""

import math
import re
from collections.abc import Callable
from random import Random

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

SYLLABLE = re.compile("[가-힣]")
WORD = re.compile("[가-힣]+")


def split(syllable: str) -> tuple[str, str, str]:
    """Initial, vowel and final of a syllable; the final is "" where there is none (Unicode Standard, section 3.12)."""
    index = ord(syllable) - 0xAC00
    return INITIALS[index // 588], VOWELS[index // 28 % 21], FINALS[index % 28].strip()


def join(initial: str, vowel: str, final: str = "") -> str:
    """The syllable of these letters; the inverse of `split`."""
    return chr(0xAC00 + INITIALS.index(initial) * 588 + VOWELS.index(vowel) * 28 + FINALS.index(final or " "))


def rewrite(
    text: str, random: Random, pattern: re.Pattern[str], change: Callable[[str, Random], str], share: float
) -> str:
    """`change` applied to `share` of the matches of `pattern` that it changes, and to at least one of them."""
    places = [found.start() for found in pattern.finditer(text) if change(found[0], random) != found[0]]
    chosen = set(random.sample(places, math.ceil(share * len(places))))
    return pattern.sub(lambda found: change(found[0], random) if found.start() in chosen else found[0], text)
