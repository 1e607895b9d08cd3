"""A Kafka and a Redis to break: own folder, fixed ports, a proxy before each; killed and started again at will."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from kafka import KafkaAdminClient

from consumer.settings import KafkaSettings
from jikimi.local import kafka, ports, process, redis
from jikimi.local.java import find_java
from tests.faults.proxy import Proxy


class Servers:
    """`direct` and `redis_url` go straight to the servers, `proxied` and `proxied_redis_url` through the proxies."""

    def __init__(self, folder: Path) -> None:
        """Claim ports and listen at the proxies; `start` starts the servers."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._port, self._inner_port, self._controller, self._redis_port = (
            ports.claim(0, "a server", "") for _ in "1234"
        )
        self.kafka_proxy, self.redis_proxy = Proxy(self._inner_port), Proxy(self._redis_port)
        self.direct = KafkaSettings(bootstrap_servers=f"{ports.HOST}:{self._port}", connect_timeout_ms=60_000)
        self.proxied = KafkaSettings(bootstrap_servers=f"{ports.HOST}:{self.kafka_proxy.port}")
        self.redis_url = f"redis://{ports.HOST}:{self._redis_port}/0"
        self.proxied_redis_url = f"redis://{ports.HOST}:{self.redis_proxy.port}/0"
        self._broker: process.ServerProcess | None = None
        self._redis: process.ServerProcess | None = None

    def start_broker(self) -> None:
        """Start Kafka on its folder, and wait until it answers."""
        java, classpath = find_java(), kafka.resolve_classpath()
        data, properties = self._folder / "kafka", self._folder / "kafka.properties"
        data.mkdir(exist_ok=True)
        properties.write_text(kafka.server_properties(data, self._port, self._controller) + self._listeners())
        if not (data / "meta.properties").exists():
            kafka._format(java, classpath, properties)
        command: list[str | Path] = [java, *kafka.HEAP, "-cp", classpath, "kafka.Kafka", properties]
        self._broker = process.start("Kafka", command, self._folder / "kafka.log")
        self._broker.wait_until(lambda: kafka._answers(self.direct.bootstrap_servers), kafka.START_LIMIT_SECONDS)

    def start_redis(self) -> None:
        """Start Redis on its folder, and wait until it answers."""
        self._redis = redis.start(self._folder, self._redis_port)

    def kill_broker(self) -> None:
        """SIGKILL; its folder stays."""
        _kill(self._broker)

    def kill_redis(self) -> None:
        """SIGKILL; its append-only file stays."""
        _kill(self._redis)

    def signal_broker(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._broker is not None:
            os.kill(self._broker.pid, number)

    def signal_redis(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._redis is not None:
            os.kill(self._redis.pid, number)

    @contextmanager
    def open_transactions(self) -> Iterator[Callable[[], set[str]]]:
        """Gives a function that tells the ids of the transactions now open at the broker (KIP-664), over one connection."""

        def ids() -> set[str]:
            found = client.list_transactions(state_filters=["Ongoing"])
            return {each.transactional_id for listed in found.values() for each in listed}

        with admin(self.direct) as client:
            yield ids

    def members_at_work(self, group: str) -> int:
        """How many members of a stable group have partitions; none while it forms."""
        with admin(self.direct) as client:
            found = client.describe_groups([group])[group]
        members = found["members"] if found["group_state"] == "Stable" else []
        return sum(bool(each["member_assignment"]["assigned_partitions"]) for each in members)

    def add_partition(self, topic: str) -> int:
        """One partition more; how many there are now."""
        with admin(self.direct) as client:
            (found,) = client.describe_topics([topic])
            count = len(found["partitions"]) + 1
            client.create_partitions({topic: count})
        return count

    def __enter__(self) -> Self:
        try:
            self.start_redis()
            self.start_broker()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Kill both servers and close the proxies; the folder is left."""
        _kill(self._broker)
        _kill(self._redis)
        self.kafka_proxy.close()
        self.redis_proxy.close()

    def _listeners(self) -> str:
        """A second listener, advertised at the proxy's port, for the workers; in a properties file the later line counts."""
        host = ports.HOST
        names = ("PLAINTEXT", "PROXIED", "CONTROLLER")
        places = zip(names, (self._port, self._inner_port, self._controller), strict=True)
        values = {
            "listeners": ",".join(f"{name}://{host}:{port}" for name, port in places),
            "advertised.listeners": f"PLAINTEXT://{host}:{self._port},PROXIED://{host}:{self.kafka_proxy.port}",
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in names),
            "inter.broker.listener.name": "PLAINTEXT",
            # A killed broker is taken back only after this time; the default of 9 s is an outage of Kafka's own making.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())


@contextmanager
def admin(settings: KafkaSettings) -> Iterator[Any]:
    """An admin client for one block."""
    client = KafkaAdminClient(bootstrap_servers=settings.bootstrap_servers, bootstrap_timeout_ms=10_000)
    try:
        yield client
    finally:
        client.close()


def _kill(server: process.ServerProcess | None) -> None:
    if server is not None and server.running():
        victim = psutil.Process(server.pid)
        victim.kill()
        victim.wait(10)
