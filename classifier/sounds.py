"""Korean text as classes of sounds, blind to most ways of writing a word wrongly on purpose.

Plain, tense and aspirated consonants are one, and so are vowels with and without a glide; a final is its consonant, a silent
initial is nothing, and a sound that repeats counts once. Latin letters are read as the Revised Romanization of Korean (2000) writes
them. 한국인, 한구긴 and 환꾹인 read alike, and so do 카톡 and katok.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier.ngrams import Codes

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
_PLANE = 0x10000
_LOOSE, _LOOSE_END = 0x3131, 0x3164  # compatibility jamo
_OF_LOOSE = np.array([_CLASS.get(chr(code), _SILENT) for code in range(_LOOSE, _LOOSE_END)], np.uint64)
_OF_LATIN = np.array([_CLASS.get(letter, _SILENT) for letter in _LATIN.values()], np.uint64)
_OF_PAIR = np.zeros((26, 26), np.uint64)
for _pair, _letter in _LATIN_PAIRS.items():
    _OF_PAIR[ord(_pair[0]) - _A, ord(_pair[1]) - _A] = _CLASS[_letter]
_OF_PAIR[ord("n") - _A, ord("g") - _A] = _NASAL


def sounds(codes: NDArray[np.uint64], lengths: NDArray[np.int64]) -> Codes:
    """The same sequences of code points as sounds; other characters stand for themselves, past Unicode's first plane for nothing."""
    read = _table()[np.minimum(codes, _PLANE)]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    latin = np.flatnonzero((codes >= _A) & (codes <= _Z))
    read[latin, 0] = _of_latin((codes[latin] - np.uint64(_A)).astype(np.int64), latin, owners[latin])
    return _without_gaps(read.ravel(), owners.repeat(3), len(lengths))


@cache
def _table() -> NDArray[np.uint16]:
    """(_PLANE + 1, 3): the sounds of each code point but Latin letters."""
    table = np.zeros((_PLANE + 1, 3), np.uint16)
    table[:_PLANE, 0] = np.arange(_PLANE)
    table[_LOOSE:_LOOSE_END, 0] = _OF_LOOSE
    syllables, finals, vowels = np.arange(_LAST + 1 - _FIRST), len(_FINALS) + 1, len(_VOWELS)
    table[_FIRST : _LAST + 1] = np.column_stack(
        [
            _OF_INITIAL[syllables // (finals * vowels)],
            _OF_VOWEL[syllables // finals % vowels],
            _OF_FINAL[syllables % finals],
        ]
    )
    return table


def _of_latin(letters: NDArray[np.int64], places: NDArray[np.int64], owners: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Sounds of Latin letters (0 to 25) at `places` of the texts `owners`; the second of a pair that is one sound is silent."""
    heard = _OF_LATIN[letters]
    pairs = _OF_PAIR[letters[:-1], letters[1:]]
    paired = (pairs > 0) & (np.diff(places) == 1) & (np.diff(owners) == 0)
    paired[1:] &= ~paired[:-1]
    heard[1:][paired] = _SILENT
    heard[:-1][paired] = pairs[paired]
    return heard


def _without_gaps(read: NDArray[np.uint16], owners: NDArray[np.int64], count: int) -> Codes:
    """Silence and repeated sounds taken out."""
    heard = np.flatnonzero(read)
    read, owners = read[heard], owners[heard]
    new = np.ones(len(read), np.bool_)
    new[1:] = (read[1:] != read[:-1]) | (owners[1:] != owners[:-1])
    return read[new].astype(np.uint64), np.bincount(owners[new], minlength=count)
