"""What the head sees of a post: one function, used by training and by scoring alike. It keeps no state and learns nothing."""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier import signs
from classifier.morphemes import Morphemes
from classifier.ngrams import code_points, hashed_ngrams, jamo
from classifier.sounds import sounds

GROUPS: tuple[str, ...] = ("embedding", "signs", "morphemes", "syllables", "jamo", "sounds")
FEATURES_VERSION = 1
"""Grows with every change that alters a feature of any text; a head of another version is refused."""

BITS = 16
_MORPHEMES, _SYLLABLES, _LETTERS = (1, 2), (1, 2, 3, 4), (3, 4, 5, 6)  # sizes of n-grams
_CHARACTERS = 4_000  # n-grams are made of a text's first and last 2,000 characters
_NO_WORD = re.compile(r"[\W_]+")
_WEIGHT = 3.0  # rows of length 3 for groups of many columns, so that one penalty suits them and the signs


class Features:
    """Posts to rows. May be shared between threads."""

    def __init__(self, dimension: int, groups: Sequence[str] = GROUPS) -> None:
        """`dimension` is the encoder's; `groups` some of GROUPS, for ablation."""
        self._groups = tuple(groups)
        self._morphemes = Morphemes()
        self.dimension = dimension

    @property
    def widths(self) -> dict[str, int]:
        """Columns of each group, in their order."""
        wide = {"embedding": self.dimension, "signs": len(signs.COLUMNS)}
        return {name: wide.get(name, 1 << BITS) for name in self._groups}

    def rows(self, texts: Sequence[str], normalised: Sequence[str], vectors: NDArray[np.float32]) -> sparse.csr_array:
        """(len(texts), sum of widths) float32 from the original texts, their normal forms and the encoder's vectors."""
        short = [_ends(text) for text in normalised]
        parts = [self._group(name, texts, short, vectors) for name in self._groups]
        return sparse.hstack(parts, format="csr", dtype=np.float32)

    def _group(
        self, name: str, texts: Sequence[str], normalised: Sequence[str], vectors: NDArray[np.float32]
    ) -> sparse.csr_array:
        match name:
            case "embedding":
                return sparse.csr_array(vectors * np.float32(_WEIGHT))
            case "signs":
                return sparse.csr_array(signs.signs(texts))
            case "morphemes":
                return self._of_morphemes(normalised)
            case "syllables":
                return _of_syllables(normalised)
            case "jamo":
                return _of_jamo(normalised)
            case "sounds":
                return _of_sounds(normalised)
        raise ValueError(f"no feature group {name!r}; there are {', '.join(GROUPS)}")

    def _of_morphemes(self, normalised: Sequence[str]) -> sparse.csr_array:
        found = self._morphemes.analyse(normalised)
        codes = np.array([crc32(each.encode()) for text in found for each in text], np.uint64)
        return _WEIGHT * hashed_ngrams(codes, [len(text) for text in found], _MORPHEMES, BITS)


def _of_syllables(normalised: Sequence[str]) -> sparse.csr_array:
    codes, lengths = code_points([f" {text} " for text in normalised])
    return _WEIGHT * hashed_ngrams(codes, lengths, _SYLLABLES, BITS)


def _of_jamo(normalised: Sequence[str]) -> sparse.csr_array:
    """Without spaces and signs, so that what is put between letters changes nothing."""
    letters = jamo(*code_points([_NO_WORD.sub("", text) for text in normalised]))
    return _WEIGHT * hashed_ngrams(*letters, _LETTERS, BITS)


def _of_sounds(normalised: Sequence[str]) -> sparse.csr_array:
    """As jamo, but blind to letters exchanged for others that sound alike."""
    return _WEIGHT * hashed_ngrams(*sounds([_NO_WORD.sub("", text) for text in normalised]), _LETTERS, BITS)


def _ends(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS // 2]} {text[-_CHARACTERS // 2 :]}"
