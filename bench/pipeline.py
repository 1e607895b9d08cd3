"""How fast is the whole against its parts: `python -m bench.pipeline`. One run, one machine, the same posts for all.

*encoder* normalises and encodes in batches of a worker's size, nothing else. *scorer* does all that a worker does between reading and
publishing: both views and their windows, matcher, features, head, policy. *pass-through* consumes and publishes records of the
very sizes that the worker publishes, by the worker's own consumer and transactions, one after the other. *worker* is a real one on
a full topic. `--scorer encoder` gives the worker a scorer that encodes and allows: what the stream costs without matcher and head.
Saves bench/results/pipeline-SCORER.json.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

import kafka
import psutil
import torch

from consumer.decode import Item, decode
from consumer.kafka import (
    GroupConsumer,
    Outgoing,
    Partition,
    PlainProducer,
    Record,
    TransactionalProducer,
    create_topics,
)
from consumer.outputs import outputs_of
from consumer.run import run_worker
from consumer.scoring import ScorerProtocol, ScorerStatus, decide
from consumer.settings import KafkaSettings, TopicNames, WorkerSettings
from consumer.transaction import Transactions
from consumer.worker import Worker
from contracts.decision import Decision, Source
from contracts.post import Post
from contracts.times import utc_now
from embeddings.encoder import Encoder, load_encoder
from embeddings.exchange import read_exemplars
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings
from jikimi.local import stack
from jikimi.settings import load_settings

RESULTS = Path(__file__).with_name("results")
SAMPLES = Path(__file__).parents[1] / "jikimi" / "samples"
PARTITIONS = 4
SCORED_ALONE = 20_000


class EncodingScorer:
    """Encodes, and allows everything."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each."""
        self._encoder.encode([normalise(post.whole_text) for post, _ in items])
        return [
            Decision(
                post_id=post.id,
                revision=post.revision,
                community=post.community,
                source=source,
                action="allow",
                flagged=(),
                labels={},
                reasons=(),
                evidence=(),
                release="bench",
                bank="0-0",
                degraded=(),
                decided_at=utc_now(),
            )
            for post, source in items
        ]


def main() -> int:
    """Measure, print, save."""
    given, machine = _arguments(), _machine()
    torch.set_num_threads(given.torch_threads)
    encoder = load_encoder(EncoderSettings())
    scorer, status = _scorer(given.scorer, encoder)
    values = _values(given.posts)
    with tempfile.TemporaryDirectory(prefix="jikimi-bench-") as made:
        servers = stack.up(Path(made), 0, 0)
        try:
            stream = Stream(KafkaSettings(bootstrap_servers=servers.bootstrap_servers), made, values)
            results = {
                "encoder": _encoder_alone(encoder, values, stream.settings.batch_size),
                "scorer": _scorer_alone(scorer, status, values, stream),
                "pass_through": stream.pass_through(_outputs(scorer, status, values, stream)),
                **stream.worker(scorer, status),
            }
        finally:
            stack.down(Path(made))
    for part in ("encoder", "scorer"):
        smaller = min(results[part], results["pass_through"])
        results[f"share_of_{part}_or_pass_through"] = round(results["worker"] / smaller, 3)
    _save(given, machine, results)
    return 0


class Stream:
    """Fresh topics on one broker, filled with the posts."""

    def __init__(self, settings: KafkaSettings, folder: str, values: list[bytes]) -> None:
        self._kafka, self._posts = settings, len(values)
        prefix = f"bench-{uuid.uuid4().hex[:8]}"
        self.topics = TopicNames(**{role: f"{prefix}.{role}" for role in TopicNames.model_fields})
        self.settings = WorkerSettings(group=prefix, topics=self.topics, slot_folder=f"{folder}/slots")
        create_topics(settings, self.topics, PARTITIONS)
        with PlainProducer(settings) as producer:
            for number, value in enumerate(values):
                producer.send(Outgoing(self.topics.posts, f"b{number}".encode(), value))

    def pass_through(self, outputs: list[tuple[Outgoing, ...]]) -> int:
        """Posts a second through consumer and transactions alone."""
        settings = self.settings.model_copy(update={"group": f"{self.settings.group}-pass"})
        consumer = GroupConsumer(self._kafka, settings)
        transactions = Transactions(
            lambda: TransactionalProducer(self._kafka, settings.group, settings.transaction_timeout_ms)
        )
        transactions.open()
        clock, done = Clock(), 0
        while done < self._posts:
            records = consumer.poll(100, settings.batch_size)
            if records:
                sent = [record for at in range(done, done + len(records)) for record in outputs[at % len(outputs)]]
                offsets = {record.partition: record.offset + 1 for record in records}
                transactions.publish(sent, offsets, consumer.membership())
                done += len(records)
                clock.note(done)
        transactions.close()
        consumer.close()
        return clock.per_second()

    def worker(self, scorer: ScorerProtocol, status: Callable[[], ScorerStatus]) -> dict[str, Any]:
        """Posts a second of a real worker, microseconds a post in each stage, and resident memory before and after."""
        process, clock, stages = psutil.Process(), Clock(), {}
        before = process.memory_info().rss

        def watch(worker: Worker) -> None:
            while clock.done < self._posts:
                time.sleep(0.01)
                clock.note(int(_sample(worker, "jikimi_posts_total")))
            for stage in ("decode", "score", "publish"):
                seconds = _sample(worker, "jikimi_stage_seconds_sum", stage=stage)
                stages[stage] = round(1e6 * seconds / self._posts, 1)
            stages["records_in_a_batch"] = round(self._posts / _sample(worker, "jikimi_batches_total"))
            worker.stop()

        def on_start(worker: Worker, _: str) -> None:
            threading.Thread(target=watch, args=(worker,), daemon=True).start()

        code = run_worker(self._kafka, self.settings, scorer, status, on_start)
        if code:
            raise SystemExit(f"the worker ended with {code}")
        return {
            "worker": clock.per_second(),
            "worker_stages_us": stages,
            "worker_memory_mb": [round(each / 2**20) for each in (before, process.memory_info().rss)],
        }


