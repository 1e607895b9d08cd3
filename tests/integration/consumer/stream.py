"""A stream of its own for one test: topics with fresh names, a tiny scorer, workers in threads or processes."""

import gc
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from consumer.kafka import Outgoing, PlainProducer, Reader, Record, TransactionalProducer, create_topics, group_lag
from consumer.run import run_worker
from consumer.scoring import ScorerProtocol, ScorerStatus
from consumer.settings import KafkaSettings, TopicNames, WorkerSettings
from consumer.worker import Worker
from contracts.decision import Action, Decision, Reason, Source
from contracts.flag import Flag
from contracts.post import Post
from contracts.times import utc_now

STATUS = ScorerStatus(release="tiny", bank="0-0")
SCRIPT = Path(__file__).with_name("worker_process.py")


class TinyScorer:
    """Decides by words in the text: 사기 hide, 급구 review, else allow. `!raise` raises, `!slow` takes its time."""

    def __init__(self, seconds_per_batch: float = 0.0, *, remember: bool = True) -> None:
        self.seconds_per_batch, self._remember = seconds_per_batch, remember
        self.seen: list[Post] = []

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each."""
        time.sleep(self.seconds_per_batch)
        self.seen += [post for post, _ in items] * self._remember
        return [_decision(post, source) for post, source in items]


def _decision(post: Post, source: Source) -> Decision:
    if "!raise" in post.text:
        raise RuntimeError("the tiny scorer was told to raise")
    action: Action = "hide" if "사기" in post.text else "review" if "급구" in post.text else "allow"
    flagged = {"hide": ("scam",), "review": ("job",), "allow": ()}[action]
    return Decision(
        post_id=post.id,
        revision=post.revision,
        community=post.community,
        source=source,
        action=action,
        flagged=flagged,
        labels={"scam": float(action == "hide"), "job": float(action == "review")},
        reasons=tuple(Reason(kind="classifier", label=each, score=1.0, threshold=0.5) for each in flagged),
        evidence=(),
        release=STATUS.release,
        bank=STATUS.bank,
        degraded=(),
        decided_at=utc_now(),
    )


@dataclass
class Stream:
    """Topics with names of their own on a real broker."""

    kafka: KafkaSettings
    topics: TopicNames
    settings: WorkerSettings
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def publish(self, *records: tuple[bytes | None, bytes | None], headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        """Put key and value pairs on the posts topic."""
        with PlainProducer(self.kafka) as producer:
            producer.send_all([Outgoing(self.topics.posts, key, value, headers) for key, value in records])

    def publish_posts(self, count: int, start: int = 0, text: str = "동네 산책") -> None:
        """Put `count` numbered posts on the posts topic."""
        self.publish(*((f"p{n}".encode(), post(f"p{n}", text)) for n in range(start, start + count)))

    def read(self, topic: str) -> list[Record]:
        """Everything committed on `topic`."""
        with Reader(self.kafka, topic) as reader:
            return reader.read_all()

    def read_uncommitted(self, topic: str) -> list[Record]:
        """Everything on `topic`, aborted records too."""
        with Reader(self.kafka, topic, isolation="read_uncommitted") as reader:
            return reader.read_all()

    def decisions(self) -> list[Decision]:
        """All committed decisions."""
        return [msgspec.json.decode(each.value or b"", type=Decision) for each in self.read(self.topics.decisions)]

    def flags(self) -> list[Flag]:
        """All committed flags."""
        return [msgspec.json.decode(each.value or b"", type=Flag) for each in self.read(self.topics.flags)]

    def dead_letters(self) -> list[Record]:
        """All committed dead letters."""
        return self.read(self.topics.dead_letters)

    def committed(self) -> int:
        """How far the group has come on the posts topic, all partitions together."""
        return sum(each.committed or 0 for each in group_lag(self.kafka, self.settings.group, [self.topics.posts]))

    def wait_for_outcomes(self, count: int, limit_seconds: float = 60.0) -> None:
        """Wait until decisions and dead letters are `count` together."""
        wait_until(lambda: len(self.decisions()) + len(self.dead_letters()) >= count, limit_seconds)

    @contextmanager
    def worker(self, scorer: ScorerProtocol | None = None, **changes: Any) -> Iterator[Worker]:
        """A worker in a thread; at the end of the block it is stopped and must end with exit code 0."""
        with self.worker_ending(0, scorer, **changes) as worker:
            yield worker
            worker.stop()

    @contextmanager
    def worker_ending(self, code: int, scorer: ScorerProtocol | None = None, **changes: Any) -> Iterator[Worker]:
        """A worker in a thread that must end by itself with `code`."""
        started: list[Worker] = []
        codes: list[int] = []

        def on_start(worker: Worker, health: str) -> None:
            self.health.append(health)
            started.append(worker)

        def run() -> None:
            settings = self.settings.model_copy(update=changes)
            codes.append(run_worker(self.kafka, settings, scorer or TinyScorer(), lambda: STATUS, on_start))

        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: bool(started) or not thread.is_alive(), 30)
        try:
            yield started[0]
        finally:
            if sys.exc_info()[0]:
                started[0].stop()
            thread.join(60)
        assert codes == [code]
        assert gc.get_freeze_count() == 0, "the collector sees everything again, as before the worker"

    def process(self, **script: Any) -> subprocess.Popen[str]:
        """A worker in a process of its own; see `worker_process.py` for what `script` may hold."""
        script = {"kafka": self.kafka.model_dump(), "worker": self.settings.model_dump(), **script}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.consumer.worker_process", json.dumps(script)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def producer(self, transactional_id: str = "") -> TransactionalProducer:
        """A transactional producer as workers use it."""
        return TransactionalProducer(self.kafka, transactional_id or f"test-{uuid.uuid4()}", 10_000)


@contextmanager
def new_stream(bootstrap_servers: str, folder: Path, partitions: int = 2) -> Iterator[Stream]:
    """Fresh topics, a fresh group and slots in `folder`; processes still running at the end are killed."""
    prefix = f"test-{uuid.uuid4().hex[:8]}"
    topics = TopicNames(**{role: f"{prefix}.{role}" for role in TopicNames.model_fields})
    kafka = KafkaSettings(bootstrap_servers=bootstrap_servers)
    settings = WorkerSettings(group=prefix, topics=topics, slot_folder=str(folder), session_timeout_ms=6_000)
    create_topics(kafka, topics, partitions)
    stream = Stream(kafka, topics, settings)
    try:
        yield stream
    finally:
        for process in stream.processes:
            process.kill()
            process.communicate()


def post(post_id: str, text: str = "동네 산책", **fields: Any) -> bytes:
    """A post as JSON."""
    return json.dumps({"id": post_id, "text": text, **fields}, ensure_ascii=False).encode()


def wait_until(holds: Callable[[], bool], limit_seconds: float) -> None:
    """Return once `holds`; an AssertionError after the limit."""
    deadline = time.monotonic() + limit_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so within {limit_seconds} s"
        time.sleep(0.05)
