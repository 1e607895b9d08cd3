"""Numbered records at a steady rate: posts, edits, deletions, verdicts and unreadable ones.

What record `n` of a seed is, is a pure function, and the number travels in a header. So the source topics themselves tell
afterwards what had to become of each record, whether or not its acknowledgement reached the publisher.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from consumer.errors import KafkaError
from consumer.kafka import Outgoing, PlainProducer, Record
from consumer.settings import KafkaSettings, TopicNames
from contracts.decision import Action
from tests.faults.checker import Expected, Kind

NUMBER = "number"
KINDS: dict[Kind, int] = {"post": 80, "edit": 9, "deletion": 4, "bad": 5, "verdict": 2}  # percent
TEXTS: dict[Action, tuple[str, ...]] = {
    "allow": (
        "동네 산책하기 좋은 날이에요",
        "혹시 강아지 보신 분 계신가요?",
        "이 근처 빵집 추천해 주세요",
        "오늘 정전된 곳 있나요",
    ),
    "review": ("급구 주말 알바 구해요", "급구합니다 쪽지 주세요"),
    "hide": ("사기 링크 눌러 보세요", "무료 상담 사기방 들어오세요"),
}
BAD: tuple[tuple[bytes | None, bytes, str], ...] = (
    (b"k", b"{", "not-json"),
    (b"k", b'{"id":"a","text":"\xff"}', "not-utf8"),
    (b"k", b"[]", "wrong-shape"),
    (b"k", b'{"text":"a"}', "id-missing"),
    (b"k", json.dumps({"id": "x" * 129, "text": "a"}).encode(), "id-too-long"),
    (b"k", b'{"id":"a","text":"a","x":' + b"[" * 100 + b"]" * 100 + b"}", "too-deep"),
    (None, b"", "not-json"),
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Planned(NamedTuple):
    """Record number `n`: what is sent, and what must become of it."""

    outgoing: Outgoing
    expected: Expected


@dataclass(frozen=True)
class Plan:
    """Every record of a run. `poison` gives, by word, how many in a million posts carry that word for the scorer to fail on.
    With a `real` scorer nothing is known of a post's action.
    """

    seed: int
    topics: TopicNames
    poison: dict[str, int] = field(default_factory=dict)
    real: bool = False

    def record(self, number: int) -> Planned:
        """The same for the same seed and number, whoever asks."""
        draw = random.Random(self.seed * 1_000_003 + number)  # noqa: S311  # reproducible, not secret
        kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "bad":
            return self._bad(number, draw)
        if kind == "verdict":
            return self._verdict(number, draw)
        earlier = f"p{draw.randrange(number + 1)}"
        if kind == "deletion":
            return self._planned(number, earlier, None, Expected("deletion", earlier, 0, "allow"))
        post_id, revision = (earlier, draw.randint(1, 9)) if kind == "edit" else (f"p{number}", 0)
        action = draw.choices(list(TEXTS), [85, 10, 5])[0]
        word = next((word for word, share in self.poison.items() if draw.random() * 1e6 < share), "")
        text = f"{word} {draw.choice(TEXTS[action])} {number}"
        post = {
            "id": post_id,
            "text": text,
            "revision": revision,
            "community": f"c{number % 5}",
            "created_at": EPOCH.isoformat(),
        }
        wanted = None if self.real else "review" if word else action
        expected = Expected(kind, post_id, revision, wanted, part="encoder" if word else "")
        return self._planned(number, post_id, json.dumps(post, ensure_ascii=False).encode(), expected)

    def expected(self, record: Record) -> Expected:
        """What must become of `record`, by the number it carries. Raises KeyError where it carries none."""
        return self.record(number_of(record)).expected

    def _bad(self, number: int, draw: random.Random) -> Planned:
        key, value, code = draw.choice(BAD)
        return Planned(self._outgoing(self.topics.posts, number, key, value), Expected("bad", code=code))

    def _verdict(self, number: int, draw: random.Random) -> Planned:
        post_id, action = f"p{draw.randrange(number + 1)}", draw.choice(list(TEXTS))
        at = (EPOCH + timedelta(seconds=number)).isoformat()
        value = {
            "id": f"v{number}",
            "post_id": post_id,
            "revision": 0,
            "action": action,
            "labels": [],
            "moderator": "m",
            "at": at,
        }
        outgoing = self._outgoing(self.topics.feedback, number, post_id.encode(), json.dumps(value).encode())
        return Planned(outgoing, Expected("verdict", post_id, 0, action))

    def _planned(self, number: int, key: str, value: bytes | None, expected: Expected) -> Planned:
        return Planned(self._outgoing(self.topics.posts, number, key.encode(), value), expected)

    def _outgoing(self, topic: str, number: int, key: bytes | None, value: bytes | None) -> Outgoing:
        return Outgoing(topic, key, value, ((NUMBER, str(number).encode()),))


def number_of(record: Record) -> int:
    """The number a record carries. Raises KeyError where it carries none."""
    return int(dict(record.headers)[NUMBER])


class Load:
    """Publishes a plan from a thread of its own, `rate` records a second, each group until it is acknowledged."""

    GROUP_SECONDS = 0.1

    def __init__(self, kafka: KafkaSettings, plan: Plan, rate: Callable[[float], float]) -> None:
        """`rate` gives the records a second at so many seconds after the start."""
        self._kafka, self._plan, self._rate = kafka, plan, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._failure: BaseException | None = None
        self.acknowledged = 0  # numbers below this one are on the topics for certain
        self.resent = 0

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> int:
        """Publish no more; how many numbers were acknowledged. Raises what ended the publishing."""
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure
        return self.acknowledged

    def _run(self) -> None:
        started = time.monotonic()
        due, last = 0.0, 0.0
        try:
            while not self._stop.wait(self.GROUP_SECONDS):
                now = time.monotonic() - started
                due += self._rate(now) * (now - last)
                last = now
                if int(due):
                    self._publish(range(self.acknowledged, self.acknowledged + int(due)))
                    due -= int(due)
        except BaseException as error:  # noqa: BLE001  # raised again by stop
            self._failure = error
        finally:
            self._close()

    def _publish(self, numbers: range) -> None:
        records = [self._plan.record(each).outgoing for each in numbers]
        while True:
            try:
                self._open().send_all(records)
            except KafkaError:
                # Some may be on the topic: sending all again makes duplicates, as any publisher would that was not told.
                self._close()
                self.resent += len(records)
            else:
                self.acknowledged = numbers.stop
                return

    _producer: PlainProducer | None = None

    def _open(self) -> PlainProducer:
        if self._producer is None:
            self._producer = PlainProducer(self._kafka)
        return self._producer

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()
