"""How fast is the whole against its parts: `python -m bench.pipeline`. One run, one machine, the same posts for all.

*encoder alone* normalises and encodes the posts in one process on one core, in batches of a worker's size, and does nothing else.
*pass-through alone* is one process with no scorer: it consumes the posts and publishes records of the very sizes that the worker
publishes, by the worker's own consumer and transactions, one after the other; the broker works beside it on the other core.
*scorer alone* does, in one process on one core, all that a worker does between reading and publishing: both views and their
windows, matcher, features, head, policy. *worker* is a real one on a full topic: a stream process and `--scorers` children, whose
bank holds the sample exemplars from Redis. Broker and Redis run on the same cores. All are measured five times, the parts and the
worker by turns, and the median of each counts: a machine that others use as well must neither flatter the worker nor harm it.

Each is given in posts a second and, for the worker, in microseconds a post: the time that micro-batches spend in each stage (stages
overlap, and wait for cores), and the processor time of each process, whose sum bounds what the cores can do. `--scorer encoder` gives the
worker a scorer that encodes and allows: what the stream costs without matcher and head. Saves bench/results/pipeline-SCORER.json.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count, cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import kafka
import msgspec
import torch
from pydantic import SecretStr

from bench.measured_worker import MeasuredWorker
from bench.worker_process import EncodingScorer
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
from consumer.scoring import ScorerProtocol, ScorerStatus, decide
from consumer.settings import KafkaSettings, TopicNames, WorkerSettings
from consumer.transaction import Transactions
from contracts.exemplar import Exemplar
from embeddings.encoder import Encoder, load_encoder
from embeddings.normalise import normalise
from embeddings.settings import BankSettings, EncoderSettings
from embeddings.store import ExemplarStore
from jikimi.demo.records import sample_exemplars, sample_posts
from jikimi.demo.surroundings import ended_in_order, running_stack
from jikimi.engine import fill, load_engine, use_one_thread
from jikimi.local.stack import Stack
from jikimi.settings import load_settings

RESULTS = Path(__file__).with_name("results")
PARTITIONS = 4
SCORED_ALONE = 20_000
TURNS = 5
PARTS = ("encoder", "scorer", "pass_through")

Scoring = tuple[ScorerProtocol, Callable[[], ScorerStatus]]


def main() -> int:
    """Measure, print, save."""
    given, machine = _arguments(), _machine()
    use_one_thread()
    values = _values(given.posts)
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="jikimi-bench-")))
        servers = held.enter_context(running_stack(folder))
        with ExemplarStore(BankSettings(redis_url=SecretStr(servers.redis_url))) as store:
            store.put_many(msgspec.convert(sample_exemplars(), list[Exemplar]), "bench")
        stream = Stream(KafkaSettings(bootstrap_servers=servers.bootstrap_servers), folder, values, given.scorers)
        parts = _Parts(given.scorer, values, stream)
        turns = [parts.measure() | _worker(stream, given, servers, folder) for _ in range(TURNS)]
    results: dict[str, Any] = sorted(turns, key=lambda each: each["worker"])[TURNS // 2]
    results |= {part: median(each[part] for each in turns) for part in PARTS}
    results["turns"] = [{name: each[name] for name in (*PARTS, "worker")} for each in turns]
    for part in ("encoder", "scorer"):
        smaller = min(results[part], results["pass_through"])
        results[f"share_of_{part}_or_pass_through"] = round(results["worker"] / smaller, 3)
    _save(given, machine, results)
    return 0


def _worker(stream: "Stream", given: argparse.Namespace, servers: Stack, folder: Path) -> dict[str, Any]:
    """A worker in a group of its own, so that all posts wait for it."""
    settings = stream.settings.model_copy(update={"group": stream.fresh_group("worker")})
    with MeasuredWorker(stream.kafka, settings, given.scorer, servers, folder) as worker:
        return worker.measure(given.posts)


class _Parts:
    """What the worker is made of, each alone."""

    def __init__(self, scorer: str, values: list[bytes], stream: "Stream") -> None:
        self._scoring, self._encoder = _scoring(scorer), load_encoder(EncoderSettings())
        self._values, self._stream = values, stream
        self._outputs = _outputs(self._scoring, values, stream)

    def measure(self) -> dict[str, int]:
        """Posts a second of each."""
        return {
            "encoder": _encoder_alone(self._encoder, self._values, self._stream.settings.batch_size),
            "scorer": _scorer_alone(self._scoring, self._values, self._stream),
            "pass_through": self._stream.pass_through(self._outputs),
        }


class Stream:
    """Fresh topics on one broker, filled with the posts."""

    def __init__(self, kafka: KafkaSettings, folder: Path, values: list[bytes], scorers: int) -> None:
        self.kafka, self._posts = kafka, len(values)
        prefix = f"bench-{uuid.uuid4().hex[:8]}"
        self.topics = TopicNames(**{role: f"{prefix}.{role}" for role in TopicNames.model_fields})
        self.settings = WorkerSettings(
            group=prefix, topics=self.topics, slot_folder=str(folder / "slots"), scorers=scorers
        )
        create_topics(kafka, self.topics, PARTITIONS)
        with PlainProducer(kafka) as producer:
            for number, value in enumerate(values):
                producer.send(Outgoing(self.topics.posts, f"b{number}".encode(), value))

    def fresh_group(self, name: str) -> str:
        """A group that has read nothing."""
        return f"{self.settings.group}-{name}-{uuid.uuid4().hex[:4]}"

    def pass_through(self, outputs: list[tuple[Outgoing, ...]]) -> int:
        """Posts a second through consumer and transactions alone."""
        settings = self.settings.model_copy(update={"group": self.fresh_group("pass")})
        consumer = GroupConsumer(self.kafka, settings)
        transactions = Transactions(
            lambda: TransactionalProducer(self.kafka, settings.group, settings.transaction_timeout_ms)
        )
        transactions.open()
        started, first, done = 0.0, 0, 0
        while done < self._posts:
            records = consumer.poll(100, settings.batch_size)
            if records:
                sent = [record for at in range(done, done + len(records)) for record in outputs[at % len(outputs)]]
                offsets = {record.partition: record.offset + 1 for record in records}
                transactions.publish(sent, offsets, consumer.membership())
                done += len(records)
                if not started:  # joining the group doesn't count
                    started, first = time.perf_counter(), done
        spent = time.perf_counter() - started
        transactions.close()
        consumer.close()
        return round((done - first) / spent)


def _encoder_alone(encoder: Encoder, values: list[bytes], batch_size: int) -> int:
    texts = [json.loads(value)["text"] for value in values]
    encoder.encode([normalise(each) for each in texts[:batch_size]])
    started = time.perf_counter()
    for at in range(0, len(texts), batch_size):
        encoder.encode([normalise(each) for each in texts[at : at + batch_size]])
    return round(len(texts) / (time.perf_counter() - started))


def _scorer_alone(scoring: Scoring, values: list[bytes], stream: Stream) -> int:
    scorer, status = scoring
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


def _outputs(scoring: Scoring, values: list[bytes], stream: Stream) -> list[tuple[Outgoing, ...]]:
    """What the worker publishes for the first of the posts, so that the pass-through moves the same bytes."""
    scorer, status = scoring
    items = _items(values[:2_000], stream.topics)
    decisions = decide(scorer, items, status())
    return [outputs_of(*each, stream.topics, status()).records for each in zip(items, decisions, strict=True)]


def _scoring(name: str) -> Scoring:
    if name == "encoder":
        return EncodingScorer(), lambda: ScorerStatus(release="bench", bank="0-0")
    engine = load_engine(load_settings())
    fill(engine, msgspec.convert(sample_exemplars(), list[Exemplar]))
    return engine.scorer, engine.status


def _values(posts: int) -> list[bytes]:
    fields = ("community", "title", "text")
    return [
        json.dumps(
            {"id": f"b{number}", **{key: post[key] for key in fields if post.get(key)}}, ensure_ascii=False
        ).encode()
        for number, post in zip(count(), islice(cycle(sample_posts()), posts))
    ]


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
    report = {
        "command": f"python -m bench.pipeline {' '.join(sys.argv[1:])}".strip(),
        "machine": machine,
        "posts": given.posts,
        "scorers": given.scorers,
        **results,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"pipeline-{given.scorer}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2), f"-> {path.name}", sep="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline", description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--scorer", choices=("shipped", "encoder"), default="shipped")
    parser.add_argument("--scorers", type=int, default=WorkerSettings().scorers, help="children that score")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
