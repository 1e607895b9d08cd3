"""Posts to decisions: normalise once, encode once, match, head, policy. Publishes nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from classifier.policy import Verdict, decide
from classifier.release import Release
from contracts.decision import Action, Decision, Reason, Source
from contracts.post import Post
from contracts.times import parse_rfc3339, utc_now
from embeddings.bank import Bank
from embeddings.contacts import contact_keys
from embeddings.encoder import Encoder
from embeddings.matcher import match
from embeddings.normalise import is_empty, normalise
from embeddings.views import Views

log = logging.getLogger(__name__)

NEIGHBOURS = 3
"""Exemplars asked for, by label and view: the nearest carries, the others are evidence."""

_EMPTY = Reason(kind="policy", label="empty", score=1.0, threshold=1.0)
_FAILED = Reason(kind="policy", label="degraded", score=1.0, threshold=1.0)
_NOTHING_TO_READ = Verdict("allow", (), (), (_EMPTY,))


@dataclass(frozen=True)
class _Outcome:
    """What scoring says of one post; `probabilities` is empty where the head was not asked."""

    verdict: Verdict
    probabilities: dict[str, float]
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True)
class _BankState:
    """The bank at one moment: the stream id up to which changes are in effect, and what it asks of decisions."""

    position: str
    degraded: bool
    max_action: Action


class Scorer:
    """Gives each post one decision and never raises for one post's sake.

    It has no time limit: what hangs in C can only be cut off from outside, as `consumer.isolation` does.
    """

    def __init__(
        self,
        release: Release,
        encoder: Encoder,
        bank: Bank,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Raises ReleaseError where the release was made with another encoder."""
        release.check(encoder)
        self._release = release
        self._views = Views(encoder)
        self.bank = bank
        self._clock = clock

    def score(self, items: Sequence[tuple[Post, Source]]) -> list[Decision]:
        """One decision for each item, in order. A post that fails, alone, goes to review; the others are unharmed."""
        state = _BankState(self.bank.position, self.bank.degraded, self.bank.max_action)
        now = self._clock()
        outcomes = self._outcomes([post for post, _ in items], state, now) if items else []
        return [
            self._decision(post, source, outcome, state, now)
            for (post, source), outcome in zip(items, outcomes, strict=True)
        ]

    def _outcomes(self, posts: Sequence[Post], state: _BankState, now: datetime) -> list[_Outcome]:
        attempt = _Attempt(self._release, self._views, self.bank)
        try:
            return attempt.outcomes(posts, state, now)
        except Exception as error:  # noqa: BLE001  # a failure of any kind must cost one post, not the stream
            log.warning(
                "scoring failed",
                extra={
                    "part": attempt.part,
                    "posts": len(posts),
                    "post_id": posts[0].id,
                    "error": type(error).__name__,
                },
            )
        if len(posts) == 1:
            return [_Outcome(Verdict("review", (), (_FAILED,), ()), {}, (attempt.part,))]
        half = len(posts) // 2
        return self._outcomes(posts[:half], state, now) + self._outcomes(posts[half:], state, now)

    def _decision(self, post: Post, source: Source, outcome: _Outcome, state: _BankState, now: datetime) -> Decision:
        created_at = parse_rfc3339(post.created_at) if post.created_at else None
        troubles = {"bank": state.degraded, "created_at": post.created_at is not None and created_at is None}
        return Decision(
            post_id=post.id,
            revision=post.revision,
            community=post.community,
            source=source,
            action=outcome.verdict.action,
            flagged=outcome.verdict.flagged,
            labels=outcome.probabilities,
            reasons=outcome.verdict.reasons,
            evidence=outcome.verdict.evidence,
            release=self._release.name,
            bank=state.position,
            degraded=(*outcome.degraded, *(name for name, holds in troubles.items() if holds)),
            decided_at=now,
            created_at=created_at or msgspec.UNSET,
        )


class _Read(NamedTuple):
    """Posts that hold something to read, field by field."""

    texts: list[str]
    normalised: list[str]
    communities: list[str | None]


class _Attempt:
    """One try at some posts; `part` tells what it was at when it failed."""

    def __init__(self, release: Release, views: Views, bank: Bank) -> None:
        self._release, self._views, self._bank = release, views, bank
        self.part = "encoder"

    def outcomes(self, posts: Sequence[Post], state: _BankState, now: datetime) -> list[_Outcome]:
        texts = [post.whole_text for post in posts]
        normalised = [normalise(text) for text in texts]
        filled = [row for row, text in enumerate(normalised) if not is_empty(text)]
        outcomes = [_Outcome(_NOTHING_TO_READ, {})] * len(posts)
        if filled:
            read = _Read(
                [texts[row] for row in filled],
                [normalised[row] for row in filled],
                [posts[row].community for row in filled],
            )
            for row, outcome in zip(filled, self._scored(read, state, now), strict=True):
                outcomes[row] = outcome
        return outcomes

    def _scored(self, read: _Read, state: _BankState, now: datetime) -> list[_Outcome]:
        release, head = self._release, self._release.head
        pieces = self._views.pieces(read.normalised)
        self.part = "head"
        vectors = pieces.vectors["semantic"][: len(read.texts)]
        probabilities = head.probabilities(read.texts, read.normalised, vectors).astype(np.float64).round(4)
        self.part = "matcher"
        matches = match(
            self._bank,
            pieces.vectors,
            [contact_keys(text) for text in read.texts],
            read.communities,
            now,
            NEIGHBOURS,
            release.view_thresholds,
            texts=read.normalised,
            posts=pieces.posts,
        )
        outcomes = []
        for text, community, near, row in zip(
            read.texts, read.communities, matches, probabilities.tolist(), strict=True
        ):
            labels = dict(zip(head.labels, row, strict=True))
            verdict = decide(
                release.policy, community, text, near, labels, release.head_thresholds, max_action=state.max_action
            )
            outcomes.append(_Outcome(verdict, labels))
        return outcomes
