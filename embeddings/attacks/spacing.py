"""Spaces and the order of syllables changed: rules 15 and 16 of KOTOX (arXiv 2510.10961)."""

import re
from random import Random

from embeddings.attacks.syllables import rewrite

_BETWEEN = re.compile("(?<=[가-힣])(?=[가-힣])")
_LONG_WORD = re.compile("[가-힣]{3,}")
_SPACE = re.compile(" (?=[가-힣])|(?<=[가-힣]) ")
_AROUND_SPACE = re.compile("(?<=[가-힣])[가-힣] [가-힣]|[가-힣] [가-힣](?=[가-힣])")


def spaces_inserted(text: str, random: Random) -> str:
    """대출 상담 to 대 출 상 담: syllables set apart."""
    return rewrite(text, random, _BETWEEN, lambda gap, _: gap + " ", 0.7)


def spaces_dropped(text: str, random: Random) -> str:
    """대출 상담 to 대출상담: words run together."""
    return rewrite(text, random, _SPACE, lambda _, __: "", 1.0)


def spaces_moved(text: str, random: Random) -> str:
    """더럽고 별로 to 더럽 고별로: a space moved by one syllable."""
    return rewrite(text, random, _AROUND_SPACE, _moved, 0.7)


def syllables_swapped(text: str, random: Random) -> str:
    """오랜만에 to 오만랜에: neighbours inside a longer word swapped, the first syllable kept."""
    return rewrite(text, random, _LONG_WORD, _swapped, 0.5)


def _moved(around: str, random: Random) -> str:
    before, after = around.split(" ")
    return random.choice((f" {before}{after}", f"{before}{after} "))


def _swapped(word: str, random: Random) -> str:
    places = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    if not places:
        return word
    place = random.choice(places)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
