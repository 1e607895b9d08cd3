"""The lexical view: what a text is written with, whatever its spaces, signs and small disguises.

A text becomes a sequence of sounds: letters and digits without spaces and signs, syllables taken apart into jamo, and jamo
that are told apart by little (ㄱ ㄲ ㅋ, ㅐ ㅔ, ㅏ ㅑ, finals that sound alike) made one. Its 4-grams are counted in hashed
dimensions with a sign (feature hashing: Weinberger et al. 2009), damped by a square root and scaled to length 1.
`docs/bank.md` says what was measured to choose the numbers.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from embeddings.normalise import NORMALISER_VERSION
from embeddings.windows import Span

LEXICAL_VERSION = 1
"""Part of the fingerprint: grows with every change here that alters a vector."""

DEFAULT_THRESHOLD = 0.5
"""Similarity from which on a text counts as a copy, where a release names none; see `docs/bank.md`."""

ORDERS = (4,)
DIMENSION_BITS = 9

_BATCH = 128  # texts at once: what it counts stays in the processor's cache
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SOUND = {
    **dict(zip("ㄲㅋㄸㅌㅃㅍㅆㅉㅊ", "ㄱㄱㄷㄷㅂㅂㅅㅈㅈ", strict=True)),
    **dict(zip("ㅐㅒㅖㅙㅞㅚㅑㅕㅛㅠㅘㅝㅟㅢ", "ㅔㅔㅔㅔㅔㅔㅏㅓㅗㅜㅏㅓㅣㅣ", strict=True)),
}
_FINAL_SOUND = {
    **_SOUND,
    **dict(zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", "ㄱㄴㄴㄱㅁㄹㄹㄹㅂㄹㅂ", strict=True)),
    **dict(zip("ㅅㅆㅈㅊㅌㅎ", "ㄷㄷㄷㄷㄷㄷ", strict=True)),
}
_PLANE = 0x10000  # letters past the first plane are rare enough to leave out; emoji are there


class LexicalView:
    """Texts to hashed n-gram vectors; like an `Encoder`, without weights."""

    def __init__(self, orders: Sequence[int] = ORDERS, bits: int = DIMENSION_BITS, *, merged: bool = True) -> None:
        """N-grams of `orders` in 2**bits dimensions; with `merged` jamo that sound alike are one."""
        self._orders, self._bits, self._merged = tuple(orders), bits, merged
        self.dimension = 1 << bits
        parameters = [LEXICAL_VERSION, NORMALISER_VERSION, self._orders, bits, merged]
        self.fingerprint = hashlib.sha256(json.dumps(parameters).encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dimension) of normalised `texts`, rows of length 1; zeros for a text of fewer sounds than an n-gram."""
        return self.encode_pieces(texts, ())

    def encode_pieces(self, texts: Sequence[str], spans: Sequence[Span]) -> NDArray[np.float32]:
        """(len(texts) + len(spans), dimension): the `texts`, then parts of them as if each stood alone, each text read only once."""
        starts = np.cumsum([0, *map(len, texts)])
        of, begin, end = np.array(spans, np.int64).reshape(-1, 3).T
        first = np.concatenate([starts[:-1], np.minimum(starts[of] + begin, starts[of + 1])])
        after = np.concatenate([starts[1:], np.minimum(starts[of] + end, starts[of + 1])])
        sounds, places = _sounds(texts, merged=self._merged)
        hashed = {order: _ngrams(sounds, order, self._bits) for order in self._orders}
        bounds = np.searchsorted(places, np.stack([first, after]))  # sounds of each piece
        vectors = np.zeros((len(first), self.dimension), np.float32)
        for at in range(0, len(first), _BATCH):
            vectors[at : at + _BATCH] = self._counts(hashed, *bounds[:, at : at + _BATCH])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def _counts(
        self,
        hashed: Mapping[int, tuple[NDArray[np.int64], NDArray[np.float64]]],
        first: NDArray[np.int64],
        after: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """(len(first), dimension), damped: the n-grams that lie within sounds `first` to before `after`."""
        rows, buckets, signs = [], [], []
        for order, (bucket, sign) in hashed.items():
            sizes = np.maximum(after - first - order + 1, 0)
            within = np.arange(sizes.sum()) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
            rows.append(np.repeat(np.arange(len(first)), sizes))
            buckets.append(bucket[within])
            signs.append(sign[within])
        flat = (np.concatenate(rows) << self._bits) + np.concatenate(buckets)
        counts = np.bincount(flat, np.concatenate(signs), len(first) << self._bits).reshape(len(first), -1)
        damped: NDArray[np.float64] = np.sign(counts) * np.sqrt(np.abs(counts))
        return damped


def _sounds(texts: Sequence[str], *, merged: bool) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The sounds of all texts in a row, and the place of the character that each belongs to."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), np.uint32)
    sounds = _table(merged=merged)[np.where(codes < _PLANE, codes, 0)]
    heard = np.flatnonzero(sounds)
    return sounds.ravel()[heard].astype(np.uint64), heard // sounds.shape[1]


def _ngrams(sounds: NDArray[np.uint64], order: int, bits: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Bucket and sign of the n-gram of `order` that begins with each sound."""
    count = max(len(sounds) - order + 1, 0)
    hashes = np.full(count, order, np.uint64)
    for offset in range(order):
        hashes += sounds[offset : offset + count] * _multipliers()[offset]
    hashes = (hashes ^ (hashes >> np.uint64(29))) * _multipliers()[-1]
    bucket = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    sign = ((hashes >> np.uint64(63 - bits)) & np.uint64(1)).astype(np.float64) * 2 - 1
    return bucket, sign


@cache
def _multipliers() -> NDArray[np.uint64]:
    """Odd 64-bit numbers, from a digest rather than a generator whose stream could change between releases of numpy."""
    digest = b"".join(hashlib.sha256(f"jikimi lexical {part}".encode()).digest() for part in range(2))
    return np.frombuffer(digest, "<u8").astype(np.uint64) | np.uint64(1)


@cache
def _table(*, merged: bool) -> NDArray[np.uint16]:
    """(65536, 3): the sounds of each code point, 0 where there is none; a letter of another script is its own sound."""
    table = np.zeros((_PLANE, 3), np.uint16)
    letters = [code for code in range(_PLANE) if chr(code).isalnum()]
    table[letters, 0] = letters
    for jamo in _INITIALS + _VOWELS:
        table[ord(jamo), 0] = _sound(jamo, _SOUND if merged else {})
    initials, vowels, finals = (
        np.array([_sound(jamo, sound if merged else {}) for jamo in jamos], np.uint16)
        for jamos, sound in ((_INITIALS, _SOUND), (_VOWELS, _SOUND), (_FINALS, _FINAL_SOUND))
    )
    initials[_INITIALS.index("ㅇ")] = 0  # silent
    table[ord("ㅇ"), 0] = 0  # loose, it is more often a torn-off initial than a final
    syllables = np.arange(len(_INITIALS) * len(_VOWELS) * len(_FINALS))
    table[0xAC00 + syllables] = np.stack(
        [initials[syllables // 588], vowels[syllables // 28 % 21], finals[syllables % 28]], axis=1
    )
    return table


def _sound(jamo: str, sounds: dict[str, str]) -> int:
    return 0 if jamo == " " else ord(sounds.get(jamo, jamo))
