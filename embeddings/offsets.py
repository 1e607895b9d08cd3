"""Where each character of a normalised text stood in the original, so that evidence can be underlined there."""

import unicodedata
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings.normalise import ROUNDS, TIDY, UNDO, Step, fold, is_invisible, normalise
from embeddings.views import Views
from embeddings.windows import WINDOW, window_starts, windows

Offsets = NDArray[np.int32]


def normalise_with_offsets(text: str) -> tuple[str, Offsets]:
    """What `normalise(text)` gives, and offsets of one int32 more than it has characters, which never fall.

    Character i stands for `text[offsets[i]:offsets[i + 1]]`, together with what was dropped right after it; the last offset is
    `len(text)`. So the span from i to j was written as `text[offsets[i]:offsets[j]]`. Linear in the length; raises on no string.
    """
    tracked = _fold(text)
    for step in TIDY:
        tracked = _apply(step, *tracked)
    for _ in range(ROUNDS):
        before = tracked[0]
        for step in UNDO.values():
            tracked = _apply(step, *tracked)
        if tracked[0] == before:
            break
    return tracked


def nearest_part(views: Views, text: str, other: str, view: View) -> tuple[int, int]:
    """Where `text` is nearest to `other` in a view with vectors: start and end in the original, of a window or of all of it."""
    normalised, offsets = normalise_with_offsets(text)
    vectors = views.vectors([normalise(other), normalised, *windows(normalised)])[view]
    best = int(np.argmax(vectors[1:] @ vectors[0]))
    if best == 0:
        return 0, len(text)
    start = window_starts(len(normalised))[best - 1]
    return int(offsets[start]), int(offsets[min(start + WINDOW, len(normalised))])


def _fold(text: str) -> tuple[str, Offsets]:
    """Each letter folded with the marks and the conjoining vowels and finals that follow it: they may compose with it."""
    starts = [at for at, character in enumerate(text) if at == 0 or not _continues(character)]
    folded = [fold(text[start:end]) for start, end in pairwise([*starts, len(text)])]
    offsets = np.repeat(np.array(starts, np.int32), [len(piece) for piece in folded])
    return "".join(folded), np.append(offsets, np.int32(len(text)))


def _continues(character: str) -> bool:
    if character.isascii():
        return False
    return (
        "\u1160" <= character <= "\u11ff" or is_invisible(character) or unicodedata.category(character).startswith("M")
    )


def _apply(step: Step, text: str, offsets: Offsets) -> tuple[str, Offsets]:
    """`step` on `text`: what replaces a match is spread evenly over it."""
    pattern, replacement = step
    pieces, places, at = [], [], 0
    for found in pattern.finditer(text):
        new = replacement(found) if callable(replacement) else found.expand(replacement)
        if new == found[0]:
            continue
        pieces += [text[at : found.start()], new]
        places += [
            np.arange(at, found.start()),
            found.start() + np.arange(len(new)) * len(found[0]) // max(len(new), 1),
        ]
        at = found.end()
    if not pieces:
        return text, offsets
    whole = np.concatenate([*places, np.arange(at, len(text) + 1)])
    return "".join([*pieces, text[at:]]), offsets[whole]
