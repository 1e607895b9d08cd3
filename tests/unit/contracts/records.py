"""Records for the tests of the contracts."""

from datetime import UTC, datetime

from contracts.decision import Decision, Reason, Source
from contracts.flag import Flag

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def decision() -> Decision:
    """A decision with every field in use."""
    matched = Reason(
        kind="exemplar", label="job", view="semantic", score=0.93, threshold=0.82, exemplar_id="ex-당일알바"
    )
    return Decision(
        post_id="글-1",
        revision=2,
        community="역삼1동",
        source=Source("community.posts", 3, 42),
        action="review",
        flagged=("job",),
        labels={"job": 0.71, "trade": 0.02},
        reasons=(matched,),
        evidence=(Reason(kind="classifier", label="job", score=0.71, threshold=0.8),),
        release="2026-03-a",
        bank="1772357400000-0",
        degraded=("truncated",),
        decided_at=AT,
        created_at=AT,
    )


def flag(**changes: object) -> Flag:
    """A flag with every field in use, but for `changes`."""
    held = decision()
    fields = {name: getattr(held, name) for name in held.__struct_fields__}
    more = {
        "cause": "post",
        "cause_id": "community.posts/3/42",
        "text": "당일 지급",
        "title": "알바",
        "author_id": "u1",
    }
    return Flag(**{**fields, **more, **changes})
