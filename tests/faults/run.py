"""One run: servers, workers, load and faults; then drain, read back, check."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr

from consumer.errors import KafkaError
from consumer.kafka import create_topics
from consumer.settings import TopicNames, WorkerSettings
from embeddings.settings import BankSettings
from jikimi.local import ports
from tests.faults.banks import late_banks, release_of
from tests.faults.checker import SHOWN, Progress, bank_differences
from tests.faults.fleet import Fleet
from tests.faults.inject import Injector
from tests.faults.load import Load, Plan
from tests.faults.moderator import Moderator
from tests.faults.readback import ReadBack, progress, read_back
from tests.faults.schedule import Fault, Kind
from tests.faults.servers import Servers
from tests.faults.watch import Stall, Watch

GROUP = "faults"
START_LIMIT_SECONDS = 240.0
STALL_GRACE_SECONDS = 10.0  # a committed reader may wait for the session time-out and this, not longer
STALLS_KEPT = 5
OUTAGES: tuple[Kind, ...] = ("broker-kill", "broker-stop", "kafka-refuse")  # nobody can commit while these last


@dataclass(frozen=True)
class Options:
    """What a run is to be. `rate` gives the records a second at a time after the start; `settings` are the workers'
    own; without `bank` they follow none, and start faster; `real` takes `jikimi worker` with the shipped release for the tiny scorer.
    """

    seed: int
    seconds: float
    rate: Callable[[float], float]
    workers: int = 3
    partitions: int = 6
    session_timeout_ms: int = 10_000
    drain_limit_seconds: float = 180.0
    faults: Sequence[Fault] = ()
    poison: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds_per_post: float = 0.0
    bank: bool = True
    real: bool = False


@dataclass(frozen=True)
class Result:
    """What a run gave. `violations` is empty where all is well; times in seconds after the start of the load."""

    seed: int
    seconds: float
    workers: int
    session_timeout_seconds: float
    records: dict[str, int]
    faults: dict[str, int]
    kills_in_a_transaction: int
    aborted_decisions: int
    resent_records: int
    exemplars: int
    refused_changes: int
    findings: dict[str, int]
    violations: list[str]
    longest_stall_seconds: float
    longest_stall_with_kafka_there_seconds: float
    slowest_record_seconds: float
    stalls: list[str]
    drain_seconds: float
    exits: dict[str, int]
    memory_mib: dict[str, dict[str, float]]
    events: list[str]

    def as_json(self) -> str:
        """For a file."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


class _End(NamedTuple):
    """The state when the load has ended."""

    started: float
    acknowledged: int
    drain_seconds: float
    memory: dict[str, dict[str, float]]
    stalls: list[Stall]
    exemplars: int
    bank: list[str]
    codes: dict[str, int]


