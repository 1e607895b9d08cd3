"""Fixtures for all tests: real servers, started once for the run."""

import signal
import sys
from collections.abc import Iterator
from itertools import count

import pytest
import redis

from tests.servers import Servers, servers


def pytest_configure() -> None:
    """End on SIGTERM as on Ctrl-C, so that a test run cut off by `timeout` leaves no servers behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Started in the background, a shell's children ignore Ctrl-C, and so would every command that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def running_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Kafka and Redis for the whole run; a missing server is a failure, never a skip."""
    with servers(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture(scope="session")
def kafka(running_servers: Servers) -> str:
    """Bootstrap servers of a real Kafka. Tests name their own topics and groups, so nothing needs cleaning."""
    return running_servers.bootstrap_servers


@pytest.fixture
def redis_url(running_servers: Servers) -> Iterator[str]:
    """An empty database of a real Redis for one test; emptied again at its end, others are not touched."""
    base = running_servers.redis_url.rpartition("/")[0]
    for number in count(1):
        url = f"{base}/{number}"
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                yield url
                client.flushdb()
                return


def pytest_report_header() -> str:
    """Where the servers will come from."""
    return "servers: an address given by environment, else containers, else the local stack"
