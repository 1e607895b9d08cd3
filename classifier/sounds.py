"""Korean text as classes of sounds, blind to most ways of writing a word wrongly on purpose.

Plain, tense and aspirated consonants are one, and so are vowels with and without a glide; a final is its consonant, a silent
initial is nothing, and a sound that repeats counts once. Latin letters are read as the Revised Romanization of Korean (2000) writes
them. 한국인, 한구긴 and 환꾹인 read alike, and so do 카톡 and katok.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_CONSONANTS = ("ㄱㄲㅋㄳㄺ", "ㄴㄵㄶ", "ㄷㄸㅌ", "ㄹㄼㄽㄾㅀ", "ㅁㄻ", "ㅂㅃㅍㅄㄿ", "ㅅㅆ", "ㅈㅉㅊ", "ㅎ")
_OPEN = ("ㅏㅑㅘ", "ㅓㅕㅝ", "ㅗㅛ", "ㅜㅠ", "ㅡ", "ㅣㅢㅟ", "ㅐㅒㅔㅖㅙㅞㅚ")
_CLASS = {letter: number for number, alike in enumerate(_CONSONANTS + _OPEN, 1) for letter in alike}
_SILENT, _NASAL = 0, len(_CLASS) + 1  # ㅇ before and after a vowel

_LATIN = dict(zip("abcdefghijklmnopqrstuvwxyz", "ㅏㅂㄱㄷㅐㅂㄱㅎㅣㅈㄱㄹㅁㄴㅗㅂㄱㄹㅅㄷㅜㅂㅇㄱㅇㅈ", strict=True))
_LATIN_PAIRS = {"ae": "ㅐ", "ch": "ㅈ", "eo": "ㅓ", "eu": "ㅡ", "oe": "ㅐ", "sh": "ㅅ", "ui": "ㅣ", "wo": "ㅓ"}
_A, _Z = ord("a"), ord("z")

_OF_INITIAL = np.array([_CLASS.get(letter, _SILENT) for letter in _INITIALS], np.uint64)
_OF_VOWEL = np.array([_CLASS[letter] for letter in _VOWELS], np.uint64)
_OF_FINAL = np.array([_SILENT, *(_CLASS.get(letter, _NASAL) for letter in _FINALS)], np.uint64)
_FIRST, _LAST = 0xAC00, 0xD7A3  # Hangul syllables (Unicode Standard, section 3.12)
_LOOSE, _LOOSE_END = 0x3131, 0x3164  # compatibility jamo
_OF_LOOSE = np.array([_CLASS.get(chr(code), _SILENT) for code in range(_LOOSE, _LOOSE_END)], np.uint64)
_OF_LATIN = np.array([_CLASS.get(letter, _SILENT) for letter in _LATIN.values()], np.uint64)
_OF_PAIR = np.zeros((26, 26), np.uint64)
for _pair, _letter in _LATIN_PAIRS.items():
    _OF_PAIR[ord(_pair[0]) - _A, ord(_pair[1]) - _A] = _CLASS[_letter]
_OF_PAIR[ord("n") - _A, ord("g") - _A] = _NASAL


def sounds(
    codes: NDArray[np.uint64], lengths: Sequence[int] | NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The same sequences of code points as sounds; other characters stand for themselves."""
    read = np.zeros((len(codes), 3), np.uint64)
    read[:, 0] = codes
    syllable = (codes >= _FIRST) & (codes <= _LAST)
    index = (codes[syllable] - np.uint64(_FIRST)).astype(np.int64)
    finals, vowels = len(_FINALS) + 1, len(_VOWELS)
    read[syllable] = np.column_stack(
        [_OF_INITIAL[index // (finals * vowels)], _OF_VOWEL[index // finals % vowels], _OF_FINAL[index % finals]]
    )
    loose = (codes >= _LOOSE) & (codes < _LOOSE_END)
    read[loose, 0] = _OF_LOOSE[codes[loose].astype(np.int64) - _LOOSE]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    latin = np.flatnonzero((codes >= _A) & (codes <= _Z))
    read[latin, 0] = _of_latin((codes[latin] - np.uint64(_A)).astype(np.int64), latin, owners[latin])
    return _without_gaps(read.ravel(), owners.repeat(3), len(lengths))


def _of_latin(letters: NDArray[np.int64], places: NDArray[np.int64], owners: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Sounds of Latin letters (0 to 25) at `places` of the texts `owners`; the second of a pair that is one sound is silent."""
    heard = _OF_LATIN[letters]
    pairs = _OF_PAIR[letters[:-1], letters[1:]]
    paired = (pairs > 0) & (np.diff(places) == 1) & (np.diff(owners) == 0)
    paired[1:] &= ~paired[:-1]
    heard[1:][paired] = _SILENT
    heard[:-1][paired] = pairs[paired]
    return heard


def _without_gaps(
    read: NDArray[np.uint64], owners: NDArray[np.int64], count: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Silence and repeated sounds taken out."""
    heard = read != _SILENT
    read, owners = read[heard], owners[heard]
    new = np.ones(len(read), np.bool_)
    new[1:] = (read[1:] != read[:-1]) | (owners[1:] != owners[:-1])
    return read[new], np.bincount(owners[new], minlength=count)
