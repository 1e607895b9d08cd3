"""Which exemplars a post is near: exact cosine similarity by matrix product, and equal keys."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from embeddings.bank import MIN_LETTERS, Bank, Moment, letters_of, text_key
from embeddings.views import VECTOR_VIEWS

THRESHOLD_FLOOR = 0.5
"""No threshold, of a release or of an exemplar, works below: from there on unrelated posts are near."""

NEAR_MISS = 0.1
"""How far under its threshold a similarity is still told, as evidence."""

_ROWS_AT_ONCE = 16_384  # with 256 posts: 16 MB of similarities, whatever the size of the bank
_POSTS_AT_ONCE = 256
_CROWD = 16 * _POSTS_AT_ONCE  # pairs of one piece from which on they are thinned out before they are listed
_ROWS_OF_A_KEY = 1_000  # the newest; equal keys are equally near


class Match(NamedTuple):
    """An exemplar near a post: it matches where `similarity` reaches `threshold`, else it is a near miss."""

    exemplar_id: str
    label: str
    polarity: Literal["bad", "benign"]
    view: View
    similarity: float
    threshold: float

    @property
    def matches(self) -> bool:
        """Whether the threshold is reached."""
        return self.similarity >= self.threshold


_PAIR = np.dtype([("post", "i8"), ("row", "i8"), ("similarity", "f4")])  # a post and a row that are near each other


def match(
    bank: Bank,
    vectors: Mapping[View, NDArray[np.float32]],
    contacts: Sequence[Sequence[str]],
    communities: Sequence[str | None],
    now: datetime,
    k: int,
    thresholds: Mapping[View, float],
    *,
    texts: Sequence[str] | None = None,
    posts: NDArray[np.int64] | None = None,
) -> list[list[Match]]:
    """For each of n posts its matches and near misses, the nearest first, at most `k` of a label and polarity in a view.

    `vectors` are (n, d) of each view with vectors, `contacts` contact keys, `thresholds` those of the release by view; an
    exemplar's own replaces them, and none is below 0.5. `texts` are the normalised posts: without them exemplars of fewer than
    six letters, which match only the very same text, are not found. Where `vectors` have rows for windows on long posts, `posts`
    is the post of each row, and its nearest row counts. Exemplars that have expired at `now`, or that are for other
    communities, are left out. Memory is bounded by 256 posts times 16,384 exemplars.
    """
    found: list[list[Match]] = [[] for _ in communities]
    moment = bank.moment()
    if moment is None or not communities:
        return found
    search = _Search(moment, communities, now, k)
    for view in VECTOR_VIEWS:
        for post, each in search.near(view, vectors[view], thresholds[view], posts):
            found[post].append(each)
    for post, keys in enumerate(contacts):
        if keys:
            found[post] += search.equal(post, "contact", keys)
        letters = letters_of(texts[post]) if texts else ""
        if 0 < len(letters) < MIN_LETTERS:
            found[post] += search.equal(post, "lexical", [text_key(letters)])
    for matches in found:
        matches.sort(key=lambda match: (-match.similarity, match.exemplar_id))
    return found


class _Search:
    """One micro-batch against the bank at one moment."""

    def __init__(self, moment: Moment, communities: Sequence[str | None], now: datetime, k: int) -> None:
        self._rows, self._count, self._k = moment.rows, moment.count, k
        self._meta = moment.rows.meta[: moment.count]
        self._usable = moment.alive & (self._meta["expires"] > now.timestamp())
        self._allowed = _allowed(list(moment.rows.scopes), communities)

    def near(
        self, view: View, vectors: NDArray[np.float32], default: float, posts: NDArray[np.int64] | None
    ) -> Iterator[tuple[int, Match]]:
        """Posts with what is near them in `view`, the `k` nearest of each label and polarity."""
        limits = self._limits(default)
        cuts = np.where(self._usable, limits - NEAR_MISS, math.inf)
        best = np.zeros(0, _PAIR)
        owners = np.arange(len(vectors)) if posts is None else posts
        for hits in self._hits(vectors, owners, self._rows.vectors[view][: self._count], cuts):
            pairs = hits[self._allowed[hits["post"], self._meta["scope"][hits["row"]]]]
            if len(pairs):
                best = self._nearest(np.concatenate([best, pairs]))
        for post, row, similarity in best.tolist():
            yield post, _match(self._rows.exemplars[row], view, similarity, float(limits[row]))

    def equal(self, post: int, view: View, keys: Sequence[str]) -> list[Match]:
        """Exemplars that share a key with a post: as near as can be."""
        rows = {row for key in keys for row in self._rows.keys.get(key, ())[-_ROWS_OF_A_KEY:] if row < self._count}
        matches = sorted(
            _match(self._rows.exemplars[row], view, 1.0, 1.0)
            for row in rows
            if self._usable[row] and self._allowed[post, self._meta["scope"][row]]
        )
        groups: dict[tuple[str, str], list[Match]] = {}
        for each in matches:
            groups.setdefault((each.label, each.polarity), []).append(each)
        return [each for group in groups.values() for each in group[: self._k]]

    def _limits(self, default: float) -> NDArray[np.float64]:
        """The threshold of each row; infinite where only the very same text matches."""
        own = self._meta["threshold"].astype(np.float64)
        limits = np.maximum(np.where(np.isnan(own), default, own), THRESHOLD_FLOOR)
        exact: NDArray[np.float64] = np.where(self._meta["exact"], math.inf, limits)
        return exact

    def _hits(
        self, vectors: NDArray[np.float32], owners: NDArray[np.int64], matrix: torch.Tensor, cuts: NDArray[np.float64]
    ) -> Iterator[NDArray[np.void]]:
        """Piece by piece, the pairs whose similarity reaches the cut of the row."""
        posts = torch.from_numpy(np.ascontiguousarray(vectors, np.float32)).to(matrix.device)
        limits = torch.from_numpy(cuts.astype(np.float32)).to(matrix.device)
        for start in range(0, len(posts), _POSTS_AT_ONCE):
            owner = owners[start : start + _POSTS_AT_ONCE]
            for row in range(0, len(matrix), _ROWS_AT_ONCE):
                rows = slice(row, row + _ROWS_AT_ONCE)
                similarities = posts[start : start + _POSTS_AT_ONCE] @ matrix[rows].T
                reached = similarities >= limits[rows]
                if int(reached.sum()) > _CROWD:
                    reached = self._thinned(similarities, reached, owner, rows)
                near = torch.nonzero(reached, as_tuple=True)
                hits = np.empty(len(near[0]), _PAIR)
                hits["post"], hits["row"] = owner[near[0].cpu().numpy()], near[1].cpu().numpy() + row
                hits["similarity"] = similarities[near].clamp(max=1.0).cpu().numpy()
                yield hits

    def _thinned(
        self, similarities: torch.Tensor, reached: torch.Tensor, owner: NDArray[np.int64], rows: slice
    ) -> torch.Tensor:
        """Of `reached` the `k` nearest allowed of each group: a flood of copies must not cost more than other posts."""
        allowed = torch.from_numpy(self._allowed[owner][:, self._meta["scope"][rows]]).to(reached.device)
        values = torch.where(reached & allowed, similarities, -2.0)
        kept, groups = torch.zeros_like(reached), self._meta["group"][rows]
        for group in np.unique(groups):
            columns = torch.from_numpy(np.flatnonzero(groups == group)).to(reached.device)
            nearest, places = values[:, columns].topk(min(self._k, len(columns)), dim=1)
            kept.scatter_(1, columns[places], nearest >= -1.0)
        return kept

    def _nearest(self, pairs: NDArray[np.void]) -> NDArray[np.void]:
        """Of `pairs` the `k` nearest of each post and group; of equal pairs, which windows give, the nearest."""
        order = np.lexsort((-pairs["similarity"], pairs["row"], pairs["post"]))
        pairs = pairs[order]
        pairs = pairs[np.r_[True, (np.diff(pairs["post"]) != 0) | (np.diff(pairs["row"]) != 0)]]
        groups = self._meta["group"][pairs["row"]]
        order = np.lexsort((pairs["row"], -pairs["similarity"], groups, pairs["post"]))
        pairs, groups = pairs[order], groups[order]
        first = np.r_[True, (pairs["post"][1:] != pairs["post"][:-1]) | (groups[1:] != groups[:-1])]
        places = np.arange(len(pairs))
        rank = places - np.maximum.accumulate(np.where(first, places, 0))
        return pairs[rank < self._k]


def _allowed(scopes: Sequence[frozenset[str]], communities: Sequence[str | None]) -> NDArray[np.bool_]:
    """(posts, scopes): whether exemplars of that scope work in the post's community."""
    known = {
        community: np.array([not scope or community in scope for scope in scopes]) for community in set(communities)
    }
    return np.stack([known[community] for community in communities])


def _match(exemplar: Exemplar, view: View, similarity: float, threshold: float) -> Match:
    return Match(exemplar.id, exemplar.label, exemplar.polarity, view, similarity, threshold)
