"""Features of tokens from how they are written: jamo n-grams, hashed and projected at random.

Tokens that share letters are near and all others nearly at right angles (Johnson and Lindenstrauss 1984), as in a
TF-IDF of jamo n-grams, which is hard to beat where two texts name the same things.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

_NGRAMS = (2, 4)
_CELLS = 2**16


def spelling_vectors(tokens: Sequence[str], dimension: int, seed: int) -> NDArray[np.float32]:
    """(len(tokens), dimension): a row of length 1 for each token, which is given in conjoining jamo."""
    hashing = HashingVectorizer(
        analyzer="char", ngram_range=_NGRAMS, n_features=_CELLS, alternate_sign=False, lowercase=False
    )
    counts = hashing.transform(f"<{token}>" for token in tokens).astype(np.float32)
    directions = np.random.default_rng(seed).standard_normal((_CELLS, dimension), np.float32)
    rows = counts @ directions
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
