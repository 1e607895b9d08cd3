"""Carries a schedule out."""

import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import kafka.errors
import redis

from tests.faults.fleet import Fleet
from tests.faults.schedule import Fault, Kind
from tests.faults.servers import Servers

OPEN_TRANSACTION_SECONDS = 6.0  # how long an open transaction is looked for before a worker is killed anyway
SLOW_SECONDS = 0.1
TWIN_EXIT_SECONDS = 30.0


class Done(NamedTuple):
    """A fault that was carried out: when it began and ended (seconds after the start), and what was seen."""

    fault: Fault
    began: float
    ended: float
    note: str


class Injector:
    """Runs each fault of a schedule at its time, in a thread of its own."""

    def __init__(
        self,
        servers: Servers,
        fleet: Fleet,
        *,
        transactional_id: Callable[[str], str],
        twin_command: Callable[[str], Sequence[str]],
        add_partition: Callable[[], int],
        restore_bank: Callable[[], str],
    ) -> None:
        """The callables: a worker's transactional id and the command of its twin, by its name; one more partition of
        the posts topic; the operator's import after Redis was emptied.
        """
        self._servers, self._fleet = servers, fleet
        self._transactional_id, self._twin_command = transactional_id, twin_command
        self._restore_bank = restore_bank
        self.done: list[Done] = []
        self.failed: list[str] = []
        self._acts: dict[Kind, Callable[[Fault], str]] = {
            "worker-kill": self._kill_worker,
            "worker-term": lambda fault: self._signal(fault, signal.SIGTERM),
            "worker-stop": self._stop_worker,
            "worker-twin": self._twin,
            "broker-kill": self._kill_broker,
            "broker-stop": self._stop_broker,
            "redis-kill": self._kill_redis,
            "redis-stop": self._stop_redis,
            "redis-full": self._fill_redis,
            "redis-empty": self._empty_redis,
            "kafka-cut": lambda _: self._cut(servers.kafka_proxy.cut),
            "kafka-refuse": self._refuse,
            "kafka-slow": lambda fault: self._slow(fault, servers),
            "redis-cut": lambda _: self._cut(servers.redis_proxy.cut),
            "redis-slow": lambda fault: self._slow(fault, servers),
            "partitions-add": lambda _: f"{add_partition()} partitions",
        }

    def run(self, faults: Sequence[Fault], started: float, say: Callable[[str], None]) -> None:
        """Carry out `faults`, timed from `started` (monotonic seconds), and return when the last is over."""
        threads = []
        for fault in faults:
            time.sleep(max(0.0, started + fault.at - time.monotonic()))
            thread = threading.Thread(target=self._one, args=(fault, started, say), daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _one(self, fault: Fault, started: float, say: Callable[[str], None]) -> None:
        began = time.monotonic() - started
        try:
            note = self._acts[fault.kind](fault)
        except Exception as error:  # noqa: BLE001  # a fault that can't be carried out must fail the run, not vanish
            self.failed.append(f"{fault}: {type(error).__name__}: {error}")
            note = "NOT CARRIED OUT"
        self.done.append(Done(fault, began, time.monotonic() - started, note))
        say(f"{fault}  {note}".rstrip())

    def _kill_worker(self, fault: Fault) -> str:
        """Freeze it; if the broker holds an open transaction of its, kill it frozen, else let it go on and try again."""
        name = self._transactional_id(fault.target)
        found = False
        with suppress(kafka.errors.KafkaError), self._servers.open_transactions() as open_ids:
            deadline = time.monotonic() + OPEN_TRANSACTION_SECONDS
            while not found and time.monotonic() < deadline:
                self._fleet.signal(fault.target, signal.SIGSTOP)
                found = name in open_ids()
                if not found:
                    self._fleet.signal(fault.target, signal.SIGCONT)
                    time.sleep(random.uniform(0.005, 0.03))  # noqa: S311
        self._fleet.signal(fault.target, signal.SIGKILL)
        return "in a transaction" if found else "in no transaction"

    def _signal(self, fault: Fault, number: signal.Signals) -> str:
        self._fleet.signal(fault.target, number)
        return ""

    def _stop_worker(self, fault: Fault) -> str:
        self._fleet.signal(fault.target, signal.SIGSTOP)
        time.sleep(fault.seconds)
        self._fleet.signal(fault.target, signal.SIGCONT)
        return ""

    def _twin(self, fault: Fault) -> str:
        """Two live processes on one slot: the later fences the earlier, whose restart fences the twin."""
        twin = self._fleet.spawn_beside(f"{fault.target}-twin", self._twin_command(fault.target))
        with suppress(TimeoutError):
            _wait(lambda: twin.poll() is not None, fault.seconds)
        twin.terminate()
        try:
            _wait(lambda: twin.poll() is not None, TWIN_EXIT_SECONDS)
        except TimeoutError:
            twin.kill()
        return f"the twin ended with {twin.wait()}"

    def _kill_broker(self, fault: Fault) -> str:
        self._servers.kill_broker()
        time.sleep(fault.seconds)
        started = time.monotonic()
        self._servers.start_broker()
        return f"answers again {time.monotonic() - started:.1f} s after its start"

    def _stop_broker(self, fault: Fault) -> str:
        self._servers.signal_broker(signal.SIGSTOP)
        time.sleep(fault.seconds)
        self._servers.signal_broker(signal.SIGCONT)
        return ""

    def _kill_redis(self, fault: Fault) -> str:
        self._servers.kill_redis()
        time.sleep(fault.seconds)
        self._servers.start_redis()
        return ""

    def _stop_redis(self, fault: Fault) -> str:
        self._servers.signal_redis(signal.SIGSTOP)
        time.sleep(fault.seconds)
        self._servers.signal_redis(signal.SIGCONT)
        return ""

    def _fill_redis(self, fault: Fault) -> str:
        with redis.Redis.from_url(self._servers.redis_url) as client:
            client.config_set("maxmemory", 1)
            time.sleep(fault.seconds)
            client.config_set("maxmemory", 0)
        return ""

    def _empty_redis(self, fault: Fault) -> str:
        with redis.Redis.from_url(self._servers.redis_url) as client:
            client.flushall()
        time.sleep(fault.seconds)
        return self._restore_bank()

    def _cut(self, act: Callable[[], None]) -> str:
        act()
        return ""

    def _refuse(self, fault: Fault) -> str:
        with self._servers.kafka_proxy.refusing():
            time.sleep(fault.seconds)
        return ""

    def _slow(self, fault: Fault, servers: Servers) -> str:
        proxy = servers.kafka_proxy if fault.target == "kafka" else servers.redis_proxy
        with proxy.slowed(SLOW_SECONDS):
            time.sleep(fault.seconds)
        return ""


def _wait(holds: Callable[[], bool], limit_seconds: float) -> None:
    deadline = time.monotonic() + limit_seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)
