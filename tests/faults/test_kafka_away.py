"""A broker of its own that is killed and started again: what a worker without posts notices, and calls that must come back."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.errors import EXIT_FAILED, EXIT_STUCK
from consumer.kafka import Outgoing, TransactionalProducer
from consumer.kafka.admin import remove_members
from consumer.worker import Worker
from tests.faults.servers import Servers
from tests.integration.consumer.stream import Stream, new_stream, wait_until
from tests.integration.consumer.test_exactly_once import assert_exactly_once, wait_ready

pytestmark = pytest.mark.timeout(600)  # servers are started again and again

CALL_LIMIT_SECONDS = 120.0  # far over every time-out of the client: what has not come back by then never does


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """A new Kafka; the Redis beside it is not needed."""
    made = Servers(tmp_path / "servers")
    try:
        made.start_broker()
        yield made
    finally:
        made.stop()


@pytest.fixture
def stream(servers: Servers, tmp_path: Path) -> Iterator[Stream]:
    """Topics on that Kafka."""
    with new_stream(servers.direct.bootstrap_servers, tmp_path / "slots") as made:
        yield made


def lag_lines(worker: Worker) -> list[str]:
    """The lag as the metrics tell it."""
    return [line for line in worker.metrics_text().decode().splitlines() if line.startswith("jikimi_lag_records{")]


def test_a_new_broker_has_no_predecessor_to_remove(servers: Servers) -> None:
    """Its first question about a group is answered as on any other broker: nobody is there."""
    assert remove_members(servers.direct, "jikimi", "jikimi-0") == 0


def test_an_idle_worker_notices_that_kafka_is_away(servers: Servers, stream: Stream) -> None:
    """Ready without a single post, and its lag known; not ready once heartbeats stay unanswered; ready again, and at work."""
    with stream.worker() as worker:
        wait_until(lambda: all(worker.ready().values()), 60)
        wait_until(lambda: len(lag_lines(worker)) == 4, 10)
        assert all(line.endswith(" 0.0") for line in lag_lines(worker))
        servers.kill_broker()
        wait_until(lambda: not worker.ready()["kafka"], 60)
        assert 'jikimi_ready{check="kafka"} 0.0' in worker.metrics_text().decode().splitlines()
        servers.start_broker()
        wait_until(lambda: all(worker.ready().values()), 120)
        stream.publish_posts(10)
        stream.wait_for_outcomes(10)


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.5])
def test_a_transactional_call_comes_back_when_the_broker_was_killed_before_it(
    seconds: float, servers: Servers, stream: Stream
) -> None:
    """A4: whatever the call finds, it returns or raises once the broker is there again; nobody waits for ever."""
    producer = TransactionalProducer(stream.kafka, stream.settings.group, 12_000)
    producer.begin()
    producer.send(Outgoing(stream.topics.decisions, b"key", b"value"))
    producer.flush()
    servers.kill_broker()
    time.sleep(seconds)
    ended: list[str] = []

    def commit() -> None:
        try:
            producer.commit()
            ended.append("committed")
        except Exception as error:  # noqa: BLE001  # any end is one
            ended.append(type(error).__name__)

    caller = threading.Thread(target=commit, daemon=True)
    caller.start()
    time.sleep(1.0)
    servers.start_broker()
    caller.join(CALL_LIMIT_SECONDS)
    assert ended, "the call hangs"
    producer.close()
    heir = TransactionalProducer(stream.kafka, stream.settings.group, 12_000)
    heir.close()
    assert [each.value for each in stream.read(stream.topics.decisions)] == [b"value"] * (ended == ["committed"])


def test_a_worker_that_cannot_publish_for_too_long_ends(servers: Servers, stream: Stream) -> None:
    """With an error, or by the watchdog where the client hangs; what it held is read again by the next, and decided once."""
    changes = {"outage_limit_seconds": 5.0, "publish_limit_seconds": 15.0, "batch_size": 10}
    stream.settings = stream.settings.model_copy(update=changes)
    process = stream.process(seconds_per_batch=0.3)
    wait_ready(process)
    stream.publish_posts(400)
    stream.wait_for_outcomes(20)
    servers.kill_broker()
    assert process.wait(120) in {EXIT_FAILED, EXIT_STUCK}
    servers.start_broker()
    with stream.worker():
        stream.wait_for_outcomes(400)
    assert_exactly_once(stream, 400)
