"""A Redis of the test's own that is killed, stopped, frozen and started again, and what becomes of the bank."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embeddings.bank import Bank
from embeddings.errors import BankError
from embeddings.follower import BankFollower
from embeddings.server import check_server
from embeddings.store import ExemplarStore
from jikimi.local import ports, process, redis
from tests.integration.embeddings.tools import VIEWS, eventually, following, settings, store
from tests.unit.embeddings.bank_tools import exemplar, matches_of


class OwnRedis:
    """A server with its own folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.claim(0, "Redis", "")
        self.url = f"redis://{ports.HOST}:{self.port}/0"
        self.server: process.ServerProcess = redis.start(folder, self.port)

    def kill(self) -> None:
        """SIGKILL; the append-only file stays."""
        victim = psutil.Process(self.server.pid)
        victim.kill()
        victim.wait(10)

    def start(self) -> None:
        """Start it again on the same folder."""
        self.server = redis.start(self.folder, self.port)

    def freeze(self, number: signal.Signals) -> None:
        """SIGSTOP: it takes connections and answers nothing; SIGCONT ends that."""
        os.kill(self.server.pid, number)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnRedis]:
    """One for one test."""
    server = OwnRedis(tmp_path)
    try:
        yield server
    finally:
        if server.server.running():
            server.freeze(signal.SIGCONT)
        server.server.stop()


def test_killed_and_started_again_the_bank_catches_up(own: OwnRedis) -> None:
    """Held and marked while Redis is away; what was acknowledged before is there after; then changes are followed again."""
    with store(own.url) as writer:
        writer.put(exemplar("a"), "kim")
        with following(own.url) as (bank, follower):
            own.kill()
            assert eventually(lambda: bank.degraded)
            assert "can't be reached" in str(follower.trouble)
            assert matches_of(bank, exemplar().text)
            own.start()
            writer.put(exemplar("b"), "kim")
            assert eventually(lambda: bank.size == 2)
            assert eventually(lambda: not bank.degraded)
            assert follower.trouble is None


def test_a_frozen_redis_holds_up_nothing(own: OwnRedis) -> None:
    """Calls end at their limit, the bank is matched meanwhile, and it recovers."""
    bank = Bank()
    with store(own.url) as writer, ExemplarStore(settings(own.url, timeout_seconds=0.3)) as source:
        writer.put(exemplar("a"), "kim")
        with BankFollower(source, VIEWS, bank) as follower:
            own.freeze(signal.SIGSTOP)
            assert eventually(lambda: bank.degraded)
            assert "in time" in str(follower.trouble)
            assert matches_of(bank, exemplar().text)
            own.freeze(signal.SIGCONT)
            assert eventually(lambda: not bank.degraded)


def test_a_short_time_limit_is_not_mistaken_for_a_slow_server(own: OwnRedis) -> None:
    """Waiting for changes takes less than the limit of a call, whatever that is."""
    bank = Bank()
    with (
        store(own.url) as writer,
        ExemplarStore(settings(own.url, timeout_seconds=0.6)) as source,
        BankFollower(source, VIEWS, bank) as follower,
    ):
        assert not eventually(lambda: follower.trouble is not None, 1.5)
        writer.put(exemplar("a"), "kim")
        assert eventually(lambda: bank.size == 1)


def test_started_without_redis_the_snapshot_serves(own: OwnRedis, tmp_path: Path) -> None:
    """Marked, at the position of before; once Redis is back, it catches up from there."""
    snapshot = tmp_path / "snapshots" / "bank.npz"
    with store(own.url) as writer:
        writer.put(exemplar("a"), "kim")
        writer.set_max_action("review", "kim")
        with following(own.url, snapshot) as (before, _):
            assert before.size == 1
        own.kill()
        with following(own.url, snapshot) as (bank, follower):
            assert (bank.size, bank.degraded, bank.max_action) == (1, True, "review")
            assert bank.position == before.position
            assert matches_of(bank, exemplar().text)
            own.start()
            writer.put(exemplar("b"), "kim")
            assert eventually(lambda: bank.size == 2 and not bank.degraded)
            assert follower.trouble is None


def test_started_with_a_snapshot_of_another_history_the_snapshot_stays(own: OwnRedis, tmp_path: Path) -> None:
    """Redis was emptied while the worker was down: starting again is not asking for an empty bank."""
    snapshot = tmp_path / "bank.npz"
    with store(own.url) as writer:
        writer.put(exemplar("a"), "kim")
        with following(own.url, snapshot) as (bank, _):
            assert bank.size == 1
        writer.client.flushdb()
        with following(own.url, snapshot) as (bank, follower):
            assert (bank.size, bank.degraded) == (1, True)
            assert "emptied" in str(follower.trouble)
            writer.accept("boss")
            assert eventually(lambda: not bank.degraded)
            assert bank.size == 0


def test_started_without_redis_and_snapshot_it_is_refused(own: OwnRedis, tmp_path: Path) -> None:
    """With the address and the mend, and no thread left behind; a damaged snapshot is none."""
    own.kill()
    (tmp_path / "bank.npz").write_bytes(b"PK damaged")
    for snapshot in (None, tmp_path / "bank.npz"):
        with (
            pytest.raises(BankError, match=rf"{own.port}/0 can't be reached.*no snapshot"),
            following(own.url, snapshot),
        ):
            pytest.fail("it started")


def test_a_server_as_the_local_stack_starts_it_draws_no_warning(own: OwnRedis) -> None:
    """Append-only, fsync always, no eviction; without append-only, and with a lazier fsync, there is a warning each."""
    with store(own.url) as opened:
        assert check_server(opened) == []
        opened.client.config_set("appendfsync", "everysec")
        assert ["appendfsync" in warning for warning in check_server(opened)] == [True]
        opened.client.config_set("appendonly", "no")
        assert ["append-only is off" in warning for warning in check_server(opened)] == [True]


def test_a_worker_that_may_only_read_still_works(own: OwnRedis) -> None:
    """By ACL it may not write: vectors it makes stay its own, and nothing is degraded."""
    with ExemplarStore(settings(own.url)) as writer:
        writer.put(exemplar("a"), "kim")
        writer.client.acl_setuser(
            "reader", enabled=True, passwords=["+pass"], keys=["{jikimi}:*"], categories=["+@read", "+@connection"],
            commands=["+multi", "+exec", "+watch", "+unwatch"],
        )  # fmt: skip
        url = own.url.replace("//", "//reader:pass@")
        with following(url) as (bank, follower):
            assert (bank.size, bank.degraded, follower.trouble) == (1, False, None)
            writer.put(exemplar("b"), "kim")
            assert eventually(lambda: bank.size == 2)
            assert not bank.degraded
        with store(url) as forbidden, pytest.raises(BankError, match="ACL"):
            forbidden.put(exemplar("c"), "kim")
