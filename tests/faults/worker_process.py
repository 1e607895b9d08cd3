"""A worker in a process of its own around the tiny scorer.

`python -m tests.faults.worker_process '{"kafka": …, "worker": …, "redis_url": …, "snapshot": …, "seconds_per_post": …}'`
"""

import json
import sys
from functools import partial
from typing import Any

from consumer import logs
from consumer.run import run_isolated_worker
from consumer.settings import KafkaSettings, WorkerSettings
from tests.faults.scorer import STATUS, TinyScorer


def main() -> int:
    """Run the worker that the argument describes."""
    script: dict[str, Any] = json.loads(sys.argv[1])
    kafka, worker = KafkaSettings(**script.pop("kafka")), WorkerSettings(**script.pop("worker"))
    logs.configure()
    return run_isolated_worker(kafka, worker, partial(build, **script))


def build(redis_url: str | None, snapshot: str, seconds_per_post: float) -> Any:
    """The scorer, in the worker's child; torch is loaded only there, and only for a bank."""
    if redis_url is None:
        return TinyScorer(lambda: STATUS, seconds_per_post), lambda: STATUS
    from tests.faults.following import build as with_bank  # noqa: PLC0415

    return with_bank(redis_url, snapshot, seconds_per_post)


if __name__ == "__main__":
    sys.exit(main())
