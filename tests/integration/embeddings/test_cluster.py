"""The bank on a Redis cluster of one node: every change and load goes through the cluster client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from embeddings.bank import Bank
from embeddings.follower import BankFollower
from embeddings.server import check_server
from embeddings.store import ExemplarStore
from jikimi.local import ports, process
from jikimi.local.redis import find_redis_server
from tests.integration.embeddings.tools import VIEWS, eventually, settings
from tests.unit.embeddings.bank_tools import exemplar

_HIGHEST_PORT = 55_536  # the nodes speak to each other at the port 10,000 higher


@pytest.fixture
def cluster_url(tmp_path: Path) -> Iterator[str]:
    """A cluster whose one node holds all 16,384 slots."""
    port = next(port for port in iter(lambda: ports.claim(0, "a cluster", ""), None) if port < _HIGHEST_PORT)
    options = {"port": port, "bind": ports.HOST, "dir": tmp_path, "save": "", "cluster-enabled": "yes"}
    command: list[str | Path] = [
        find_redis_server(),
        *(f"{part}" for key, value in options.items() for part in (f"--{key}", value)),
    ]
    server = process.start("Redis", command, tmp_path / "redis.log")
    client = redis.Redis(host=ports.HOST, port=port)
    try:
        assert eventually(lambda: _answers(client))
        client.execute_command("CLUSTER ADDSLOTS", *range(16_384))  # type: ignore[no-untyped-call]
        assert eventually(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")  # type: ignore[no-untyped-call]
        yield f"redis://{ports.HOST}:{port}/0"
    finally:
        client.close()
        server.stop()


def test_the_bank_works_on_a_cluster(cluster_url: str) -> None:
    """Put, follow, disable, remove, policy and check."""
    wanted = settings(cluster_url, cluster=True)
    bank = Bank()
    with ExemplarStore(wanted, VIEWS) as store, ExemplarStore(wanted) as source:
        store.put_many([exemplar(f"e{number}") for number in range(3)], "kim")
        with BankFollower(source, VIEWS, bank):
            assert bank.size == 3
            store.put(exemplar("more"), "kim")
            store.disable("e0", "kim")
            store.remove("e1", "kim")
            store.set_max_action("review", "kim")
            assert eventually(lambda: bank.max_action == "review")
            assert {each.id for each in bank.contents()[0]} == {"e2", "more"}
            assert not bank.degraded
        assert {each.id for each in store.exemplars()} == {"e0", "e2", "more"}
        assert any("append-only" in warning for warning in check_server(store))


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
