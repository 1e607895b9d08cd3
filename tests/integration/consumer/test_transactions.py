"""Each defect of the Kafka client that the transaction object must survive, on a real broker."""

import uuid
from collections.abc import Iterator

import crc32c
import pytest
from kafka import KafkaAdminClient
from kafka.record.util import _crc32c

from consumer.errors import FencedError, TransactionFailedError
from consumer.kafka import GroupConsumer, Outgoing, Partition, TransactionalProducer, group_lag
from consumer.kafka.types import Membership
from consumer.transaction import Transactions
from tests.integration.consumer.stream import Stream, wait_until


@pytest.fixture
def member(stream: Stream) -> Iterator[GroupConsumer]:
    """A consumer that is a member of the group and has its partitions."""
    consumer = GroupConsumer(stream.kafka, stream.settings)
    wait_until(lambda: consumer.poll(100, 1) == [] and consumer.membership().joined, 30)
    yield consumer
    consumer.close()


def committed(stream: Stream) -> dict[Partition, int | None]:
    """The group's committed offsets on the posts topic."""
    return {
        each.partition: each.committed for each in group_lag(stream.kafka, stream.settings.group, [stream.topics.posts])
    }


def records(stream: Stream, *values: bytes) -> list[Outgoing]:
    """Records for the decisions topic."""
    return [Outgoing(stream.topics.decisions, b"key", value) for value in values]


def decided(stream: Stream) -> list[bytes | None]:
    """Committed values on the decisions topic."""
    return [each.value for each in stream.read(stream.topics.decisions)]


def commit_alone(stream: Stream, value: bytes) -> None:
    """One record in a transaction of another producer."""
    producer = stream.producer()
    producer.begin()
    producer.send(Outgoing(stream.topics.decisions, b"key", value))
    producer.flush()
    producer.commit()
    producer.close()


def opener(stream: Stream, transactional_id: str, timeout_ms: int = 10_000) -> Transactions:
    """Transactions of one transactional id."""
    return Transactions(lambda: TransactionalProducer(stream.kafka, transactional_id, timeout_ms))


def test_records_and_offsets_are_committed_together(stream: Stream, member: GroupConsumer) -> None:
    """The plain good case."""
    transactions = opener(stream, stream.settings.group)
    place = Partition(stream.topics.posts, 0)
    transactions.publish(records(stream, b"one"), {place: 3}, member.membership())
    transactions.close()
    assert decided(stream) == [b"one"]
    assert committed(stream)[place] == 3


def test_a_failed_offset_commit_does_not_leak_into_the_next(stream: Stream, member: GroupConsumer) -> None:
    """A1: a stale generation fails; the next transaction commits its own offsets and nothing of the failed one."""
    transactions = opener(stream, stream.settings.group)
    now = member.membership()
    mine, stale = Partition(stream.topics.posts, 0), Partition(stream.topics.posts, 1)
    with pytest.raises(TransactionFailedError):
        transactions.publish(records(stream, b"lost"), {stale: 44}, now._replace(generation=now.generation + 7))
    transactions.publish(records(stream, b"kept"), {mine: 5}, now)
    transactions.close()
    assert decided(stream) == [b"kept"]
    assert committed(stream) == {mine: 5, stale: None}


def test_an_unjoined_member_may_not_commit(stream: Stream) -> None:
    """A7: the broker would accept generation -1 with an empty member, so it is refused before it gets there."""
    transactions = opener(stream, stream.settings.group)
    with pytest.raises(ValueError, match="unfenced"):
        transactions.publish([], {}, Membership(stream.settings.group, -1, ""))


def test_a_consumer_that_is_not_in_the_group_says_so(stream: Stream) -> None:
    """Before the first join the membership can't be adopted."""
    consumer = GroupConsumer(stream.kafka, stream.settings)
    assert not consumer.membership().joined
    consumer.close()


def test_a_record_that_the_broker_refuses_fails_the_transaction(stream: Stream, member: GroupConsumer) -> None:
    """A2: a record that did not arrive is noticed before the commit; nothing of the transaction is readable."""
    topic = f"small-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=stream.kafka.bootstrap_servers)
    admin.create_topics(
        {topic: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "2000"}}},
        wait_for_metadata=True,
    )
    admin.close()
    transactions = opener(stream, stream.settings.group)
    place = Partition(stream.topics.posts, 0)
    with pytest.raises(TransactionFailedError):
        transactions.publish(
            [*records(stream, b"with it"), Outgoing(topic, b"k", b"x" * 10_000)], {place: 3}, member.membership()
        )
    transactions.publish(records(stream, b"after"), {place: 1}, member.membership())
    transactions.close()
    assert decided(stream) == [b"after"]
    assert committed(stream)[place] == 1


