"""A worker in a process of its own, with points at which it dies: `python -m … '{"kafka": …, "worker": …, "die": …}'`.

`die` is null or one of: "before_send", "before_commit", "after_commit" (SIGKILL by its own hand in the transaction number
`die_at`, from 1), or "never_ends": that commit waits for ever, as kafka-python's may. With `forget`
the scorer does not keep what it saw. Prints `ready` once it has its partitions, and, when it gets SIGUSR1, what it holds (see `Held`).
"""

import ctypes
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import psutil

from consumer import logs
from consumer.kafka import TransactionalProducer
from consumer.run import run_worker
from consumer.settings import KafkaSettings, WorkerSettings
from consumer.worker import Worker
from tests.integration.consumer.stream import STATUS, TinyScorer


def main() -> int:
    """Run the worker that the argument describes."""
    script: dict[str, Any] = json.loads(sys.argv[1])
    logs.configure()
    signal.signal(signal.SIGUSR1, lambda *_: print(json.dumps(held()._asdict()), flush=True))  # noqa: T201  # the test reads it
    if script.get("die"):
        _die_at(script["die"], script.get("die_at", 1))
    scorer = TinyScorer(script.get("seconds_per_batch", 0.0), remember=not script.get("forget"))
    return run_worker(
        KafkaSettings(**script["kafka"]), WorkerSettings(**script["worker"]), scorer, lambda: STATUS, _announce
    )


class Held(NamedTuple):
    """A process's memory: Python's small objects by number, bytes in use in the C heap, resident bytes."""

    objects: int
    c_heap: int
    resident: int


def held() -> Held:
    """Of this process, without garbage."""
    gc.collect()
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = _HeapInfo
    info = libc.mallinfo2()
    return Held(sys.getallocatedblocks(), info.uordblks + info.hblkhd, psutil.Process().memory_info().rss)


class _HeapInfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_: ClassVar = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


def _announce(worker: Worker, _: str) -> None:
    threading.Thread(target=_print_when_ready, args=(worker,), daemon=True).start()


def _print_when_ready(worker: Worker) -> None:
    while not worker.ready()["partitions"]:
        time.sleep(0.02)
    print("ready", flush=True)  # noqa: T201  # the test reads it


def _die_at(place: str, number: int) -> None:
    name = {"before_send": "begin"}.get(place, "commit")
    original: Callable[[TransactionalProducer], None] = getattr(TransactionalProducer, name)
    calls = 0

    def dying(producer: TransactionalProducer) -> None:
        nonlocal calls
        calls += 1
        if calls == number and place == "never_ends":
            threading.Event().wait()
        if calls == number and place != "after_commit":
            os.kill(os.getpid(), signal.SIGKILL)
        original(producer)
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(TransactionalProducer, name, dying)


if __name__ == "__main__":
    sys.exit(main())
