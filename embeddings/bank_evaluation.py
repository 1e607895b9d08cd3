"""How well a bank of exemplars finds the copies of a campaign, and how often it meets the innocent, by view.

A campaign is one exemplar with posts in four roles: `light` mutations, `obfuscated` copies, `reworded` offers and
innocent `neighbour`s on the same topic. Thresholds are calibrated on normal posts to a stated rate of false matches.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import VIEWS, Exemplar, View
from embeddings.bank import Bank
from embeddings.contacts import contact_keys
from embeddings.errors import ExemplarError
from embeddings.matcher import THRESHOLD_FLOOR, Match, match
from embeddings.normalise import normalise
from embeddings.training.files import lines, quoted, records, tabbed
from embeddings.views import Pieces

Role = Literal["exemplar", "light", "obfuscated", "reworded", "neighbour"]
FOUND_ROLES: tuple[Role, ...] = ("light", "obfuscated", "reworded")

FALSE_MATCHES = 5.0
"""Default of `calibrate`: false matches per 1,000 normal posts and 1,000 exemplars, in each view."""


_POSTS_AT_ONCE = 1_000


class CampaignPost(msgspec.Struct, frozen=True):
    """One text of a campaign, and what it is to the campaign's exemplar."""

    campaign: str
    label: str
    role: Role
    text: str


class EncodesViews(Protocol):
    """Normalised texts to the vectors of each view, as `embeddings.views.Views` does."""

    def vectors(self, texts: Sequence[str]) -> Mapping[View, NDArray[np.float32]]:
        """(len(texts), dimension) for each view but `contact`, rows of length 1 or zero."""

    def pieces(self, texts: Sequence[str]) -> Pieces:
        """The same of whole posts and of windows on long ones."""


Hits = NDArray[np.bool_]


def read_campaigns(*paths: Path) -> list[CampaignPost]:
    """Campaigns as JSON lines, of all files. Raises ExemplarError naming the line that is no `CampaignPost`,
    the campaign that has not just one exemplar, or the role that no campaign has.
    """
    posts = []
    for path in paths:
        for number, line in enumerate(lines(path), 1):
            try:
                posts.append(msgspec.json.decode(line, type=CampaignPost))
            except msgspec.DecodeError as error:
                raise ExemplarError(
                    f"{path.name} line {number} is no campaign post ({error}): see docs/bank.md for the fields"
                ) from error
    _check(posts)
    return posts


def _check(posts: Sequence[CampaignPost]) -> None:
    for campaign in dict.fromkeys(post.campaign for post in posts):
        exemplars = sum(post.campaign == campaign and post.role == "exemplar" for post in posts)
        if exemplars != 1:
            raise ExemplarError(f"campaign {campaign!r} has {exemplars} posts of role 'exemplar': give it one")
    for role in get_args(Role):
        if not any(post.role == role for post in posts):
            raise ExemplarError(f"no post has the role {role!r}: add one, so that there is something to measure")


def read_normal_posts(data_dir: Path, count: int, seed: int) -> dict[str, list[str]]:
    """Up to `count` texts of each public source that has none of our labels: reviews, petitions, everyday talk."""
    texts = {
        "nsmc": [row[2] for row in tabbed(data_dir / "nsmc/nsmc_raw.tsv.xz")],
        "petitions": [
            f"{post['title']}\n{post['text']}" for post in records(data_dir / "petitions/petitions.jsonl.xz")
        ],
        "chatbot": [row[0] for row in quoted(data_dir / "chatbot/ChatbotData.csv")],
    }
    chance = random.Random(seed)  # noqa: S311  a sample that repeats
    return {source: chance.sample(found, min(count, len(found))) for source, found in texts.items()}


def calibrate(
    views: EncodesViews, exemplars: Sequence[str], normal: Mapping[str, Sequence[str]], rate: float = FALSE_MATCHES
) -> dict[View, float]:
    """The threshold of each view at which `rate` false matches, at most, come of 1,000 posts of each source of `normal` and 1,000 exemplars.

    Raises ExemplarError where there is nothing to calibrate on.
    """
    if not exemplars or not all(normal.values()) or not normal:
        raise ExemplarError(
            "nothing to calibrate on: give exemplars, and normal posts of at least one source, none empty"
        )

    def threshold(found: NDArray[np.float32]) -> float:
        allowed = int(found.size * rate / 1_000_000)
        highest_refused = np.partition(found.ravel(), -allowed - 1)[-allowed - 1]
        return max(THRESHOLD_FLOOR, float(np.nextafter(highest_refused, np.float32(2))))

    by_source = [similarities(views, texts, exemplars) for texts in normal.values()]
    return {view: max(threshold(found[view]) for found in by_source) for view in by_source[0]}


