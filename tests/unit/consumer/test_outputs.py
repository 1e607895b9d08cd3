"""What items become: decisions, flags, dead letters, and the headers that travel."""

from datetime import UTC, datetime

import msgspec
import pytest

from consumer.dead_letters import MAX_KEY_BYTES, dead_letter_of
from consumer.decode import Item
from consumer.flags import flag_of
from consumer.headers import MAX_HEADER_BYTES, carried, exceed_limit
from consumer.kafka import Partition, Record
from consumer.outputs import outputs_of
from consumer.scoring import ScorerStatus
from consumer.settings import TopicNames
from contracts import dead_letter
from contracts.decision import Action, Decision, Source
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.flag import Flag
from contracts.post import Deletion, Post

STATUS = ScorerStatus(release="r", bank="5-0")
TOPICS = TopicNames()
POST = Post(id="p", text="글", title="제목", author_id="a", revision=0)


def decision(action: Action, revision: int = 0) -> Decision:
    """A decision on POST."""
    return Decision(
        post_id="p",
        revision=revision,
        community=None,
        source=Source("t", 0, 1),
        action=action,
        flagged=(),
        labels={},
        reasons=(),
        evidence=(),
        release="r",
        bank="5-0",
        degraded=(),
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def record(value: bytes | None = b"v", key: bytes | None = b"k", headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    """A consumed record."""
    return Record(Partition("t", 0), 1, 0, key, value, headers)


@pytest.mark.parametrize(
    ("action", "revision", "told", "text"),
    [
        ("allow", 0, False, None),
        ("allow", 1, True, None),
        ("review", 0, True, "글"),
        ("hide", 3, True, "글"),
    ],
)
def test_what_is_told(action: Action, revision: int, told: bool, text: str | None) -> None:  # a table
    """Every action but allow with the text, every edit, and nothing else."""
    flag = flag_of(decision(action, revision), POST)
    assert (flag is not None) is told
    if flag is not None:
        assert (flag.cause, flag.cause_id) == ("post", "t/0/1")
        assert (flag.text or None) == text
        assert (flag.title is msgspec.UNSET) is (text is None)


def test_a_flag_without_a_title_has_none() -> None:
    """Absent, not null."""
    flag = flag_of(decision("hide"), Post(id="p", text="글"))
    assert b"title" not in msgspec.json.encode(flag)


def test_a_deletion_is_told_though_allowed() -> None:
    """Cause deleted, no text."""
    flag = flag_of(decision("allow"), Deletion("p"))
    assert flag is not None
    assert (flag.cause, flag.action, flag.text) == ("deleted", "allow", msgspec.UNSET)


def test_the_records_of_a_post() -> None:
    """Decision and flag under the post id, with the record's headers."""
    outputs = outputs_of(Item(record(headers=(("traceparent", b"x"),)), POST), decision("hide"), TOPICS, STATUS)
    assert [(each.topic, each.key, each.headers) for each in outputs.records] == [
        ("community.decisions", b"p", (("traceparent", b"x"),)),
        ("community.flags", b"p", (("traceparent", b"x"),)),
    ]
    assert outputs.cause == "post"


def test_a_verdict_gives_a_flag_and_no_decision() -> None:
    """Dated by the moderator, named by the feedback record's id."""
    at = datetime(2026, 5, 5, tzinfo=UTC)
    verdict = Feedback(id="f", post_id="p", revision=2, action="allow", labels=(), moderator="m", at=at)
    outputs = outputs_of(Item(record(), verdict), None, TOPICS, STATUS)
    (only,) = outputs.records
    flag = msgspec.json.decode(only.value or b"", type=Flag)
    assert (only.topic, flag.cause, flag.cause_id, flag.decided_at) == ("community.flags", "moderator", "f", at)


def test_a_post_without_a_decision_is_a_programming_error() -> None:
    """Nothing is ever published half."""
    with pytest.raises(ValueError, match="no decision for t/0/1"):
        outputs_of(Item(record(), POST), None, TOPICS, STATUS)


def test_a_dead_letter_is_cut_to_what_the_broker_takes() -> None:
    """Value, key and headers are bounded; the original length is told."""
    huge = record(b"v" * 900_000, b"k" * 900_000, (("keep", b"1"), ("huge", b"h" * 900_000)))
    letter = dead_letter_of(huge, InvalidRecordError("not-json", "why"), "letters")
    headers = dict(letter.headers)
    assert len(letter.value or b"") == dead_letter.MAX_VALUE_BYTES
    assert len(letter.key or b"") == MAX_KEY_BYTES
    assert headers[dead_letter.CUT_FROM] == b"900000"
    assert headers["keep"] == b"1"
    assert "huge" not in headers
    assert set(headers) - {"keep"} == set(dead_letter.HEADERS)


def test_a_replayed_letter_counts_its_attempts_and_keeps_one_set_of_headers() -> None:
    """Headers of the last time are replaced; nonsense in them counts as none."""
    for before, attempts in ((b"3", b"4"), (b"many", b"1"), (b"9" * 5000, b"1")):
        again = record(headers=((dead_letter.ATTEMPTS, before), (dead_letter.ERROR_CODE, b"old")))
        headers = dead_letter_of(again, InvalidRecordError("not-json", "why"), "letters").headers
        names = [name for name, _ in headers]
        assert len(names) == len(set(names))
        assert dict(headers)[dead_letter.ATTEMPTS] == attempts


def test_a_record_of_nothing_becomes_an_empty_letter() -> None:
    """The client refuses a record without key and value."""
    letter = dead_letter_of(record(None, None), InvalidRecordError("id-missing", "why"), "letters")
    assert (letter.key, letter.value) == (None, b"")


def test_headers_travel_up_to_a_limit() -> None:
    """All of them where they fit; from the one that passes the limit on none, and how many is told."""
    small = (("a", b"1"), ("b", b""))
    fits = (*small, ("c", b"x" * (MAX_HEADER_BYTES - 4)))
    assert carried(fits) == fits
    assert not exceed_limit(fits)
    over = (*fits, ("d", b"1"), ("e", b"1"))
    assert carried(over) == (*fits, (dead_letter.HEADERS_CUT, b"2"))
    assert exceed_limit(over)
