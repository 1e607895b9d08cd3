"""The scorer as the worker knows it, and the guard around it: one post's failure stays that post's."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from consumer.decode import Item
from consumer.errors import ConsumerError, OwnFailuresError
from consumer.flags import deletion_decision
from contracts.decision import Action, Decision, Reason, Source
from contracts.post import Deletion, Post
from contracts.times import parse_rfc3339, utc_now
from embeddings.propagation import Propagation

log = logging.getLogger(__name__)

OWN_FAILURES = frozenset({"encoder", "head", "matcher"})  # what `degraded` names when the fault is ours
_FAILED = (Reason(kind="policy", label="degraded", score=1.0, threshold=1.0),)

Posts = Sequence[tuple[Post, Source]]


class ScorerProtocol(Protocol):
    """Gives one decision for each post, in order."""

    def score(self, items: Posts, /) -> list[Decision]:
        """Decisions of `items`, one each, in their order."""
        ...


class TwoStepScorer(Protocol):
    """Scores in two steps, so that the next posts wait where the last are scored. One thread may ask while another takes answers."""

    def ask(self, items: Posts, /) -> None:
        """Hand over what is to be decided."""

    def answer(self) -> list[Decision]:
        """Decisions of the posts handed over first that have none yet, one each, in their order."""
        ...


@dataclass(frozen=True)
class ScorerStatus:
    """Release and exemplar bank in use, and how the scoring processes are: for decisions that need no score, metrics, readiness.

    Memory is resident bytes, 0 where there is no process of its own.
    """

    release: str
    bank: str
    exemplars: int = 0
    bank_age_seconds: float = 0.0
    bank_stale: bool = False
    max_action: Action = "hide"
    propagation: Propagation = field(default_factory=Propagation)
    memory_bytes: int = 0
    restarts: int = 0


def decide(scorer: ScorerProtocol, items: Sequence[Item], status: ScorerStatus) -> list[Decision | None]:
    """One decision for each post and deletion among `items`, None for the rest, in their order."""
    return decisions_of(items, score_guarded(scorer, posts_of(items), status), status)


def posts_of(items: Iterable[Item]) -> Posts:
    """What a scorer is to decide of `items`."""
    return [(each.content, each.source) for each in items if isinstance(each.content, Post)]


def decisions_of(items: Iterable[Item], scored: Iterable[Decision], status: ScorerStatus) -> list[Decision | None]:
    """`scored`, the decisions of `posts_of(items)`, each at the place of its item; deletions are decided here."""
    left = iter(scored)
    return [_decision(each, left, status) for each in items]


def _decision(item: Item, scored: Iterator[Decision], status: ScorerStatus) -> Decision | None:
    if isinstance(item.content, Deletion):
        return deletion_decision(item.content, item.source, status.release, status.bank)
    if not isinstance(item.content, Post):
        return None
    decision = next(scored)
    if item.truncated:
        return msgspec.structs.replace(decision, degraded=(*decision.degraded, "truncated"))
    return decision


def score_guarded(scorer: ScorerProtocol, posts: Posts, status: ScorerStatus) -> list[Decision]:
    """The scorer's decisions; where it raises or miscounts, half by half down to the posts that fail, which go to review."""
    if not posts:
        return []
    try:
        decisions = scorer.score(posts)
    except ConsumerError:  # there is no scorer any more: no post's fault
        raise
    except Exception as error:  # noqa: BLE001  # a scorer's failure of any kind must cost one post, not the stream
        log.warning(
            "scoring failed", extra={"posts": len(posts), "post_id": posts[0][0].id, "error": type(error).__name__}
        )
    else:
        if len(decisions) == len(posts):
            return [
                made if _sound(made) else failed_decision(*each, status)
                for each, made in zip(posts, decisions, strict=True)
            ]
        log.error("the scorer miscounts", extra={"posts": len(posts), "decisions": len(decisions)})
    if len(posts) == 1:
        return [failed_decision(*posts[0], status)]
    middle = len(posts) // 2
    return score_guarded(scorer, posts[:middle], status) + score_guarded(scorer, posts[middle:], status)


def _sound(decision: Decision) -> bool:
    """Whether every probability is one; NaN, which JSON can't even say, is not."""
    return all(0.0 <= each <= 1.0 for each in decision.labels.values())


def failed_decision(post: Post, source: Source, status: ScorerStatus) -> Decision:
    """What becomes of a post that could not be scored by our fault: a moderator looks at it."""
    created_at = parse_rfc3339(post.created_at) if post.created_at else None
    return Decision(
        post_id=post.id,
        revision=post.revision,
        community=post.community,
        source=source,
        action="review",
        flagged=(),
        labels={},
        reasons=_FAILED,
        evidence=(),
        release=status.release,
        bank=status.bank,
        degraded=("encoder", "created_at") if post.created_at and created_at is None else ("encoder",),
        decided_at=utc_now(),
        created_at=created_at or msgspec.UNSET,
    )


class InProcess:
    """A scorer of this process in two steps, of which the second does the work."""

    def __init__(self, scorer: ScorerProtocol, status: Callable[[], ScorerStatus]) -> None:
        self._scorer, self._status = scorer, status
        self._asked: deque[Posts] = deque()

    def ask(self, items: Posts, /) -> None:
        """See `TwoStepScorer.ask`."""
        self._asked.append(items)

    def answer(self) -> list[Decision]:
        """See `TwoStepScorer.answer`."""
        return score_guarded(self._scorer, self._asked.popleft(), self._status())


class FailureBrake:
    """Stops a worker whose scorer fails on everything, before it floods moderators with reviews."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._run = 0

    def check(self, decisions: Iterable[Decision | None]) -> None:
        """Count the run of failures that ends with `decisions`. Raises OwnFailuresError past the limit."""
        for decision in decisions:
            if decision is None or any(each.label == "deleted" for each in decision.evidence):
                continue
            failed = [part for part in decision.degraded if part in OWN_FAILURES]
            self._run = self._run + 1 if failed else 0
            if self._run >= self._limit:
                raise OwnFailuresError(
                    f"{self._run} posts in a row failed by our own fault (last {decision.post_id}: {', '.join(failed)}); "
                    f"the limit is {self._limit}. Nothing of this batch was published: mend the release or the device, then "
                    f"start the worker again, or raise own_failures_limit"
                )
