"""What one item and its decision become on the output topics."""

from typing import NamedTuple

from consumer.dead_letters import dead_letter_of
from consumer.decode import Item
from consumer.flags import flag_of, moderator_flag
from consumer.headers import carried
from consumer.kafka.types import Outgoing
from consumer.scoring import ScorerStatus
from consumer.settings import TopicNames
from contracts.codec import encode
from contracts.decision import Decision
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.flag import Cause, Flag


class Outputs(NamedTuple):
    """The records of one item, and the cause of the flag among them, if there is one."""

    records: tuple[Outgoing, ...]
    cause: Cause | None = None


def outputs_of(item: Item, decision: Decision | None, topics: TopicNames, status: ScorerStatus) -> Outputs:
    """What to publish for `item`: its decision and perhaps a flag, a moderator's flag, or a dead letter."""
    content = item.content
    if isinstance(content, InvalidRecordError):
        return Outputs((dead_letter_of(item.record, content, topics.dead_letters),))
    headers = carried(item.record.headers)
    if isinstance(content, Feedback):
        flag: Flag | None = moderator_flag(content, item.source, status.release, status.bank)
        records: tuple[Outgoing, ...] = ()
    elif decision is None:
        raise ValueError(f"no decision for {item.source}")
    else:
        flag = flag_of(decision, content)
        records = (Outgoing(topics.decisions, decision.post_id.encode(), encode(decision), headers),)
    if flag is None:
        return Outputs(records)
    return Outputs((*records, Outgoing(topics.flags, flag.post_id.encode(), encode(flag), headers)), flag.cause)
