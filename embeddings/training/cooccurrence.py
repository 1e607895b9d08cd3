"""First vectors of tokens from raw text alone: factorised co-occurrence.

Levy, Goldberg and Dagan (2015), "Improving distributional similarity with lessons learned from word embeddings":
positive pointwise mutual information with a smoothed context distribution, truncated SVD with the square root of the
singular values. Rare tokens count for more in a sentence: Arora, Liang and Ma (2017), a / (a + p).
"""

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

_SMOOTHING = 0.75
_RARITY = 1e-3

Tokens = list[list[int]]


def token_vectors(texts: Tokens, size: int, dimension: int, window: int, seed: int) -> NDArray[np.float32]:
    """(size, dimension): a row of length 1 for each token id; zeros for a token never seen."""
    association = _association(_cooccurrence(texts, size, window))
    left, values, _ = randomized_svd(association, dimension, n_iter=3, random_state=seed)
    rows = left * np.sqrt(values)
    unit: NDArray[np.float32] = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )
    return unit


def rarities(texts: Tokens, size: int) -> NDArray[np.float32]:
    """(size,): 1 for a token never seen, less for a commoner one."""
    frequency = np.bincount(np.concatenate(texts), minlength=size)
    weights: NDArray[np.float32] = (_RARITY / (_RARITY + frequency / frequency.sum())).astype(np.float32)
    return weights


def _cooccurrence(texts: Tokens, size: int, window: int) -> scipy.sparse.csr_matrix:
    """How often two tokens stand at most `window` apart in one text; symmetric."""
    tokens = np.concatenate([np.asarray(text, np.int32) for text in texts])
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    counts = scipy.sparse.csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, window + 1):
        together = owners[distance:] == owners[:-distance]
        first, second = tokens[:-distance][together], tokens[distance:][together]
        ones = np.ones(len(first), np.float32)
        counts += scipy.sparse.coo_matrix((ones, (first, second)), shape=(size, size)).tocsr()
    return (counts + counts.T).tocsr()


def _association(counts: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """Positive pointwise mutual information."""
    cells = counts.tocoo()
    totals = np.asarray(counts.sum(axis=1)).ravel() + 1e-9
    contexts = totals**_SMOOTHING
    contexts /= contexts.sum()
    information = np.log(cells.data / (totals[cells.row] * contexts[cells.col]))
    kept = information > 0
    return scipy.sparse.csr_matrix((information[kept], (cells.row[kept], cells.col[kept])), shape=counts.shape)
