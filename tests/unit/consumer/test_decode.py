"""Records to meaning, and the shortening of long posts."""

from consumer.decode import MAX_TEXT_CHARACTERS, decode, shorten
from consumer.kafka import Partition, Record
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.post import Deletion, Post

VERDICT = (
    b'{"id":"f","post_id":"p","revision":0,"action":"hide","labels":[],"moderator":"m","at":"2026-01-01T00:00:00Z"}'
)


def record(key: bytes | None, value: bytes | None, topic: str = "posts") -> Record:
    """A consumed record."""
    return Record(Partition(topic, 2), 7, 0, key, value, ())


def test_the_topic_decides_what_a_record_is() -> None:
    """A verdict on the feedback topic is feedback; null values are deletions on the posts topic only."""
    assert isinstance(decode(record(b"p", VERDICT, "feedback"), "feedback").content, Feedback)
    assert decode(record(b"p", None), "feedback").content == Deletion("p")
    assert isinstance(decode(record(b"p", None, "feedback"), "feedback").content, InvalidRecordError)


def test_the_source_is_the_place() -> None:
    """Topic, partition and offset."""
    assert str(decode(record(b"p", None), "feedback").source) == "posts/2/7"


def test_a_key_differs_for_posts_only() -> None:
    """Another key, or none, under a post."""
    value = b'{"id":"p","text":"t"}'
    differs = [decode(record(key, value), "feedback").key_differs for key in (b"p", b"q", None)]
    assert differs == [False, True, True]
    assert not decode(record(b"q", None), "feedback").key_differs


def test_title_and_text_count_together() -> None:
    """The limit is on what a reader meets: title, line break, text."""
    for length, truncated in ((MAX_TEXT_CHARACTERS - 3, False), (MAX_TEXT_CHARACTERS - 2, True)):
        value = b'{"id":"p","title":"ab","text":"' + b"x" * length + b'"}'
        assert decode(record(b"p", value), "feedback").truncated is truncated


def test_both_ends_are_kept() -> None:
    """The title stays a title where it fits; where it does not, the ends of the whole are the text."""
    short = shorten(Post(id="p", title="제목", text="a" * 15_000 + "b" * 15_000))
    assert (short.title, short.text) == ("제목", "a" * 9_997 + "\n" + "b" * 10_000)
    long = shorten(Post(id="p", title="t" * 30_000, text="끝"))
    assert (long.title, long.text) == (None, "t" * 10_000 + "\n" + "t" * 9_998 + "\n끝")
    bare = shorten(Post(id="p", text="a" * 30_000))
    assert (bare.title, len(bare.text)) == (None, 20_001)
