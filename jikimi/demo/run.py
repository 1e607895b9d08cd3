"""The demo from start to end."""

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import msgspec
from pydantic import SecretStr

from consumer.kafka import create_topics
from consumer.settings import KafkaSettings, TopicNames
from contracts.exemplar import Exemplar
from contracts.flag import Flag
from embeddings.settings import BankSettings
from jikimi.demo.records import sample_exemplars
from jikimi.demo.send import POSTS_A_SECOND, Sender
from jikimi.demo.surroundings import WorkerProcess, ended_in_order, running_stack, running_worker
from jikimi.demo.watch import FlagStream, Watch, count_dead_letters
from jikimi.output import note
from jikimi.settings import Settings

PARTITIONS = 4
SILENCE_LIMIT_SECONDS = 30
LETTERS_LIMIT_SECONDS = 10


@dataclass(frozen=True)
class Summary:
    """What was counted. `posts` are the records sent whose id can be read, edits and deletions included."""

    posts: int
    decisions: int
    flags: int
    dead_letters: int
    posts_per_second: float
    latency_ms: dict[str, float | None]


def run_demo(settings: Settings, seconds: float | None, show: Callable[[Flag], None]) -> Summary:
    """Start everything, stream, count, and stop and remove everything, however it ends. Raises JikimiError."""
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="jikimi-demo-")))
        note("starting Kafka and Redis on free ports (about 10 s; the first time Kafka, 110 MB, is fetched)")
        # It imports torch, which takes as long as Kafka takes to start.
        held.enter_context(ThreadPoolExecutor(max_workers=1)).submit(import_module, "embeddings.store")
        started = held.enter_context(running_stack(folder))
        kafka = KafkaSettings(bootstrap_servers=started.bootstrap_servers)
        create_topics(kafka, TopicNames(), PARTITIONS)
        note("loading the sample exemplars")
        count = _load_exemplars(started.redis_url)
        note(f"starting a worker, which has {count} exemplars")
        worker = held.enter_context(running_worker(settings, started, folder))
        note(f"streaming sample posts, {POSTS_A_SECOND:.0f} a second")
        return _stream(kafka, worker, seconds, show)


def _load_exemplars(redis_url: str) -> int:
    """Without vectors, which the worker makes: here they would cost loading the encoder once more."""
    from embeddings.store import ExemplarStore  # noqa: PLC0415  # see run_demo

    exemplars = msgspec.convert(sample_exemplars(), list[Exemplar])
    with ExemplarStore(BankSettings(redis_url=SecretStr(redis_url))) as store:
        return len(store.put_many(exemplars, "demo"))


def _stream(
    kafka: KafkaSettings, worker: WorkerProcess, seconds: float | None, show: Callable[[Flag], None]
) -> Summary:
    sender, watch, flags = Sender(kafka, seconds), Watch(kafka), FlagStream(kafka, show)
    stop, started = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as threads:
        try:
            sending, watching = threads.submit(sender.run, stop), threads.submit(watch.run, stop)
            _follow(flags, worker, sending, watching, lambda: sender.readable - watch.decided)
            spent = time.monotonic() - started
        finally:
            stop.set()
    watching.result()
    flags.finish()
    return Summary(
        posts=sender.readable,
        decisions=watch.decisions,
        flags=flags.count,
        dead_letters=_dead_letters(kafka, sender.unreadable),
        posts_per_second=round(sender.readable / spent, 1),
        latency_ms=watch.latency_ms(),
    )


def _follow(
    flags: FlagStream,
    worker: WorkerProcess,
    sending: "Future[None]",
    watching: "Future[None]",
    missing: Callable[[], int],
) -> None:
    """Show flags until all that was sent is decided, or until nothing more happens."""
    last, since = missing(), time.monotonic()
    while not (sending.done() and missing() <= 0):
        flags.poll()
        worker.check()
        for each in (sending, watching):
            if each.done():
                each.result()
        if missing() != last:
            last, since = missing(), time.monotonic()
        if time.monotonic() - since > SILENCE_LIMIT_SECONDS:
            note(f"{last} posts had no decision {SILENCE_LIMIT_SECONDS} s after the last one")
            return


def _dead_letters(kafka: KafkaSettings, wanted: int) -> int:
    """How many there are, once all that were sent are there: they may be committed after the last decision."""
    deadline = time.monotonic() + LETTERS_LIMIT_SECONDS
    while (count := count_dead_letters(kafka)) < wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return count
