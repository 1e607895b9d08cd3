"""A record on the flags topic, and the fold that turns the topic into the state of each post."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from contracts.decision import Decision

Cause = Literal["post", "retroactive", "moderator", "deleted"]
CAUSES: tuple[Cause, ...] = ("post", "retroactive", "moderator", "deleted")  # the later outranks the earlier


class Flag(Decision, frozen=True, kw_only=True):
    """A decision worth telling, or a later change of mind.

    `cause_id` is the source record (post, deleted: `topic/partition/offset`), the exemplar (retroactive) or the feedback record
    (moderator). Text, title and author are there only where the action is not `allow` and the worker held the post.
    """

    cause: Cause
    cause_id: str
    text: str | msgspec.UnsetType = msgspec.UNSET
    title: str | msgspec.UnsetType = msgspec.UNSET
    author_id: str | msgspec.UnsetType = msgspec.UNSET


def precedence(flag: Flag) -> tuple[bool, int, int, datetime, str, bytes]:
    """The order in which flags of one post outrank each other; the last two parts only break exact ties."""
    canonical = msgspec.json.encode(flag, order="deterministic")
    return (flag.cause == "deleted", flag.revision, CAUSES.index(flag.cause), flag.decided_at, flag.cause_id, canonical)


def fold(flags: Iterable[Flag]) -> dict[str, Flag]:
    """The state of each post, by post id: the same for any order of the flags and any duplicates among them.

    Folding is associative too: a reader may keep the winners and fold them with what comes next.
    """
    state: dict[str, Flag] = {}
    for flag in flags:
        held = state.get(flag.post_id)
        if held is None or precedence(flag) > precedence(held):
            state[flag.post_id] = flag
    return state
