"""One run of a load: send, match decisions as a committed reader, report, and leave nothing in the moderators' queue."""

import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from consumer.kafka import Outgoing, PlainProducer, Reader
from consumer.settings import KafkaSettings, TopicNames
from contracts.decision import Action, Source
from jikimi.load.posts import Posts
from jikimi.percentiles import percentile

DRAIN_SECONDS = 30.0  # for the decision of the last post: a lost worker costs its partitions 10 s
POLL_SECONDS = 0.1
PERCENTS = (50, 95, 99, 100)


@dataclass(frozen=True)
class Report:
    """What became of the posts. `latency_ms` is from when a post was due to when its decision was read, by percentile."""

    sent: int
    decided: int
    doubled: int
    rate: float
    seconds: float
    latency_ms: dict[str, float | None]

    @property
    def drop_rate(self) -> float:
        """The share of posts that had no decision 30 s after the last one was sent."""
        return (self.sent - self.decided) / self.sent if self.sent else 0.0


class _Decided(msgspec.Struct):
    source: Source
    action: Action


def run_load(
    kafka: KafkaSettings,
    topics: TopicNames,
    rate: float,
    seconds: float,
    progress: Callable[[int], object] = lambda _: None,
) -> Report:
    """Send `rate` posts a second for `seconds`, and see each decided. Raises KafkaError, TopicError.

    Posts that were flagged are deleted at the end, which clears their flags.
    """
    posts = Posts(topics.posts, rate, max(1, round(rate * seconds)))
    stop = threading.Event()
    with (
        PlainProducer(kafka) as producer,
        Reader(kafka, topics.decisions, "end") as reader,
        ThreadPoolExecutor(max_workers=1) as threads,
    ):
        matcher = Matcher(posts, reader)
        matching = threads.submit(matcher.run, stop)
        try:
            posts.send(producer, progress)
            deadline = time.monotonic() + DRAIN_SECONDS
            while matcher.decided < posts.sent and time.monotonic() < deadline and not matching.done():
                time.sleep(POLL_SECONDS)
        finally:
            stop.set()
            matching.result()
            producer.send_all([Outgoing(topics.posts, key, None) for key in matcher.flagged])
    return Report(
        sent=posts.sent,
        decided=matcher.decided,
        doubled=matcher.doubled,
        rate=round(posts.rate, 1),
        seconds=round(posts.ended - posts.started, 1),
        latency_ms={
            f"p{percent}" if percent < 100 else "max": percentile(matcher.waits, percent) for percent in PERCENTS
        },
    )


class Matcher:
    """Finds the decisions of a run's posts among all others. Read by one thread, looked at by another."""

    def __init__(self, posts: Posts, reader: Reader) -> None:
        self._posts, self._reader = posts, reader
        self._seen: Counter[int] = Counter()
        self._decoder = msgspec.json.Decoder(_Decided)
        self.waits = array("d")
        self.flagged: list[bytes] = []

    @property
    def decided(self) -> int:
        """Posts that have a decision."""
        return len(self._seen)

    @property
    def doubled(self) -> int:
        """Decisions too many."""
        return self._seen.total() - len(self._seen)

    def run(self, stop: threading.Event) -> None:
        """Match until `stop`."""
        while not stop.is_set():
            records = self._reader.read(POLL_SECONDS)
            now = time.monotonic()
            for record in records:
                number = self._posts.number(record.key)
                if number is None:
                    continue
                self._seen[number] += 1
                self.waits.append(1000 * (now - self._posts.due_at(number)))
                if self._decoder.decode(record.value or b"").action != "allow":
                    self.flagged.append(self._posts.key(number))
