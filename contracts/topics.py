"""The topics, their names and how they are configured at creation."""

from dataclasses import dataclass, field

POSTS = "community.posts"
DECISIONS = "community.decisions"
FLAGS = "community.flags"
FEEDBACK = "community.feedback"
DEAD_LETTERS = "community.dead-letters"

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Topic:
    """One topic: what it is for and its configuration (Kafka's own names; times in milliseconds)."""

    name: str
    purpose: str
    config: dict[str, str] = field(default_factory=dict)


def _log(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), "message.timestamp.type": "CreateTime"}


TOPICS: tuple[Topic, ...] = (
    Topic(POSTS, "posts in: new, edited, deleted", _log(7)),
    Topic(DECISIONS, "one decision for each consumed post", _log(7)),
    Topic(FLAGS, "the event log that moderation reads and folds", _log(30)),
    Topic(FEEDBACK, "moderators' verdicts in", _log(30)),
    Topic(DEAD_LETTERS, "records whose post can't be read, as they came", _log(30)),
)
