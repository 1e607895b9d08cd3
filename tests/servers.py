"""Where the tests' Kafka and Redis come from: an address given, else containers, else the local stack."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from jikimi.local import ports, stack
from jikimi.local.kafka import KAFKA_VERSION, wait_until_answers

KAFKA_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
REDIS_IMAGE = "redis:7-bookworm"
BOOTSTRAP_VARIABLE = "JIKIMI_TEST_BOOTSTRAP_SERVERS"
REDIS_VARIABLE = "JIKIMI_TEST_REDIS_URL"
START_LIMIT_SECONDS = 60


@dataclass(frozen=True)
class Servers:
    """Addresses for the whole test run, and who gave them."""

    bootstrap_servers: str
    redis_url: str
    kind: str


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """The servers of this test run, stopped at its end unless they were given."""
    given = os.environ.get(BOOTSTRAP_VARIABLE), os.environ.get(REDIS_VARIABLE)
    if given[0] and given[1]:
        yield Servers(given[0], given[1], "given")
    elif engine_has(KAFKA_IMAGE, REDIS_IMAGE):
        with containers() as started:
            yield started
    else:
        local = stack.up(folder, 0, 0)
        try:
            yield Servers(local.bootstrap_servers, local.redis_url, "local stack")
        finally:
            stack.down(folder, delete_data=True)


def engine_has(*images: str) -> bool:
    """Whether a Docker engine answers and holds all of `images`; nothing is pulled."""
    try:
        client = docker.from_env(timeout=5)
    except docker.errors.DockerException:
        return False
    try:
        return all(client.images.get(image) for image in images)
    except docker.errors.DockerException:
        return False
    finally:
        client.close()


@contextmanager
def containers() -> Iterator[Servers]:
    """Kafka and Redis in containers of their own."""
    # The reaper is an image more; both containers are stopped here in any case.
    testcontainers_config.ryuk_disabled = True
    with ExitStack() as running:
        redis = running.enter_context(DockerContainer(REDIS_IMAGE).with_exposed_ports(6379))
        port = ports.claim(0, "Kafka", BOOTSTRAP_VARIABLE)
        kafka = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
        for name, value in _kafka_variables(port).items():
            kafka = kafka.with_env(name, value)
        running.enter_context(kafka)
        bootstrap = f"localhost:{port}"
        wait_until_answers(bootstrap, START_LIMIT_SECONDS)
        yield Servers(bootstrap, f"redis://localhost:{redis.get_exposed_port(6379)}/0", "containers")


def _kafka_variables(port: int) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,INNER://:9094,CONTROLLER://:9093",
        # The broker writes transaction markers to itself by an advertised address; the outer one leads nowhere from inside.
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:{port},INNER://localhost:9094",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INNER",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS": "1000",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
