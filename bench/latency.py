"""From produced to readable by a committed reader: `python -m bench.latency`. One real worker with the shipped release.

First its capacity: posts are sent faster than it decides them, and what it decides a second after the last one was sent counts.
Then `jikimi load` at 25 and 50 % of that. Broker, worker, generator and reader share this machine. Saves bench/results/latency.json.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from consumer.kafka import PlainProducer, Reader, create_topics
from consumer.settings import KafkaSettings, TopicNames
from contracts.exemplar import Exemplar
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from jikimi.demo.records import sample_exemplars
from jikimi.demo.surroundings import ended_in_order, running_stack, running_worker
from jikimi.load.posts import Posts
from jikimi.load.run import Matcher, run_load
from jikimi.settings import load_settings

RESULTS = Path(__file__).with_name("results")
PARTITIONS = 4
SHARES = (0.25, 0.5)
ALL_AT_ONCE = 1e6  # posts a second: more than anything here can send
WARM_UP_SECONDS = 5.0


def main() -> int:
    """Measure, print, save."""
    given, topics = _arguments(), TopicNames()
    gc.freeze()  # a full collection of what is imported here would stop generator and reader for a tenth of a second
    machine = {"cpus": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="jikimi-bench-")))
        servers = held.enter_context(running_stack(folder))
        kafka = KafkaSettings(bootstrap_servers=servers.bootstrap_servers)
        create_topics(kafka, topics, PARTITIONS)
        with ExemplarStore(BankSettings(redis_url=SecretStr(servers.redis_url))) as store:
            store.put_many(msgspec.convert(sample_exemplars(), list[Exemplar]), "bench")
        held.enter_context(running_worker(load_settings(), servers, folder))
        capacity = _capacity(kafka, topics, given.posts)
        runs = [_at(share, capacity, kafka, topics, given.seconds) for share in SHARES]
    _save({"machine": machine, "capacity_per_second": round(capacity), "at_share_of_capacity": runs})
    return 0


def _capacity(kafka: KafkaSettings, topics: TopicNames, count: int) -> float:
    """Posts a second that the worker decides with a backlog and nobody sending."""
    posts, stop = Posts(topics.posts, ALL_AT_ONCE, count), threading.Event()
    with (
        PlainProducer(kafka) as producer,
        Reader(kafka, topics.decisions, "end") as reader,
        ThreadPoolExecutor(1) as threads,
    ):
        matcher = Matcher(posts, reader)
        matching = threads.submit(matcher.run, stop)
        try:
            posts.send(producer, lambda _: None)
            started, before = time.monotonic(), matcher.decided
            while matcher.decided < count and not matching.done():
                time.sleep(0.02)
            spent = time.monotonic() - started
        finally:
            stop.set()
            matching.result()
    if before > count / 2:
        raise SystemExit(f"only {count - before} of {count} posts were left when all were sent; give more with --posts")
    return (count - before) / spent


def _at(share: float, capacity: float, kafka: KafkaSettings, topics: TopicNames, seconds: float) -> dict[str, Any]:
    run_load(kafka, topics, share * capacity, WARM_UP_SECONDS)
    report = run_load(kafka, topics, share * capacity, seconds)
    print(f"{share:.0%}: {report}", flush=True)
    return {"share": share, **asdict(report), "drop_rate": report.drop_rate}


def _save(results: dict[str, Any]) -> None:
    report = {"command": " ".join(["python -m bench.latency", *sys.argv[1:]]), **results}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latency.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--posts", type=int, default=40_000, help="to measure the capacity with")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load at each share")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