def test_a_transaction_that_the_broker_ended_never_seems_committed(stream: Stream, member: GroupConsumer) -> None:
    """A3: more records after the broker timed the transaction out are refused, and the commit does not come to be."""
    producer = TransactionalProducer(stream.kafka, stream.settings.group, transaction_timeout_ms=1_000)
    producer.begin()
    for record in records(stream, b"early"):
        producer.send(record)
    producer.flush()
    commit_alone(stream, b"marker")
    wait_until(lambda: decided(stream) == [b"marker"], 30)

    class Late:
        """Goes on with the transaction that is over."""

        def __init__(self) -> None:
            self.begin = lambda: None
            self.send, self.send_offsets, self.flush = producer.send, producer.send_offsets, producer.flush
            self.unacknowledged, self.commit = producer.unacknowledged, producer.commit
            self.abort, self.close = producer.abort, producer.close

    transactions = Transactions(Late)
    with pytest.raises(FencedError):
        transactions.publish(records(stream, b"late"), {Partition(stream.topics.posts, 0): 9}, member.membership())
    assert decided(stream) == [b"marker"]
    assert committed(stream)[Partition(stream.topics.posts, 0)] is None


def test_a_fenced_process_stops_and_does_not_steal_the_id(stream: Stream, member: GroupConsumer) -> None:
    """A8: the older of two on one slot gets FencedError, also where it sends; the newer goes on undisturbed."""
    old, new = opener(stream, stream.settings.group), opener(stream, stream.settings.group)
    place = Partition(stream.topics.posts, 0)
    old.publish(records(stream, b"old"), {place: 1}, member.membership())
    new.publish(records(stream, b"new"), {place: 2}, member.membership())
    with pytest.raises(FencedError, match="slot"):
        old.publish(records(stream, b"zombie"), {place: 9}, member.membership())
    new.publish(records(stream, b"newer"), {place: 3}, member.membership())
    new.close()
    assert decided(stream) == [b"old", b"new", b"newer"]
    assert committed(stream)[place] == 3


def test_a_fenced_process_in_mid_transaction(stream: Stream) -> None:
    """A8: a zombie whose records are on their way when it is fenced fails there, and the newer's transaction commits."""
    old = TransactionalProducer(stream.kafka, stream.settings.group, 10_000)
    old.begin()
    old.send(Outgoing(stream.topics.decisions, b"key", b"before"))
    old.flush()
    new = TransactionalProducer(stream.kafka, stream.settings.group, 10_000)
    new.begin()
    new.send(Outgoing(stream.topics.decisions, b"key", b"new"))
    new.flush()
    old.send(Outgoing(stream.topics.decisions, b"key", b"zombie"))
    old.flush()
    assert len(old.unacknowledged()) == 1
    new.send(Outgoing(stream.topics.decisions, b"key", b"newer"))
    new.flush()
    assert new.unacknowledged() == []
    new.commit()
    old.close()
    new.close()
    assert decided(stream) == [b"new", b"newer"]


def test_taking_over_frees_readers_at_once(stream: Stream) -> None:
    """Rule 7: a transaction left open is ended by the next holder of its id, long before its time-out."""
    left = TransactionalProducer(stream.kafka, stream.settings.group, 60_000)
    left.begin()
    left.send(Outgoing(stream.topics.decisions, b"key", b"open"))
    left.flush()
    heir = opener(stream, stream.settings.group, 60_000)
    heir.open()
    commit_alone(stream, b"behind")
    wait_until(lambda: decided(stream) == [b"behind"], 20)
    left.close()
    heir.close()


def test_the_clients_are_set_as_measured(stream: Stream, member: GroupConsumer) -> None:
    """A9, A13 and rule 8: what the settings of the clients must be, for speed and for what the other rules lean on."""
    producer = stream.producer()
    settings, consumer = producer._producer.config, member._consumer.config
    assert settings["retry_backoff_ms"] <= 5
    assert 256 * 1024 <= settings["batch_size"] <= 1024 * 1024
    assert settings["delivery_timeout_ms"] > settings["linger_ms"] + settings["request_timeout_ms"]
    assert settings["request_timeout_ms"] < settings["transaction_timeout_ms"], "a frozen broker is noticed in time"
    assert consumer["isolation_level"] == "read_committed"
    assert not consumer["enable_auto_commit"]
    assert consumer["fetch_max_wait_ms"] <= 50, "a fetch without news holds up the posts of other partitions"
    assert all(each["bootstrap_timeout_ms"] == stream.kafka.connect_timeout_ms for each in (settings, consumer))
    assert _crc32c is crc32c.crc32c, "checksums in pure Python cost three times as much"
    producer.close()


def test_short_polls_lose_no_join(stream: Stream) -> None:
    """A10: a join that outlives a poll is not forgotten: a member polled in 1 ms steps has all partitions after they grow."""
    consumer = GroupConsumer(stream.kafka, stream.settings)
    admin = KafkaAdminClient(bootstrap_servers=stream.kafka.bootstrap_servers)
    for partitions in (3, 4, 5):
        admin.create_partitions({stream.topics.posts: partitions})
        consumer._consumer._cluster.request_update()

        def grown(wanted: int = partitions) -> bool:
            consumer.poll(1, 1)
            ours = [each for each in consumer.assigned() if each.topic == stream.topics.posts]
            return len(ours) == wanted and consumer.membership().joined

        wait_until(grown, 30)
    consumer.close()
    admin.close()