class Run:
    """Everything of one run in `folder`; `execute` it once."""

    def __init__(self, options: Options, folder: Path, say: Callable[[str], None] = print) -> None:
        self.options, self.folder, self._say = options, folder, say
        self.topics = TopicNames()
        self.plan = Plan(options.seed, self.topics, dict(options.poison), real=options.real)
        self.servers = Servers(folder)
        self.ports = {f"worker-{number}": ports.claim(0, "a worker", "") for number in range(options.workers)}
        self.fleet = Fleet({name: self.command(name) for name in self.ports}, folder / "logs")
        self.watch = Watch(self.servers.direct, self.topics)
        self.load = Load(self.servers.direct, self.plan, options.rate)
        self.moderator = Moderator(BankSettings(redis_url=SecretStr(self.servers.redis_url)))
        self.injector = Injector(
            self.servers,
            self.fleet,
            transactional_id=lambda name: f"{GROUP}-{name}",
            twin_command=lambda name: self.command(name, twin=True),
            add_partition=self._add_partition,
            restore_bank=self.moderator.restore,
        )

    def command(self, slot: str, *, twin: bool = False) -> list[str]:
        """What starts a worker with that slot, or its twin on another host."""
        settings = WorkerSettings(
            group=GROUP,
            topics=self.topics,
            slot=slot,
            slot_folder=str(self.folder / ("slots-of-another-host" if twin else "slots")),
            session_timeout_ms=self.options.session_timeout_ms,
            health_port=0 if twin else self.ports[slot],
        ).model_copy(update=dict(self.options.settings))
        snapshot = str(self.folder / f"{slot}{'-twin' * twin}.snapshot")
        if self.options.real:
            return _real_command(self.servers, settings, snapshot)
        script = {
            "kafka": self.servers.proxied.model_dump(),
            "worker": settings.model_dump(),
            "redis_url": self.servers.proxied_redis_url if self.options.bank else None,
            "snapshot": snapshot,
            "seconds_per_post": self.options.seconds_per_post,
        }
        return [sys.executable, "-m", "tests.faults.worker_process", json.dumps(script)]

    def execute(self) -> Result:
        """Carry it out and check it."""
        with ExitStack() as held:
            held.enter_context(self.servers)
            create_topics(self.servers.direct, self.topics, self.options.partitions)
            self.fleet.start()
            held.callback(self.fleet.stop)
            held.callback(self.moderator.close)
            self.watch.start()
            self.moderator.start()
            self.load.start()
            self._wait_until_all_move()
            started, memory = time.monotonic(), self.fleet.memory()
            self.injector.run(self.options.faults, started, self._say)
            time.sleep(max(0.0, started + self.options.seconds - time.monotonic()))
            end = self._end(started, memory)
            found = read_back(self.servers.direct, self.topics, self.plan, GROUP)
        found.report.bank += end.bank
        return self._result(found, end)

    def _wait_until_all_move(self) -> None:
        """Workers start, the group forms: the clock begins once each has its partitions and records of every one come through."""
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while (
            len(self.watch.meter.moving) < self.options.partitions
            or self.servers.members_at_work(GROUP) < self.options.workers
        ):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the workers decided nothing within {START_LIMIT_SECONDS:.0f} s: {self.fleet.exits}"
                )
            time.sleep(0.1)
        self.watch.meter.reset()

    def _end(self, started: float, memory_at_start: dict[str, float]) -> _End:
        acknowledged = self.load.stop()
        drain = self._drain()
        memory = {"start": memory_at_start, "end": self.fleet.memory()}
        saved = self.moderator.stop()
        bank = bank_differences(saved, self.moderator.held())
        if self.options.bank:
            bank += late_banks(self.ports, self._sample(saved))
        stalls = self.watch.stop()
        self._say(f"drained in {drain:.1f} s; the longest stall was {stalls[0].seconds if stalls else 0.0:.1f} s")
        return _End(started, acknowledged, drain, memory, stalls, len(saved), bank, self.fleet.stop())

    def _sample(self, saved: Mapping[str, str]) -> str:
        """The line of a worker's metrics that says that its bank is as saved."""
        if self.options.real:
            return f"jikimi_bank_exemplars {float(len(saved))}"
        return f'jikimi_release_info{{release="{release_of(saved)}"}} 1.0'

    def _drain(self) -> float:
        """Wait until the group is at the ends; the seconds it took, or the limit."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < self.options.drain_limit_seconds:
            try:
                if all(each.committed == each.end for each in self._progress() if each.end):
                    return waited
            except KafkaError:
                pass
            time.sleep(0.5)
        return self.options.drain_limit_seconds

    def _progress(self) -> list[Progress]:
        return progress(self.servers.direct, self.topics, GROUP)

    def _add_partition(self) -> int:
        count = self.servers.add_partition(self.topics.posts)
        self.watch.partitions_changed()
        return count

    def _result(self, found: ReadBack, end: _End) -> Result:
        options, done = self.options, self.injector.done
        longest = end.stalls[0].seconds if end.stalls else 0.0
        outages = [(end.started + each.began, end.started + each.ended) for each in done if each.fault.kind in OUTAGES]
        net = max([each.without(outages) for each in end.stalls], default=0.0)
        return Result(
            seed=options.seed,
            seconds=options.seconds,
            workers=options.workers,
            session_timeout_seconds=options.session_timeout_ms / 1000,
            records=found.records,
            faults=dict(Counter(each.fault.kind for each in done)),
            kills_in_a_transaction=sum(each.note == "in a transaction" for each in done),
            aborted_decisions=found.aborted,
            resent_records=self.load.resent,
            exemplars=end.exemplars,
            refused_changes=self.moderator.refused,
            findings={name: len(each) for name, each in found.report.findings.items()},
            violations=self._violations(found, end, net),
            longest_stall_seconds=round(longest, 1),
            longest_stall_with_kafka_there_seconds=round(net, 1),
            slowest_record_seconds=round(self.watch.meter.slowest, 1),
            stalls=[
                f"{each.seconds:.1f} s from {each.at - end.started:.1f} s on in {each.partition}"
                for each in end.stalls[:STALLS_KEPT]
            ],
            drain_seconds=round(end.drain_seconds, 1),
            exits={str(code): count for code, count in Counter(each.code for each in self.fleet.exits).items()},
            memory_mib={when: {name: round(mib, 1) for name, mib in each.items()} for when, each in end.memory.items()},
            events=self._events(end.started),
        )

    def _violations(self, found: ReadBack, end: _End, stall: float) -> list[str]:
        limit = self.options.session_timeout_ms / 1000 + STALL_GRACE_SECONDS
        lost = set(range(end.acknowledged)) - found.numbers
        checks = {
            "the checker found something or had nothing to check": found.report.ok,
            f"{len(lost)} acknowledged records are on no source topic": not lost,
            f"a committed reader stalled for {stall:.1f} s while Kafka was there, the limit is {limit:.0f}": stall
            <= limit,
            f"the workers did not reach the end within {self.options.drain_limit_seconds:.0f} s": end.drain_seconds
            < self.options.drain_limit_seconds,
            f"a worker did not end well on SIGTERM: {end.codes}": not any(end.codes.values()),
        }
        findings = [f"{name}: {each}" for name, list_ in found.report.findings.items() for each in list_[:SHOWN]]
        return [name for name, holds in checks.items() if not holds] + self.injector.failed + findings

    def _events(self, started: float) -> list[str]:
        """Faults and exits in order of time."""
        faults = [(each.began, f"{each.fault}  {each.note}".rstrip()) for each in self.injector.done]
        exits = [
            (each.at - started, f"{each.at - started:7.1f} s  {each.name} ended with {each.code}")
            for each in self.fleet.exits
        ]
        return [text for _, text in sorted(faults + exits)]


def _real_command(servers: Servers, settings: WorkerSettings, snapshot: str) -> list[str]:
    """`jikimi worker` with what differs from its defaults in variables, as an operator would start it."""
    own = settings.model_dump(exclude_defaults=True, exclude={"topics"})
    variables = {
        "KAFKA__BOOTSTRAP_SERVERS": servers.proxied.bootstrap_servers,
        "BANK__REDIS_URL": servers.proxied_redis_url,
        "BANK__SNAPSHOT": snapshot,
        **{f"WORKER__{name.upper()}": str(value) for name, value in own.items()},
    }
    return [
        "env",
        *(f"JIKIMI_{name}={value}" for name, value in variables.items()),
        sys.executable,
        "-m",
        "jikimi",
        "worker",
    ]
