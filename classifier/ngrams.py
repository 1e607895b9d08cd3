"""Hashed n-grams of many sequences at once, in NumPy: no vocabulary to keep, no loop over characters.

The hashing trick of Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning", without its signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, as in Fibonacci hashing
_MIX = np.uint64(0xFF51AFD7ED558CCD)  # the finaliser of MurmurHash3
_HALF = np.uint64(33)
GROWTH = 0.4
"""How fast rows grow with their n-grams. At 0 all rows are equally long, and harmless sentences around an insult hide it."""

Codes: TypeAlias = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Numbers of all sequences end to end, and how many each has."""

_PLANE = np.uint64(0x10000)
_FIRST, _LAST = 0xAC00, 0xD7A3  # Hangul syllables (Unicode Standard, section 3.12)
_VOWELS, _FINALS = 21, 28


@dataclass(frozen=True)
class Hits:
    """Where the n-grams of sequences fell. A column that is hit twice stands twice, which sums alike in every product.

    `columns` (int32) holds those of all sequences end to end, `ends` (int32) begins with 0 and says where each ends, `values`
    (float32) what a hit counts in each; there are `width` columns.
    """

    columns: NDArray[np.int32]
    ends: NDArray[np.int32]
    values: NDArray[np.float32]
    width: int

    def scaled(self, factor: float) -> "Hits":
        """With `factor` times the values."""
        return replace(self, values=self.values * np.float32(factor))

    def matrix(self) -> sparse.csr_array:
        """(sequences, width) float32."""
        values = np.repeat(self.values, np.diff(self.ends))
        return sparse.csr_array((values, self.columns, self.ends), shape=(len(self.values), self.width))

    def __matmul__(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """`matrix() @ weights`, without making the matrix."""
        with torch.inference_mode():
            columns, ends, rows = map(torch.from_numpy, (self.columns, self.ends[:-1], weights))
            summed: NDArray[np.float32] = torch.nn.functional.embedding_bag(columns, rows, ends, mode="sum").numpy()
        return summed * self.values[:, None]


def hashed_ngrams(
    codes: NDArray[np.uint64],
    lengths: Sequence[int] | NDArray[np.int64],
    sizes: Sequence[int],
    bits: int,
    usual: int = 1,
) -> Hits:
    """Where each n-gram of a sequence fell, among 2**bits columns.

    `codes` holds all sequences end to end, `lengths` how long each is, `sizes` the n. Rows are about as long as the power GROWTH of their share of the `usual` number of
    n-grams, and no longer than 1: a text longer than usual is not more likely to be anything.
    """
    counts = np.asarray(lengths, np.int64)
    left = np.repeat(np.cumsum(counts), counts) - np.arange(len(codes))  # codes from here to the end of the sequence
    columns = np.empty((len(codes), len(sizes)), np.int32)  # by place, so that the n-grams of a sequence stay together
    rolling = np.zeros(len(codes), np.uint64)
    for size in range(1, max(sizes) + 1):
        whole = max(len(codes) - size + 1, 0)  # places at which so many codes still follow
        rolling[:whole] *= _MULTIPLIER
        rolling[:whole] += codes[size - 1 :]
        if size in sizes:
            columns[:, sizes.index(size)] = _column(rolling, size, bits)
    kept = columns[left[:, None] >= np.asarray(sizes)]
    found = np.maximum(counts[:, None] - np.asarray(sizes) + 1, 0).sum(1)
    values = np.minimum(found / usual, 1.0) ** GROWTH / np.sqrt(np.maximum(found, 1))
    ends = np.concatenate([[0], np.cumsum(found)]).astype(np.int32)  # scikit-learn takes no wider indices
    return Hits(kept, ends, values.astype(np.float32), 1 << bits)


def _column(hashes: NDArray[np.uint64], size: int, bits: int) -> NDArray[np.uint64]:
    mixed = (hashes + np.uint64(size)) * _MIX
    mixed ^= mixed >> _HALF
    mixed *= _MULTIPLIER
    return mixed >> np.uint64(64 - bits)


def code_points(texts: Sequence[str]) -> Codes:
    """The code points of all texts end to end, and how many each has."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, np.uint32).astype(np.uint64), np.array([len(text) for text in texts], np.int64)


def letters(codes: NDArray[np.uint64], lengths: NDArray[np.int64]) -> Codes:
    """The same sequences without spaces, signs and emoji; letters past Unicode's first plane go as well."""
    kept = _letters_of_a_plane()[np.minimum(codes, _PLANE)]
    bounds = np.concatenate([[0], np.cumsum(kept)])[np.concatenate([[0], np.cumsum(lengths)])]
    return codes[kept], np.diff(bounds)


@cache
def _letters_of_a_plane() -> NDArray[np.bool_]:
    """(65537,): whether a code point is a letter or a digit; the last stands for all other planes."""
    return np.array([chr(code).isalnum() for code in range(int(_PLANE))] + [False])


def jamo(codes: NDArray[np.uint64], lengths: NDArray[np.int64]) -> Codes:
    """The same sequences with each Hangul syllable taken apart into its two or three jamo."""
    syllable = (codes >= _FIRST) & (codes <= _LAST)
    index = np.where(syllable, codes - np.uint64(_FIRST), 0).astype(np.int64)
    final = index % _FINALS
    parts = np.where(syllable, 2 + (final > 0), 1)
    ends = np.cumsum(parts)
    starts = ends - parts
    loose = np.empty(ends[-1] if len(ends) else 0, np.uint64)
    loose[starts] = np.where(syllable, 0x1100 + index // (_VOWELS * _FINALS), codes)
    loose[starts[syllable] + 1] = (0x1161 + index // _FINALS % _VOWELS)[syllable]
    closed = syllable & (final > 0)
    loose[starts[closed] + 2] = (0x11A7 + final)[closed]
    bounds = np.concatenate([[0], ends])[np.concatenate([[0], np.cumsum(lengths)])]
    return loose, np.diff(bounds)
