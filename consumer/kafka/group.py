"""The worker's consumer: a member of the group that never commits by itself."""

import time

from kafka import KafkaConsumer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CorruptRecordError, RetriableError, UnsupportedCodecError
from kafka.errors import KafkaError as ClientError
from kafka.structs import MemberState, TopicPartition

from consumer.errors import KafkaError, UnreadableBatchError
from consumer.kafka.config import CLOSE_SECONDS, connection, readable_errors
from consumer.kafka.types import Membership, Partition, Record
from consumer.settings import KafkaSettings, WorkerSettings

UNJOINED = -1
JOIN_POLL_MS = 500
FETCH_WAIT_MS = 25  # the client asks a broker one thing at a time: a fetch without news holds up the next
MAX_FETCH_BYTES = 16 * 1024 * 1024
MAX_PARTITION_FETCH_BYTES = 4 * 1024 * 1024
COMMITTED_TIMEOUT_MS = 20_000  # longer than a transaction can stay open, which is what this call may wait for


class GroupConsumer:
    """Reads committed records of the source topics. One thread only. Never pauses a partition: see the decision record."""

    def __init__(self, kafka: KafkaSettings, worker: WorkerSettings, client_id: str = "jikimi") -> None:
        self._group = worker.group
        self._ends: dict[Partition, int] = {}
        with readable_errors("opening the consumer", kafka):
            self._consumer = KafkaConsumer(
                **connection(kafka),
                group_id=worker.group,
                client_id=client_id,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=worker.session_timeout_ms,
                heartbeat_interval_ms=worker.session_timeout_ms // 4,
                max_poll_interval_ms=worker.max_poll_interval_ms,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                fetch_max_bytes=MAX_FETCH_BYTES,
                max_partition_fetch_bytes=MAX_PARTITION_FETCH_BYTES,
                allow_auto_create_topics=False,
                metadata_max_age_ms=30_000,
                metrics_enabled=False,
            )
            self._consumer.subscribe(topics=list(worker.topics.sources))
            for (
                topic
            ) in worker.topics.sources:  # a member that joins before it knows them is assigned nothing and joins twice
                self._consumer.partitions_for_topic(topic)

    def poll(self, timeout_ms: int, max_records: int) -> list[Record]:
        """The next records, none on time-out or while Kafka is away. Raises UnreadableBatchError, KafkaError."""
        try:
            if not self.membership().joined:
                # A poll that times out while the group is being joined because of new partitions forgets the join: the member
                # would stay without partitions and heartbeats for ever. So ask again, and stay long enough to hear the answer.
                self._consumer._coordinator.request_rejoin()  # noqa: SLF001  # the client offers no public way
                timeout_ms = max(timeout_ms, JOIN_POLL_MS)
            polled = self._consumer.poll(timeout_ms=timeout_ms, max_records=max_records)
        except RetriableError:
            return []
        except Exception as error:
            if isinstance(error, ClientError) and not _is_about_data(error):
                raise KafkaError(f"reading: Kafka refuses: {type(error).__name__}: {error}") from error
            raise self._unreadable(error) from error
        return [to_record(each) for records in polled.values() for each in records]

    def membership(self) -> Membership:
        """This member's generation at this moment; not joined while a generation is being made."""
        now = self._consumer.group_metadata()
        if now.state != MemberState.STABLE:
            return Membership(self._group, UNJOINED, "")
        return Membership(self._group, now.generation_id, now.member_id)

    def assigned(self) -> list[Partition]:
        """The partitions that are ours in this generation."""
        return [Partition(*each) for each in self._consumer.assignment()]

    def seek_to_committed(self) -> dict[Partition, int] | None:
        """Read on from the group's committed offsets, waiting for commits in progress; from the start where there is none.

        The places by partition; None where Kafka can't say at present: then they are undefined and the call must be repeated.
        """
        try:
            assigned = self._consumer.assignment()
            places = {Partition(*each): self._seek(each) for each in assigned}
            ends = self._consumer.end_offsets(assigned, timeout_ms=COMMITTED_TIMEOUT_MS) if assigned else {}
        except RetriableError:
            return None
        except ClientError as error:
            raise KafkaError(f"reading committed offsets: {type(error).__name__}: {error}") from error
        self._ends = {Partition(*each): end for each, end in ends.items()}
        known = {place: offset for place, offset in places.items() if offset is not None}
        return known if len(known) == len(places) else None

    def _seek(self, place: TopicPartition) -> int | None:
        offset: int | None = self._consumer.committed(place, timeout_ms=COMMITTED_TIMEOUT_MS)
        if offset is not None:
            self._consumer.seek(place, offset)
            return offset
        self._consumer.seek_to_beginning(place)
        start: int | None = self._consumer.position(place, timeout_ms=COMMITTED_TIMEOUT_MS)
        return start

    def lag(self) -> dict[Partition, int]:
        """Records not read yet, of each partition that `seek_to_committed` knew. Free: no request is made.

        The end of a partition is what the last fetch told, so it stands still while none is made; transaction markers are no records.
        """
        found = {}
        for place in self._consumer.assignment():
            end = self._consumer.highwater(place)
            end = self._ends.get(Partition(*place)) if end is None else end
            position = self._consumer._subscription.assignment[place].position  # noqa: SLF001  # the public one may make requests
            if end is not None and position is not None:
                found[Partition(*place)] = max(0, end - position.offset)
        return found

    def silence_seconds(self) -> float:
        """Time since the group's coordinator last answered; heartbeats ask it, whether there are posts or not."""
        heartbeat = self._consumer._coordinator.heartbeat  # noqa: SLF001  # the client offers no public way
        last: float = max(heartbeat.last_receive, heartbeat.last_reset)
        return time.monotonic() - last

    def close(self) -> None:
        """Leave the group, within a few seconds."""
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_SECONDS * 1000)

    def _unreadable(self, error: Exception) -> UnreadableBatchError:
        at = self._consumer._fetcher._next_partition_records  # noqa: SLF001  # the exception itself names no place
        place = f"{Partition(*at.topic_partition)} at offset {at.next_fetch_offset}" if at else "an assigned partition"
        return UnreadableBatchError(
            f"a record batch can't be decoded: {place} ({type(error).__name__}: {error}). The log is damaged, or the batch is "
            f"compressed in a way this client does not know. To go on, move the group past it: "
            f"kafka-consumer-groups.sh --group {self._group} --topic TOPIC:PARTITION --reset-offsets --to-offset N --execute"
        )


def to_record(raw: ConsumerRecord) -> Record:
    """kafka-python's record as ours; a header without a value becomes an empty one, which is all its producer can send."""
    headers = tuple((name, value or b"") for name, value in raw.headers) if raw.headers else ()
    return Record(Partition(raw.topic, raw.partition), raw.offset, raw.timestamp, raw.key, raw.value, headers)


def _is_about_data(error: ClientError) -> bool:
    # A bare KafkaError is what the fetcher raises for a response without a single whole record.
    return type(error) in {CorruptRecordError, UnsupportedCodecError, ClientError}
