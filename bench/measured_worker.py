"""A real worker in processes of its own, watched through its metrics and through the processor time of each process."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psutil

from bench.scrape import Sample, scrape, value
from consumer.settings import KafkaSettings, WorkerSettings
from jikimi.local import ports
from jikimi.local.stack import Stack

LOOK_SECONDS = 0.25
START_LIMIT_SECONDS = 120.0
STAGES = ("decode", "score", "publish")
POSTS = "jikimi_posts_total"


class _Look(NamedTuple):
    """The worker at one moment: its metrics, and the processor seconds so far of each kind of process."""

    at: float
    samples: dict[Sample, float]
    cpu: dict[str, float]

    @property
    def posts(self) -> float:
        return value(self.samples, POSTS)


class MeasuredWorker:
    """A worker with the scorer named, on `servers`. Use it in a `with` block; the posts should be waiting for it."""

    def __init__(self, kafka: KafkaSettings, worker: WorkerSettings, scorer: str, servers: Stack, folder: Path) -> None:
        port = ports.claim(0, "the worker", "--posts")
        self._address, self._log = f"http://{ports.HOST}:{port}", folder / "worker.log"
        self._brokers = [psutil.Process(each.pid) for each in servers.servers]
        given = {
            "kafka": kafka.model_dump(),
            "worker": worker.model_copy(update={"health_port": port}).model_dump(),
            "scorer": scorer,
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker_process", json.dumps(given)],
                env={**os.environ, **servers.env},
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        if self._process.wait(60):
            print(self._log.read_text()[-2_000:], file=sys.stderr)

    def measure(self, posts: int) -> dict[str, Any]:
        """Wait until it has decided `posts`; how fast it was from the first look that saw any decided."""
        first = self._wait(1, START_LIMIT_SECONDS)
        last = self._wait(posts, 60 + posts / 100)
        done = last.posts - first.posts
        if done < posts / 2:
            raise SystemExit("too few posts to measure; give more with --posts")
        stages = {stage: self._per_post(first, last, done, "jikimi_stage_seconds_sum", stage) for stage in STAGES}
        cpu = {name: round(1e6 * (last.cpu[name] - first.cpu[name]) / done, 1) for name in last.cpu}
        return {
            "worker": round(done / (last.at - first.at)),
            "worker_stages_us": stages,
            "records_in_a_batch": round(done / (_grown(first, last, "jikimi_batches_total"))),
            "processor_us": cpu | {"all": round(sum(cpu.values()), 1)},
            "memory_mb": {
                "stream": round(value(last.samples, "process_resident_memory_bytes") / 1e6),
                "scorers": round(value(last.samples, "jikimi_scorer_memory_bytes") / 1e6),
            },
        }

    @staticmethod
    def _per_post(first: _Look, last: _Look, done: float, name: str, *labels: str) -> float:
        return round(1e6 * _grown(first, last, name, *labels) / done, 1)

    def _wait(self, posts: int, limit_seconds: float) -> _Look:
        deadline = time.monotonic() + limit_seconds
        while (look := self._look()) is None or look.posts < posts:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(
                    f"the worker did not decide {posts} posts; its log ends:\n{self._log.read_text()[-2_000:]}"
                )
            time.sleep(LOOK_SECONDS)
        return look

    def _look(self) -> _Look | None:
        try:
            samples = scrape(self._address)
        except OSError:
            return None
        stream = psutil.Process(self._process.pid)
        cpu = {
            "stream": _cpu(stream),
            "scorers": sum(map(_cpu, stream.children(recursive=True))),
            "kafka_and_redis": sum(map(_cpu, self._brokers)),
        }
        return _Look(time.perf_counter(), samples, cpu)


def _grown(first: _Look, last: _Look, name: str, *labels: str) -> float:
    return value(last.samples, name, *labels) - value(first.samples, name, *labels)


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)
