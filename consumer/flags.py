"""Which decisions become flags, and what deletions and verdicts become."""

import msgspec

from contracts.decision import Decision, Reason, Source
from contracts.feedback import Feedback
from contracts.flag import Cause, Flag
from contracts.post import Deletion, Post
from contracts.times import utc_now

_DELETED = (Reason(kind="policy", label="deleted", score=1.0, threshold=1.0),)


def deletion_decision(deletion: Deletion, source: Source, release: str, bank: str) -> Decision:
    """A deleted post is allowed, whatever it said; the evidence names the rule. Its revision is unknown, so 0."""
    return Decision(
        post_id=deletion.id,
        revision=0,
        community=None,
        source=source,
        action="allow",
        flagged=(),
        labels={},
        reasons=(),
        evidence=_DELETED,
        release=release,
        bank=bank,
        degraded=(),
        decided_at=utc_now(),
    )


def flag_of(decision: Decision, content: Post | Deletion) -> Flag | None:
    """The flag that tells of `decision`: every action but allow, every edit (it may clear a flag), every deletion."""
    if isinstance(content, Deletion):
        return _flag(decision, "deleted")
    if decision.action == "allow":
        return _flag(decision, "post") if decision.revision >= 1 else None
    return msgspec.structs.replace(
        _flag(decision, "post"),
        text=content.text,
        title=msgspec.UNSET if content.title is None else content.title,
        author_id=msgspec.UNSET if content.author_id is None else content.author_id,
    )


def moderator_flag(feedback: Feedback, source: Source, release: str, bank: str) -> Flag:
    """A moderator's verdict as a flag, dated by the moderator so that reading it twice changes nothing."""
    return Flag(
        post_id=feedback.post_id,
        revision=feedback.revision,
        community=None,
        source=source,
        action=feedback.action,
        flagged=feedback.labels,
        labels={},
        reasons=(),
        evidence=(),
        release=release,
        bank=bank,
        degraded=(),
        decided_at=feedback.at,
        cause="moderator",
        cause_id=feedback.id,
    )


def _flag(decision: Decision, cause: Cause) -> Flag:
    return Flag(**msgspec.structs.asdict(decision), cause=cause, cause_id=str(decision.source))
