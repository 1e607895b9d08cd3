"""`jikimi status` on a real Kafka and a real Redis."""

import json
from typing import Any

from pydantic import SecretStr

from contracts.exemplar import Exemplar
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from tests.integration.consumer.stream import STATUS, Stream
from tests.integration.jikimi.cli import Cli


def status(cli: Cli, code: int = 0) -> dict[str, Any]:
    """What it says to a program."""
    found: dict[str, Any] = json.loads(cli.run("status", "--json", code=code).stdout)
    return found


def test_it_shows_workers_lag_and_what_was_decided(cli: Cli, stream: Stream) -> None:
    """Before the first worker posts wait and it exits 1; with one they are decided, by a release that it names."""
    stream.publish_posts(3)
    before = status(cli, code=1)
    assert (before["group"]["workers"], before["lag"][stream.topics.posts]) == ([], 3)
    assert "no worker" in before["problems"][0]
    with stream.worker():
        stream.wait_for_outcomes(3)
        found = status(cli)
        assert found["group"]["state"] == "Stable"
        [worker] = found["group"]["workers"]
        assert worker["client_id"].startswith(f"{cli.name}-")
        assert len(worker["partitions"]) == 4
        assert found["lag"] == {stream.topics.posts: 0, stream.topics.feedback: 0}
        assert sum(found["lag_by_partition"].values()) == 0
        decisions = found["decisions"]
        assert (decisions["looked_at"], decisions["actions"]) == (3, {"allow": 3})
        assert (decisions["releases"], decisions["bank"]) == ({STATUS.release: 3}, STATUS.bank)
        shown = cli.run("status").stdout
        assert "Stable, 1 worker" in shown
        assert f"{STATUS.release} 3" in shown


def test_it_shows_the_bank_and_the_kill_switch(cli: Cli, stream: Stream, redis_url: str) -> None:
    """Read from Redis, so before any worker has met it."""
    with stream.worker():
        assert status(cli)["max_action"] == "hide"
        assert "kill switch" not in cli.run("status").stdout
        with ExemplarStore(BankSettings(redis_url=SecretStr(redis_url))) as store:
            store.put(Exemplar(id="e", text="당일 지급 알바 모집합니다", label="job"), "test")
        cli.run("policy", "set", "max_action", "review")
        found = status(cli)
        assert (found["max_action"], found["bank"]["exemplars"], found["bank"]["version"]) == ("review", 1, 2)
        assert "review, the kill switch is on" in cli.run("status").stdout


def test_a_server_that_is_away_does_not_hide_the_other(cli: Cli, stream: Stream) -> None:
    """The one moment at which the command is needed most."""
    right, nowhere = dict(cli.environment), "127.0.0.1:1"
    with stream.worker():
        cli.environment["JIKIMI_BANK__REDIS_URL"] = f"redis://{nowhere}"
        found = status(cli, code=1)
        assert (found["bank"], found["group"]["state"]) == (None, "Stable")
        assert nowhere in found["problems"][0]
        cli.environment = {
            **right,
            "JIKIMI_KAFKA__BOOTSTRAP_SERVERS": nowhere,
            "JIKIMI_KAFKA__CONNECT_TIMEOUT_MS": "500",
        }
        shown = cli.run("status", code=1)
        assert "max_action" in shown.stdout
        assert "no answer from Kafka" in shown.stderr
