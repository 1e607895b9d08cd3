"""Several scoring processes told of as one."""

from collections.abc import Sequence
from dataclasses import replace

from consumer.scoring import ScorerStatus
from contracts.decision import ACTIONS
from embeddings.propagation import Propagation


def combined(statuses: Sequence[ScorerStatus]) -> ScorerStatus:
    """What holds of all `statuses`, at least one: the bank furthest behind, the strongest action that any still allows, the
    latest effect of each change; memory and restarts in sum.
    """
    behind = min(statuses, key=lambda each: _place(each.bank))
    return replace(
        behind,
        bank_age_seconds=max(each.bank_age_seconds for each in statuses),
        bank_stale=any(each.bank_stale for each in statuses),
        max_action=max((each.max_action for each in statuses), key=ACTIONS.index),
        propagation=min((each.propagation for each in statuses), key=_lateness),
        memory_bytes=sum(each.memory_bytes for each in statuses),
        restarts=sum(each.restarts for each in statuses),
    )


def _place(stream_id: str) -> tuple[int, ...]:
    return tuple(map(int, stream_id.split("-")))


def _lateness(propagation: Propagation) -> tuple[int, float]:
    """Fewest changes first: a change counts once, when the last process has it. A new process begins at none, as does the sum."""
    return propagation.changes, -max(propagation.delays[-1:], default=0.0)
