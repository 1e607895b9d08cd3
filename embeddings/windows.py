"""Windows on long posts, so that a paragraph of spam is found among harmless ones."""

import math
from collections.abc import Sequence

WINDOW = 100
"""Characters of a window on a long post: what most exemplars have; `python -m bench.windows` tells what other lengths find."""

_STEP = WINDOW // 2
_MOST_WINDOWS = 200  # of one post: at 20,000 characters they touch and no longer overlap

Span = tuple[int, int, int]
"""Part of a text: number of the text, first character, character after the last."""


def windows(text: str) -> list[str]:
    """Pieces of 100 characters, each from the middle of the one before; none of a text of at most 200 characters.

    A short text is as near as a window on it. From 10,050 characters on the pieces overlap less, so that there are at most 200.
    """
    return [text[start : start + WINDOW] for start in window_starts(len(text))]


def window_spans(texts: Sequence[str]) -> list[Span]:
    """The windows on all `texts`, in order."""
    return [(at, start, start + WINDOW) for at, text in enumerate(texts) for start in window_starts(len(text))]


def window_starts(length: int) -> range:
    """Where the windows on a text of `length` characters begin."""
    if length <= 2 * WINDOW:
        return range(0)
    step = max(_STEP, math.ceil((length - WINDOW) / (_MOST_WINDOWS - 1)))
    return range(0, length - WINDOW + step, step)
