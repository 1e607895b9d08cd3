"""A tiny deterministic scorer that also fails in every way a real one can, on words in the text."""

import time
from collections.abc import Callable, Sequence

from consumer.scoring import ScorerStatus
from contracts.decision import Action, Decision, Reason, Source
from contracts.post import Post
from contracts.times import parse_rfc3339, utc_now

RAISE, HANG, NAN = "!raise", "!hang", "!nan"
HANG_SECONDS = 3_600.0
LABELS: dict[Action, tuple[str, ...]] = {"hide": ("scam",), "review": ("job",), "allow": ()}


STATUS = ScorerStatus(release="tiny", bank="0-0")


class TinyScorer:
    """사기 hide, 급구 review, else allow; `!raise` raises, `!hang` never returns, `!nan` gives a probability that is none."""

    def __init__(self, status: Callable[[], ScorerStatus], seconds_per_post: float = 0.0) -> None:
        self._status, self._seconds_per_post = status, seconds_per_post

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each, in order."""
        time.sleep(self._seconds_per_post * len(items))
        status = self._status()
        return [_decision(post, source, status) for post, source in items]


def _decision(post: Post, source: Source, status: ScorerStatus) -> Decision:
    if RAISE in post.text:
        raise RuntimeError("the tiny scorer was told to raise")
    if HANG in post.text:
        time.sleep(HANG_SECONDS)
    action: Action = "hide" if "사기" in post.text else "review" if "급구" in post.text else "allow"
    scam = float("nan") if NAN in post.text else float(action == "hide")
    return Decision(
        post_id=post.id,
        revision=post.revision,
        community=post.community,
        source=source,
        action=action,
        flagged=LABELS[action],
        labels={"scam": scam, "job": float(action == "review")},
        reasons=tuple(Reason(kind="classifier", label=each, score=1.0, threshold=0.5) for each in LABELS[action]),
        evidence=(),
        release=status.release,
        bank=status.bank,
        degraded=("bank",) if status.bank_stale else (),
        decided_at=utc_now(),
        created_at=(parse_rfc3339(post.created_at) if post.created_at else None) or utc_now(),
    )
