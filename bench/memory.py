"""Whether a worker's memory stays flat: `python -m bench.memory`. One real worker with the shipped release and a Kafka and Redis of its own.

Rounds of 100,000 posts, then rounds of posts of nearly 1 MB, as large as Kafka takes; after each round, what the stream process and
the scoring processes hold by the worker's own metrics. Saves bench/results/memory.json; exit code 1 where a limit is passed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import msgspec

from bench.scrape import scrape, value
from consumer.kafka import Outgoing, PlainProducer, create_topics
from consumer.settings import KafkaSettings, TopicNames
from contracts.codec import encode
from contracts.post import Post
from jikimi.demo.surroundings import ended_in_order, running_stack, running_worker
from jikimi.samples import SAMPLE_POSTS, SAMPLES
from jikimi.settings import load_settings

RESULTS = Path(__file__).with_name("results")
GROWTH_LIMIT_MB = 1.0  # per 100,000 posts, after the rounds of warming up
LARGE_GROWTH_LIMIT_MB = 16.0  # between rounds of large posts: one fetch
LARGE_CHARACTERS = 340_000  # of three bytes each
LARGE_POSTS = 300
DECIDED_LIMIT_SECONDS = 1_800.0
QUIET_SECONDS = 3.0
MEMORY = ("process_resident_memory_bytes", "jikimi_scorer_memory_bytes")


class Load:
    """Posts into one worker, a round at a time."""

    def __init__(self, kafka: KafkaSettings, address: str) -> None:
        self._kafka, self._address, self._sent = kafka, address, 0
        self._texts = [
            json.loads(line)["text"] for name in SAMPLE_POSTS for line in (SAMPLES / name).read_text().splitlines()
        ]

    def round(self, count: int, padding: str = "") -> list[float]:
        """Publish `count` posts, wait until all are decided; what the stream and the scoring processes then hold, in MB."""
        posts = self._posts(padding)
        with PlainProducer(self._kafka) as producer:
            for post in islice(posts, count):
                producer.send(post)
        deadline = time.monotonic() + DECIDED_LIMIT_SECONDS
        while (decided := value(scrape(self._address), "jikimi_posts_total")) < self._sent:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{decided:.0f} of {self._sent} posts were decided")
            time.sleep(0.5)
        time.sleep(QUIET_SECONDS)
        found = scrape(self._address)
        held = [round(value(found, name) / 1e6, 1) for name in MEMORY]
        print(f"{self._sent} posts: {held} MB", flush=True)
        return held

    def _posts(self, padding: str) -> Iterator[Outgoing]:
        while True:
            post_id = f"m{self._sent}"
            text = f"{self._texts[self._sent % len(self._texts)]} {self._sent}{padding}"
            self._sent += 1
            yield Outgoing(TopicNames().posts, post_id.encode(), encode(Post(id=post_id, text=text)))


def main() -> int:
    """Measure, print, save."""
    given = _arguments()
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="jikimi-bench-")))
        servers = held.enter_context(running_stack(folder))
        kafka = KafkaSettings(bootstrap_servers=servers.bootstrap_servers)
        create_topics(kafka, TopicNames(), 4)
        worker = held.enter_context(running_worker(load_settings(), servers, folder))
        load = Load(kafka, worker.address)
        warm = [load.round(given.posts) for _ in range(given.warm_up)]
        rounds = [load.round(given.posts) for _ in range(given.rounds)]
        large = [load.round(LARGE_POSTS, "가" * LARGE_CHARACTERS) for _ in range(given.rounds)]
    return _report(given, warm, rounds, large)


def _report(
    given: argparse.Namespace, warm: list[list[float]], rounds: list[list[float]], large: list[list[float]]
) -> int:
    growth = (sum(rounds[-1]) - sum(warm[-1])) / (given.rounds * given.posts) * 100_000
    large_growth = sum(large[-1]) - sum(large[0])
    result = {
        "cpus": os.cpu_count(),
        "posts_in_a_round": given.posts,
        "stream_and_scorer_mb_after_each_round": {"warm_up": warm, "measured": rounds, "large_posts": large},
        "large_posts_in_a_round": LARGE_POSTS,
        "growth_mb_per_100000_posts": round(growth, 2),
        "growth_mb_over_rounds_of_large_posts": round(large_growth, 1),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "memory.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    print(json.dumps(result))
    return int(growth > GROWTH_LIMIT_MB or large_growth > LARGE_GROWTH_LIMIT_MB)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000, help="posts in a round")
    parser.add_argument("--warm-up", type=int, default=3, help="rounds before what is measured")
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
