"""What was decided for one consumed record."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from contracts.exemplar import View
from contracts.post import PostId, Revision

Action = Literal["allow", "review", "hide"]
ACTIONS: tuple[Action, ...] = ("allow", "review", "hide")  # weakest first


class Source(msgspec.Struct, frozen=True, order=True):
    """The consumed record: its place names it for ever."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why: an exemplar that matched in a view, a probability of the head, or a rule of the policy.

    `score` and `threshold` are cosine similarities (exemplar) or probabilities (classifier) in [0, 1]. Of kind `policy` the
    label names the rule: `empty`, `deleted`, `degraded`, `test-phrase`.
    """

    kind: Literal["exemplar", "classifier", "policy"]
    label: str
    view: View | None = None
    score: float
    threshold: float
    exemplar_id: str | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `reasons` holds only what carried the action; what was near but did not is `evidence`."""

    schema: Literal[1] = 1
    post_id: PostId
    revision: Revision
    community: str | None
    source: Source
    action: Action
    flagged: tuple[str, ...]
    labels: dict[str, Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]]
    reasons: tuple[Reason, ...]
    evidence: tuple[Reason, ...]
    release: str
    bank: str
    degraded: tuple[str, ...]
    decided_at: datetime
    created_at: datetime | msgspec.UnsetType = msgspec.UNSET