def similarities(
    views: EncodesViews, texts: Sequence[str], exemplars: Sequence[str]
) -> dict[View, NDArray[np.float32]]:
    """(texts, exemplars) for each view but `contact`: the cosine of each exemplar with the nearest window of each text."""
    pieces, kept = views.pieces([normalise(text) for text in texts]), views.vectors([normalise(e) for e in exemplars])
    nearest = {view: np.full((len(texts), len(exemplars)), -1, np.float32) for view in kept}
    for view, found in nearest.items():
        np.maximum.at(found, pieces.posts, pieces.vectors[view] @ kept[view].T)
    return nearest


@dataclass(frozen=True)
class Comparer:
    """What decides whether a post matches an exemplar: a bank, as a worker holds it, at a release's thresholds."""

    views: EncodesViews
    thresholds: Mapping[View, float]

    def matches(self, texts: Sequence[str], bank: Bank) -> dict[str, Hits]:
        """(len(texts), bank.size) for each view and for `together`: which text matches which exemplar of `filled`."""
        hits: dict[str, Hits] = {view: np.zeros((len(texts), bank.size), np.bool_) for view in (*VIEWS, "together")}
        for start in range(0, len(texts), _POSTS_AT_ONCE):
            for row, found in enumerate(self._match(texts[start : start + _POSTS_AT_ONCE], bank), start):
                for each in filter(lambda match: match.matches, found):
                    hits[each.view][row, int(each.exemplar_id)] = True
                    hits["together"][row, int(each.exemplar_id)] = True
        return hits

    def filled(self, exemplars: Sequence[str]) -> Bank:
        """A bank of bad exemplars, each with its place as id."""
        bank, vectors = Bank(), self.views.vectors([normalise(text) for text in exemplars])
        for place, text in enumerate(exemplars):
            exemplar = Exemplar(id=str(place), text=text, label="evaluated")
            bank.apply(exemplar, {view: rows[place] for view, rows in vectors.items()})
        return bank

    def _match(self, texts: Sequence[str], bank: Bank) -> list[list[Match]]:
        normalised = [normalise(text) for text in texts]
        contacts, communities = [contact_keys(text) for text in texts], [None] * len(texts)
        pieces, now, k = self.views.pieces(normalised), datetime.now(UTC), bank.size
        return match(
            bank, pieces.vectors, contacts, communities, now, k, self.thresholds, texts=normalised, posts=pieces.posts
        )


def evaluate_bank(
    comparer: Comparer,
    campaigns: Sequence[CampaignPost],
    others: Sequence[str],
    normal: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Recall and innocents flagged, in percent, and false matches of a bank of the campaigns' exemplars and the `others`.

    A copy is found where it matches its own campaign's exemplar; an innocent is flagged where it matches any. False
    matches are stated per 1,000 posts and 1,000 exemplars, for each source of `normal` posts.
    """
    exemplars = {post.campaign: post.text for post in campaigns if post.role == "exemplar"}
    bank = comparer.filled([*exemplars.values(), *others])
    own = {campaign: row for row, campaign in enumerate(exemplars)}

    def found(role: Role) -> dict[str, float]:
        posts = [post for post in campaigns if post.role == role]
        pairs = np.arange(len(posts)), [own[post.campaign] for post in posts]
        return {view: _percent(np.asarray(hits[pairs])) for view, hits in comparer.matches(_texts(posts), bank).items()}

    innocents = comparer.matches(_texts(post for post in campaigns if post.role == "neighbour"), bank)
    return {
        "exemplars": bank.size,
        "thresholds": {view: round(threshold, 3) for view, threshold in comparer.thresholds.items()},
        "found": {role: found(role) for role in FOUND_ROLES},
        "neighbours_flagged": {view: _percent(np.asarray(hits.any(axis=1))) for view, hits in innocents.items()},
        "false_matches": {source: _false_matches(comparer.matches(texts, bank)) for source, texts in normal.items()},
    }


def _texts(posts: Iterable[CampaignPost]) -> list[str]:
    return [post.text for post in posts]


def _false_matches(hits: Mapping[str, Hits]) -> dict[str, float]:
    return {view: round(1_000_000 * float(found.mean()), 2) for view, found in hits.items()}


def _percent(hits: Hits) -> float:
    return round(100 * float(hits.mean()), 1)
