"""What the head sees of a post: one function, used by training and by scoring alike. It keeps no state and learns nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier import signs
from classifier.morphemes import Morphemes
from classifier.ngrams import Codes, Hits, code_points, hashed_ngrams, jamo, letters
from classifier.sounds import sounds

GROUPS: tuple[str, ...] = ("embedding", "signs", "morphemes", "syllables", "jamo", "sounds")
FEATURES_VERSION = 2
"""Grows with every change that alters a feature of any text; a head of another version is refused."""

BITS = 16
_MORPHEMES, _SYLLABLES, _LETTERS = (1, 2), (1, 2, 3, 4), (3, 4, 5, 6)  # sizes of n-grams
_CHARACTERS = 4_000  # n-grams are made of a text's first and last 2,000 characters
EVEN = {"embedding": 3.2, "morphemes": 3.2, "syllables": 3.2, "jamo": 3.2, "sounds": 3.2}
"""What groups count beside the signs, so that one penalty suits all: right for texts that hide nothing."""

WARY = {**EVEN, "embedding": 1.5, "sounds": 6.4}
"""What they count in the head: disguise changes the sounds least and the vector most."""

_USUAL = {"morphemes": 72, "syllables": 480, "jamo": 960, "sounds": 840}  # n-grams of a post of 130 characters

Group: TypeAlias = NDArray[np.float32] | Hits
"""(texts, columns) of one group."""


class Features:
    """Posts to rows. May be shared between threads."""

    def __init__(self, dimension: int, groups: Sequence[str] = GROUPS, weights: Mapping[str, float] = WARY) -> None:
        """`dimension` is the encoder's; `groups` some of GROUPS, for ablation; `weights` what each counts."""
        self._weights = weights
        self._groups = tuple(groups)
        self._morphemes = Morphemes()
        self.dimension = dimension

    @property
    def widths(self) -> dict[str, int]:
        """Columns of each group, in their order."""
        wide = {"embedding": self.dimension, "signs": len(signs.COLUMNS)}
        return {name: wide.get(name, 1 << BITS) for name in self._groups}

    def groups(self, texts: Sequence[str], normalised: Sequence[str], vectors: NDArray[np.float32]) -> list[Group]:
        """The groups in the order of `widths`, from the original texts, their normal forms and the encoder's vectors."""
        short = [_ends(text) for text in normalised]
        read = _Read(texts, short, vectors)
        return [self._group(name, read) for name in self._groups]

    def rows(self, texts: Sequence[str], normalised: Sequence[str], vectors: NDArray[np.float32]) -> sparse.csr_array:
        """The same groups side by side: (len(texts), sum of widths)."""
        groups = self.groups(texts, normalised, vectors)
        matrices = [group.matrix() if isinstance(group, Hits) else sparse.csr_array(group) for group in groups]
        return sparse.hstack(matrices, format="csr", dtype=np.float32)

    def _group(self, name: str, read: "_Read") -> Group:
        sizes: tuple[int, ...]
        match name:
            case "embedding":
                return read.vectors * np.float32(self._weights[name])
            case "signs":
                return signs.signs(read.texts)
            case "morphemes":
                codes, sizes = self._morphemes.codes(read.normalised), _MORPHEMES
            case "syllables":
                codes, sizes = code_points([f" {text} " for text in read.normalised]), _SYLLABLES
            case "jamo":
                codes, sizes = jamo(*read.letters), _LETTERS
            case "sounds":
                codes, sizes = sounds(*read.letters), _LETTERS
            case _:
                raise ValueError(f"no feature group {name!r}; there are {', '.join(GROUPS)}")
        return hashed_ngrams(*codes, sizes, BITS, _USUAL[name]).scaled(self._weights[name])


@dataclass
class _Read:
    """Posts as the groups read them."""

    texts: Sequence[str]
    normalised: Sequence[str]
    vectors: NDArray[np.float32]

    @cached_property
    def letters(self) -> Codes:
        """Without spaces and signs, so that what is put between letters changes nothing."""
        return letters(*code_points(self.normalised))


def _ends(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS // 2]} {text[-_CHARACTERS // 2 :]}"
