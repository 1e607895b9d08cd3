"""Short runs of the fault suite; `python -m bench.faults` makes the long ones. Each breaks a Kafka and a Redis of its own."""

from pathlib import Path

import pytest

from consumer.settings import TopicNames
from tests.faults import inject
from tests.faults.load import Plan
from tests.faults.run import Options, Result, Run
from tests.faults.schedule import Fault
from tests.faults.scorer import HANG, NAN, RAISE

pytestmark = pytest.mark.timeout(
    600
)  # servers start, load and faults take their time, on two cores shared with the tests


def run(options: Options, folder: Path) -> Result:
    """The result of a run, which must have moved something."""
    result = Run(options, folder).execute()
    assert result.records["decisions"] > 500
    assert result.records["dead_letters"] > 20
    return result


def test_workers_and_broker_are_killed_frozen_and_doubled(tmp_path: Path) -> None:
    """SIGKILL in a transaction, a zombie that wakes after its session, a twin on one slot, a killed broker: none lost, none double."""
    faults = [
        Fault(4.0, "worker-kill", "worker-0", 0.0),
        Fault(10.0, "worker-stop", "worker-1", 12.0),
        Fault(16.0, "partitions-add", "kafka", 0.0),
        Fault(26.0, "worker-twin", "worker-0", 4.0),
        Fault(36.0, "broker-kill", "kafka", 0.5),
        Fault(38.0, "kafka-cut", "kafka", 0.0),
    ]
    options = Options(
        seed=1,
        seconds=50.0,
        rate=lambda _: 150.0,
        workers=2,
        partitions=4,
        session_timeout_ms=6_000,
        faults=faults,
        bank=False,
    )
    result = run(options, tmp_path)
    assert [each for each in result.violations if "stalled" not in each] == []
    assert len(result.faults) == len(faults)
    assert result.exits["-9"] == 1


def test_a_killed_worker_does_not_cost_its_session_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its successor takes it out of the group and settles its transaction, so readers wait for a start, not for two minutes."""
    monkeypatch.setattr(inject, "OPEN_TRANSACTION_SECONDS", 15.0)  # one kill only, which must fall into a transaction
    faults = [Fault(3.0, "worker-kill", "worker-0", 0.0)]
    options = Options(
        seed=2,
        seconds=20.0,
        rate=lambda _: 150.0,
        workers=2,
        partitions=2,
        session_timeout_ms=120_000,
        faults=faults,
        bank=False,
    )
    result = run(options, tmp_path)
    assert result.violations == []
    assert result.kills_in_a_transaction == 1
    assert result.longest_stall_seconds < 60.0


def test_poisonous_texts_go_to_review(tmp_path: Path) -> None:
    """The scorer raises, gives NaN or hangs on one text in a thousand each: those are reviewed, and no worker ends or leaves."""
    poison = {RAISE: 1_000, NAN: 1_000, HANG: 1_000}
    limits = {"score_batch_limit_seconds": 5.0, "score_post_limit_seconds": 3.0}
    options = Options(
        seed=3, seconds=20.0, rate=lambda _: 150.0, workers=2, partitions=2, poison=poison, settings=limits, bank=False
    )
    planned = Plan(3, TopicNames(), poison)
    words = [planned.record(number).outgoing.value or b"" for number in range(2_000)]
    assert all(any(word.encode() in each for each in words) for word in poison), "the seed must plan one of each"
    result = run(options, tmp_path)
    assert [each for each in result.violations if "stalled" not in each] == []
    assert result.exits == {}


def test_redis_is_killed_stopped_filled_emptied_and_cut(tmp_path: Path) -> None:
    """Decisions go on; afterwards Redis and the bank of every worker hold what the moderator saved, no more and no less."""
    faults = [
        Fault(3.0, "redis-kill", "redis", 1.0),
        Fault(8.0, "redis-stop", "redis", 4.0),
        Fault(16.0, "redis-full", "redis", 3.0),
        Fault(22.0, "redis-empty", "redis", 3.0),
        Fault(28.0, "redis-cut", "redis", 0.0),
        Fault(30.0, "redis-slow", "redis", 3.0),
        Fault(31.0, "worker-kill", "worker-0", 0.0),
    ]
    options = Options(seed=4, seconds=45.0, rate=lambda _: 150.0, workers=2, partitions=2, faults=faults)
    result = run(options, tmp_path)
    assert [each for each in result.violations if "stalled" not in each] == []
    assert result.exemplars > 20
    assert result.refused_changes > 0
    assert result.exits == {"-9": 1}
