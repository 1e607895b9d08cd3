"""Posts to decisions: normalise once, encode once, match, head, policy. Publishes nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

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


class _Attempt:
    """One try at some posts; `part` tells what it was at when it failed."""

    def __init__(self, release: Release, views: Views, bank: Bank) -> None:
        self._release, self._views, self._bank = release, views, bank
        self.part = "encoder"

    def outcomes(self, posts: Sequence[Post], state: _BankState, now: datetime) -> list[_Outcome]:
        texts = [post.whole_text for post in posts]
        normalised = [normalise(text) for text in texts]
        filled = [row for row, text in enumerate(normalised) if not is_empty(text)]
        found = iter(
            self._scored([posts[row] for row in filled], [normalised[row] for row in filled], state, now)
            if filled
            else []
        )
        empty = _Outcome(Verdict("allow", (), (), (_EMPTY,)), {})
        return [empty if is_empty(text) else next(found) for text in normalised]

    def _scored(
        self, posts: Sequence[Post], normalised: Sequence[str], state: _BankState, now: datetime
    ) -> list[_Outcome]:
        release, texts, communities = self._release, [post.whole_text for post in posts], [p.community for p in posts]
        pieces = self._views.pieces(normalised)
        self.part = "head"
        rows = release.head.probabilities(texts, normalised, pieces.vectors["semantic"][: len(texts)])
        self.part = "matcher"
        keys = [contact_keys(text) for text in texts]
        matches = match(
            self._bank,
            pieces.vectors,
            keys,
            communities,
            now,
            NEIGHBOURS,
            release.view_thresholds,
            texts=normalised,
            posts=pieces.posts,
        )
        outcomes = []
        for text, community, row, near in zip(texts, communities, rows.tolist(), matches, strict=True):
            probabilities = {label: round(value, 4) for label, value in zip(release.head.labels, row, strict=True)}
            head = {label: (value, release.head_thresholds[label]) for label, value in probabilities.items()}
            verdict = decide(release.policy, community, text, near, head, max_action=state.max_action)
            outcomes.append(_Outcome(verdict, probabilities))
        return outcomes
