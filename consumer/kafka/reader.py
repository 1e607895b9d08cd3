"""A reader of one whole topic without a group: for `flags tail`, tests and tools."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Literal, Self

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from consumer.errors import TopicError
from consumer.kafka.config import CLOSE_SECONDS, connection, readable_errors
from consumer.kafka.group import to_record
from consumer.kafka.types import Record
from consumer.settings import KafkaSettings

Start = Literal["beginning", "end"] | datetime | int
Isolation = Literal["read_committed", "read_uncommitted"]


class Reader:
    """Reads all partitions of `topic` from `start`: a time, or so many offsets before the end of each. Committed records only, unless told otherwise."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        start: Start = "beginning",
        isolation: Isolation = "read_committed",
    ) -> None:
        """Connect and take the starting place. Raises KafkaError, TopicError."""
        self._settings = settings
        with readable_errors(f"reading {topic}", settings):
            self._consumer = KafkaConsumer(
                **connection(settings),
                isolation_level=isolation,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=50,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            try:
                self._assign(topic, start)
            except BaseException:
                self.close()
                raise

    def _assign(self, topic: str, start: Start) -> None:
        partitions = [TopicPartition(topic, each) for each in self._consumer.partitions_for_topic(topic)]
        if not partitions:
            raise TopicError(
                f"there is no topic {topic} at {self._settings.bootstrap_servers}; `jikimi topics create` makes it"
            )
        self._partitions = partitions
        self._consumer.assign(partitions)
        ends = self._consumer.end_offsets(partitions)
        if start == "beginning":
            self._consumer.seek_to_beginning()
            return
        places = ends
        if isinstance(start, int):
            firsts = self._consumer.beginning_offsets(partitions)
            places = {each: max(firsts[each], end - start) for each, end in ends.items()}
        if isinstance(start, datetime):
            found = self._consumer.offsets_for_times({each: int(start.timestamp() * 1000) for each in partitions})
            places = {each: at.offset if at else ends[each] for each, at in found.items()}
        for each, offset in places.items():
            self._consumer.seek(each, offset)

    def read(self, timeout_seconds: float = 1.0, max_records: int = 1_000) -> list[Record]:
        """The next records, none where none came in time. Order holds within a partition."""
        with readable_errors("reading", self._settings):
            polled = self._consumer.poll(timeout_ms=int(timeout_seconds * 1000), max_records=max_records)
        return [to_record(each) for records in polled.values() for each in records]

    def read_all(self) -> list[Record]:
        """Everything from the present place to what is at this moment the end."""
        records: list[Record] = []
        while True:
            batch = self.read(0.2)
            records += batch
            if not batch and self.caught_up():
                return records

    def until_now(self) -> Iterator[Record]:
        """Everything from the present place to what is the end when this begins, one by one; what comes later is left."""
        with readable_errors("reading", self._settings):
            ends = self._consumer.end_offsets(self._partitions)
        while self._before(ends):
            for record in self.read(0.2):
                if record.offset < ends[TopicPartition(*record.partition)]:
                    yield record

    def caught_up(self) -> bool:
        """Whether nothing readable is left at this moment (with an open transaction, nothing before it)."""
        with readable_errors("reading", self._settings):
            ends = self._consumer.end_offsets(self._partitions)
        return not self._before(ends)

    def _before(self, ends: Mapping[TopicPartition, int]) -> bool:
        with readable_errors("reading", self._settings):
            return any(self._consumer.position(each) < end for each, end in ends.items())

    def close(self) -> None:
        """Close within a few seconds."""
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_SECONDS * 1000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
