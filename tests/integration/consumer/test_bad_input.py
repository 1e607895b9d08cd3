"""The table of bad input, row by row, through the topic."""

import json

from consumer.kafka import Outgoing, PlainProducer
from consumer.worker import Worker
from contracts import dead_letter
from contracts.flag import fold
from tests.integration.consumer.stream import Stream, TinyScorer, post, wait_until

LETTERS = {
    "not UTF-8": (b"k", b'{"id":"a","text":"\xff"}', "not-utf8"),
    "not JSON": (b"k", b"{", "not-json"),
    "empty value": (b"k", b"", "not-json"),
    "an array": (b"k", b"[]", "wrong-shape"),
    "text a number": (b"k", b'{"id":"a","text":1}', "wrong-shape"),
    "no id": (b"k", b'{"text":"a"}', "id-missing"),
    "empty id": (b"k", b'{"id":"","text":"a"}', "id-missing"),
    "id too long": (b"k", post("x" * 129), "id-too-long"),
    "too deep": (b"k", b'{"id":"a","text":"a","x":' + b"[" * 100 + b"]" * 100 + b"}", "too-deep"),
    "huge revision": (b"k", b'{"id":"a","text":"a","revision":' + b"9" * 5000 + b"}", "wrong-shape"),
    "deletion without a key": (b"", None, "id-missing"),
    "deletion of an endless id": (b"x" * 129, None, "id-too-long"),
}
DECIDED = {
    "plain": (b"ok", post("ok")),
    "unknown fields": (b"more", post("more", mood="good")),
    "lone surrogate": (b"sur", b'{"id":"sur","text":"a\\ud800b"}'),
    "huge number in an ignored field": (b"big", b'{"id":"big","text":"a","n":' + b"9" * 5000 + b"}"),
    "key unlike the id": (b"other", post("unlike")),
    "no key": (None, post("keyless")),
    "128 characters": (b"x" * 128, post("x" * 128)),
    "zero-width only": (b"empty", post("empty", "\u200b\u200b")),
}


def test_what_cannot_be_read_becomes_a_dead_letter(stream: Stream) -> None:
    """Row by row: one letter with the code, the original bytes and headers and the place; the posts between are decided."""
    for number, (name, (key, value, _)) in enumerate(LETTERS.items()):
        stream.publish((key, value), headers=(("row", name.encode()), ("traceparent", b"00-1")))
        stream.publish_posts(1, start=number)
    with stream.worker():
        stream.wait_for_outcomes(2 * len(LETTERS))
    letters = {dict(each.headers)["row"].decode(): each for each in stream.dead_letters()}
    assert letters.keys() == LETTERS.keys()
    for name, (key, value, code) in LETTERS.items():
        letter, headers = letters[name], dict(letters[name].headers)
        assert (letter.key, letter.value, headers[dead_letter.ERROR_CODE]) == (key, value, code.encode()), name
        assert headers[dead_letter.SOURCE_TOPIC] == stream.topics.posts.encode()
        assert (headers["traceparent"], headers[dead_letter.ATTEMPTS]) == (b"00-1", b"1")
    assert {each.post_id for each in stream.decisions()} == {f"p{number}" for number in range(len(LETTERS))}


def test_what_can_be_read_is_decided(stream: Stream) -> None:
    """Each record whose id can be read has one decision under the id as key, and headers travel through."""
    stream.publish(*DECIDED.values(), headers=(("traceparent", b"00-2"),))
    with stream.worker():
        stream.wait_for_outcomes(len(DECIDED))
    records = stream.read(stream.topics.decisions)
    ids = [json.loads(each.value or b"")["post_id"] for each in records]
    assert sorted(ids) == sorted(["ok", "more", "sur", "big", "unlike", "keyless", "x" * 128, "empty"])
    assert [each.key for each in records] == [each.encode() for each in ids]
    assert all(("traceparent", b"00-2") in each.headers for each in records)
    assert not stream.dead_letters()


def test_a_key_unlike_the_id_is_counted(stream: Stream) -> None:
    """Accepted, and in the metrics."""
    stream.publish((b"other", post("a")), (None, post("b")), (b"c", post("c")))
    with stream.worker() as worker:
        stream.wait_for_outcomes(3)
        wait_until(lambda: "jikimi_key_mismatches_total 2.0" in metrics(worker), 10)


def metrics(worker: Worker) -> str:
    """The worker's metrics as text."""
    return worker.metrics.text().decode()


def test_headers_over_the_limit_are_cut_and_told(stream: Stream) -> None:
    """The post and the bad record keep their outcomes; each says how many headers are missing, and both are counted."""
    headers = (("first", b"1"), ("huge", b"x" * 70_000), ("last", b"1"))
    stream.publish((b"ok", post("ok", "사기")), (b"k", b"{"), headers=headers)
    with stream.worker() as worker:
        stream.wait_for_outcomes(2)
        wait_until(lambda: "jikimi_headers_cut_total 2.0" in metrics(worker), 10)
    decided, flagged, letters = (
        stream.read(stream.topics.decisions),
        stream.read(stream.topics.flags),
        stream.dead_letters(),
    )
    assert [len(each) for each in (decided, flagged, letters)] == [1, 1, 1]
    for each in (*decided, *flagged, *letters):
        found = dict(each.headers)
        assert (found["first"], found[dead_letter.HEADERS_CUT]) == (b"1", b"2")
        assert not {"huge", "last"} & set(found)