class Clock:
    """Throughput from the first note to the last, so that starting and joining the group don't count."""

    def __init__(self) -> None:
        self.done = 0
        self._first: tuple[float, int] | None = None
        self._last = 0.0

    def note(self, done: int) -> None:
        """`done` posts so far."""
        if done > self.done:
            self.done, self._last = done, time.perf_counter()
            self._first = self._first or (self._last, done)

    def per_second(self) -> int:
        """Posts a second after the first note."""
        if self._first is None or self._last == self._first[0]:
            raise SystemExit("too few posts to measure; give more with --posts")
        return round((self.done - self._first[1]) / (self._last - self._first[0]))


def _encoder_alone(encoder: Encoder, values: list[bytes], batch_size: int) -> int:
    texts = [json.loads(value)["text"] for value in values]
    encoder.encode([normalise(each) for each in texts[:batch_size]])
    started = time.perf_counter()
    for at in range(0, len(texts), batch_size):
        encoder.encode([normalise(each) for each in texts[at : at + batch_size]])
    return round(len(texts) / (time.perf_counter() - started))


def _scorer_alone(
    scorer: ScorerProtocol, status: Callable[[], ScorerStatus], values: list[bytes], stream: Stream
) -> int:
    items, size = _items(values[:SCORED_ALONE], stream.topics), stream.settings.batch_size
    decide(scorer, items[:size], status())
    started = time.perf_counter()
    for at in range(0, len(items), size):
        decide(scorer, items[at : at + size], status())
    return round(len(items) / (time.perf_counter() - started))


def _items(values: list[bytes], topics: TopicNames) -> list[Item]:
    place = Partition(topics.posts, 0)
    return [
        decode(Record(place, at, 0, f"b{at}".encode(), value, ()), topics.feedback) for at, value in enumerate(values)
    ]


def _outputs(
    scorer: ScorerProtocol, status: Callable[[], ScorerStatus], values: list[bytes], stream: Stream
) -> list[tuple[Outgoing, ...]]:
    """What the worker publishes for the first of the posts, so that the pass-through moves the same bytes."""
    items = _items(values[:2_000], stream.topics)
    decisions = decide(scorer, items, status())
    return [outputs_of(*each, stream.topics, status()).records for each in zip(items, decisions, strict=True)]


def _scorer(name: str, encoder: Encoder) -> tuple[ScorerProtocol, Callable[[], ScorerStatus]]:
    if name == "encoder":
        return EncodingScorer(encoder), lambda: ScorerStatus(release="bench", bank="0-0")
    from jikimi.engine import fill, load_engine  # noqa: PLC0415  # not needed for the encoder alone

    engine = load_engine(load_settings())
    fill(engine, read_exemplars(SAMPLES / "exemplars.jsonl"))
    return engine.scorer, engine.status


def _values(posts: int) -> list[bytes]:
    lines = [
        json.loads(line) for path in sorted(SAMPLES.glob("*-*.jsonl")) for line in path.read_text().splitlines() if line
    ]
    texts = cycle([each for each in lines if "text" in each and not each["id"].startswith("ex-")])
    fields = ("community", "title", "text")
    numbered = zip(count(), islice(texts, posts))
    return [
        json.dumps(
            {"id": f"b{number}", **{key: post[key] for key in fields if post.get(key)}}, ensure_ascii=False
        ).encode()
        for number, post in numbered
    ]


def _sample(worker: Worker, name: str, **labels: str) -> float:
    return worker.metrics.registry.get_sample_value(name, labels) or 0.0


def _machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "processor": platform.machine(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "kafka_python": kafka.__version__,
        "torch": torch.__version__,
    }


def _save(given: argparse.Namespace, machine: dict[str, Any], results: dict[str, Any]) -> None:
    report = {"command": f"python -m bench.pipeline {' '.join(sys.argv[1:])}".strip(), "machine": machine, **results}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"pipeline-{given.scorer}.json"
    path.write_text(json.dumps({**report, "posts": given.posts}, indent=2) + "\n")
    print(json.dumps(report, indent=2), f"-> {path.name}", sep="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline", description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--scorer", choices=("shipped", "encoder"), default="shipped")
    parser.add_argument("--torch-threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
