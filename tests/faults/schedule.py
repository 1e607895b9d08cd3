"""Which fault comes when: drawn from a seed, so that a run can be told and repeated."""

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

Kind = Literal[
    "worker-kill",  # SIGKILL, in the middle of a transaction where one is found open
    "worker-term",  # SIGTERM: it must finish, commit and leave
    "worker-stop",  # SIGSTOP past the session time-out, then SIGCONT: the zombie must be fenced
    "worker-twin",  # a second live process with the same slot, as from another host: one of the two must end
    "broker-kill",  # SIGKILL, started again on the same folder and port
    "broker-stop",  # SIGSTOP for some seconds
    "redis-kill",  # SIGKILL, started again with its append-only file
    "redis-stop",  # SIGSTOP for some seconds
    "redis-full",  # maxmemory 1: every write is refused
    "redis-empty",  # FLUSHALL, then the operator's import of what was exported
    "kafka-cut",  # the workers' connections are reset
    "kafka-refuse",  # and new ones too, for some seconds
    "kafka-slow",  # every piece waits
    "redis-cut",
    "redis-slow",
    "partitions-add",  # to the posts topic
]


class Draw(NamedTuple):
    """How often a kind comes (weight), how long it lasts and how long its target then rests, in seconds."""

    weight: int
    seconds: tuple[float, float]
    rest: float


KINDS: dict[Kind, Draw] = {
    "worker-kill": Draw(30, (0.0, 0.0), 6.0),
    "worker-term": Draw(12, (0.0, 0.0), 6.0),
    "worker-stop": Draw(10, (12.0, 16.0), 10.0),
    "worker-twin": Draw(4, (6.0, 6.0), 10.0),
    "broker-kill": Draw(3, (0.0, 1.0), 40.0),
    "broker-stop": Draw(3, (2.0, 6.0), 20.0),
    "redis-kill": Draw(6, (0.0, 2.0), 6.0),
    "redis-stop": Draw(6, (2.0, 6.0), 6.0),
    "redis-full": Draw(4, (2.0, 4.0), 6.0),
    "redis-empty": Draw(3, (2.0, 4.0), 10.0),
    "kafka-cut": Draw(6, (0.0, 0.0), 6.0),
    "kafka-refuse": Draw(4, (1.0, 4.0), 10.0),
    "kafka-slow": Draw(4, (2.0, 5.0), 6.0),
    "redis-cut": Draw(4, (0.0, 0.0), 4.0),
    "redis-slow": Draw(4, (2.0, 5.0), 4.0),
    "partitions-add": Draw(1, (0.0, 0.0), 60.0),
}
GAP_SECONDS = (1.0, 6.0)
LOADING_GAP_SECONDS = (5.0, 20.0)  # for workers that take ten seconds and more to load: they are to be met at work
WARM_UP_SECONDS = 5.0
CALM_SECONDS = 20.0  # after the last fault, before the load ends


class Fault(NamedTuple):
    """One fault: begins `at` seconds after the start, lasts `seconds`, on `target` (`worker-1`, `broker`, `redis`, …)."""

    at: float
    kind: Kind
    target: str
    seconds: float

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:7.1f} s  {self.kind} {self.target}{lasting}"


def schedule(
    seed: int,
    seconds: float,
    workers: int,
    kinds: Sequence[Kind] = tuple(KINDS),
    gap_seconds: tuple[float, float] = GAP_SECONDS,
) -> list[Fault]:
    """Faults in order of time; no target has two at once, and all are over `CALM_SECONDS` before `seconds`."""
    draw = random.Random(seed)  # noqa: S311  # reproducible, not secret
    weights = [KINDS[kind].weight for kind in kinds]
    busy: dict[str, float] = {}
    faults: list[Fault] = []
    at = WARM_UP_SECONDS
    while True:
        at += draw.uniform(*gap_seconds)
        kind = draw.choices(kinds, weights)[0]
        lasting = round(draw.uniform(*KINDS[kind].seconds), 1)
        target = _target(kind, draw, workers)
        if at + lasting > seconds - CALM_SECONDS:
            return faults
        if at >= busy.get(target, 0.0):
            faults.append(Fault(round(at, 1), kind, target, lasting))
            busy[target] = at + lasting + KINDS[kind].rest


def _target(kind: Kind, draw: random.Random, workers: int) -> str:
    name, _, _ = kind.partition("-")
    targets = {"worker": f"worker-{draw.randrange(workers)}", "broker": "kafka", "partitions": "kafka"}
    return targets.get(name, name)