class RawKey(str):
    """A header's key that is not UTF-8, as other clients may send it."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        """What kafka-python's producer asks for."""
        return b"b\xffd"


def test_a_header_key_that_is_not_utf8_is_read_as_java_reads_it(stream: Stream) -> None:
    """Each record of the batch has its outcome; the key's bytes that can't be decoded become U+FFFD."""
    headers = ((RawKey("raw"), b"1"), ("traceparent", b"00-1"))
    stream.publish((b"a", post("a")), (b"a", post("a", "사기")), (b"a", b"{"), headers=headers)
    stream.publish((b"a", post("plain")))
    with stream.worker():
        stream.wait_for_outcomes(4)
    assert [each.post_id for each in stream.decisions()] == ["a", "a", "plain"]
    published = [*stream.read(stream.topics.decisions)[:2], *stream.dead_letters()]
    for each in published:
        assert {"b\ufffdd": b"1", "traceparent": b"00-1"}.items() <= dict(each.headers).items()


def test_a_long_text_is_scored_at_its_ends(stream: Stream) -> None:
    """Over 20,000 characters: the scorer sees 10,000 of either end, the decision says truncated, the flag holds as much."""
    scorer = TinyScorer()
    stream.publish(
        (b"long", post("long", "가" * 30_000 + "사기", title="제목")), (b"fits", post("fits", "나" * 20_000))
    )
    with stream.worker(scorer):
        stream.wait_for_outcomes(2)
    long, fits = sorted(stream.decisions(), key=lambda each: each.post_id, reverse=True)
    assert (long.degraded, fits.degraded) == (("truncated",), ())
    (seen,) = [each for each in scorer.seen if each.id == "long"]
    assert seen.title == "제목"
    assert seen.text == "가" * 9_997 + "\n" + "가" * 9_998 + "사기"
    (flag,) = stream.flags()
    assert (flag.text, flag.action) == (seen.text, "hide")


def test_a_post_that_fails_in_the_scorer_goes_to_review_alone(stream: Stream) -> None:
    """The scorer raises for one post: that one is reviewed, the others of its batch are as ever."""
    stream.publish((b"a", post("a")), (b"bad", post("bad", "!raise")), (b"b", post("b", "사기")))
    with stream.worker():
        stream.wait_for_outcomes(3)
    outcome = {each.post_id: (each.action, each.degraded) for each in stream.decisions()}
    assert outcome == {"a": ("allow", ()), "bad": ("review", ("encoder",)), "b": ("hide", ())}


def test_duplicates_late_revisions_and_deletions_fold_right(stream: Stream) -> None:
    """Each record is decided; the fold of the flags shows the newest revision, and a deletion outranks all."""
    stream.publish(
        (b"edit", post("edit", "사기", revision=0)),
        (b"edit", post("edit", "미안해요", revision=2)),
        (b"edit", post("edit", "급구", revision=1)),
        (b"gone", post("gone", "사기")),
        (b"gone", None),
        (b"twice", post("twice", "급구")),
        (b"twice", post("twice", "급구")),
    )
    with stream.worker():
        stream.wait_for_outcomes(7)
    flags = stream.flags()
    state = fold(flags)
    assert {name: (flag.action, flag.cause) for name, flag in state.items()} == {
        "edit": ("allow", "post"),
        "gone": ("allow", "deleted"),
        "twice": ("review", "post"),
    }
    assert all(flag.action != "allow" or flag.text is flag.title is flag.author_id for flag in flags)
    assert len({str(each.source) for each in stream.decisions()}) == 7
    (gone,) = [each for each in stream.decisions() if each.evidence]
    assert [(each.kind, each.label) for each in gone.evidence] == [("policy", "deleted")]


def test_a_verdict_becomes_a_flag_of_its_moderator(stream: Stream) -> None:
    """Feedback gives one flag of cause moderator and no decision; unreadable feedback is a dead letter."""
    verdict = {
        "id": "f1",
        "post_id": "p1",
        "revision": 3,
        "action": "hide",
        "labels": ["scam"],
        "moderator": "m",
        "at": "2026-01-02T03:04:05Z",
    }
    with_names = [json.dumps(verdict).encode(), b'{"id":"f2"}']
    with PlainProducer(stream.kafka) as producer:
        producer.send_all([Outgoing(stream.topics.feedback, b"p1", each) for each in with_names])
    with stream.worker():
        wait_until(lambda: len(stream.flags()) == 1 and len(stream.dead_letters()) == 1, 30)
    (flag,) = stream.flags()
    assert (flag.cause, flag.cause_id, flag.post_id, flag.revision, flag.flagged) == (
        "moderator",
        "f1",
        "p1",
        3,
        ("scam",),
    )
    assert flag.decided_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert not stream.decisions()
