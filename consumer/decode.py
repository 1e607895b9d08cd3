"""A consumed record to what it means: a post, a deletion, a verdict, or the reason why it can't be read."""

from typing import NamedTuple

import msgspec

from consumer.kafka.types import Record
from contracts.codec import decode_feedback, decode_post
from contracts.decision import Source
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.post import Deletion, Post

MAX_TEXT_CHARACTERS = 20_000
KEPT_CHARACTERS = MAX_TEXT_CHARACTERS // 2  # at either end of a longer text


class Item(NamedTuple):
    """One record and its meaning, after which its value is let go of. `truncated` says that the post's text was shortened."""

    record: Record
    content: Post | Deletion | Feedback | InvalidRecordError
    truncated: bool = False

    @property
    def source(self) -> Source:
        """The record's place."""
        return Source(self.record.partition.topic, self.record.partition.partition, self.record.offset)

    @property
    def key_differs(self) -> bool:
        """Whether a post came under another key than its id."""
        return isinstance(self.content, Post) and self.record.key != self.content.id.encode()


def decode(record: Record, feedback_topic: str) -> Item:
    """`record` decoded; never raises for a record's sake."""
    partition, offset, timestamp_ms, key, value, headers = record
    try:
        content = decode_feedback(value) if partition.topic == feedback_topic else decode_post(key, value)
    except InvalidRecordError as error:
        return Item(record, error)
    emptied = Record(partition, offset, timestamp_ms, key, None, headers)
    if isinstance(content, Post) and len(content.whole_text) > MAX_TEXT_CHARACTERS:
        return Item(emptied, shorten(content), truncated=True)
    return Item(emptied, content)


def shorten(post: Post) -> Post:
    """`post` with the first and last 10,000 characters of title and text, a line break between them."""
    whole = post.whole_text
    head, tail = whole[:KEPT_CHARACTERS], whole[-KEPT_CHARACTERS:]
    if post.title is not None and len(post.title) < KEPT_CHARACTERS:
        start = len(whole) - len(post.text)
        return msgspec.structs.replace(post, text=f"{head[start:]}\n{tail}")
    return msgspec.structs.replace(post, title=None, text=f"{head}\n{tail}")
