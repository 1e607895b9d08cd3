"""The source stage: poll, guard the generation, decode, and close micro-batches by size or age."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from consumer.decode import Item, decode
from consumer.kafka.group import GroupConsumer
from consumer.kafka.types import Membership, Partition, Record
from consumer.metrics import Metrics
from consumer.pipes import InFlight, Pipe
from consumer.settings import WorkerSettings
from contracts.decision import Decision

log = logging.getLogger(__name__)

IDLE_POLL_MS = 250
RETRY_SECONDS = 0.1
MAX_BATCH_BYTES = (
    8 * 1024 * 1024
)  # else a micro-batch of the largest posts would be a gigabyte; one fetch may come on top


@dataclass
class Adoption:
    """One generation as adopted. Batches made under it are committed under it, or, once it is broken, not at all."""

    membership: Membership
    broken: bool = False


@dataclass
class Batch:
    """One micro-batch on its way: records in order, and the offset to go on from in each partition."""

    adoption: Adoption
    items: list[Item] = field(default_factory=list)
    offsets: dict[Partition, int] = field(default_factory=dict)
    asked: bool = False
    decisions: list[Decision | None] = field(default_factory=list)
    opened_at: float = field(default_factory=time.monotonic)
    read_bytes: int = 0

    def add(self, records: list[Record], feedback_topic: str) -> None:
        """Take `records` decoded, later ones of a partition after earlier ones."""
        self.items += [decode(record, feedback_topic) for record in records]
        self.read_bytes += sum(len(record.value or b"") for record in records)
        for record in records:
            self.offsets[record.partition] = record.offset + 1


class Intake:
    """Turns polled records into batches. Owned by one thread, as the consumer demands."""

    def __init__(
        self,
        consumer: GroupConsumer,
        settings: WorkerSettings,
        decoded: Pipe[Batch],
        in_flight: InFlight,
        metrics: Metrics,
    ) -> None:
        self._consumer, self._settings = consumer, settings
        self._decoded, self._in_flight, self._metrics = decoded, in_flight, metrics
        self._adoption: Adoption | None = None
        self._batch: Batch | None = None
        self._last: Membership | None = None
        self.polled_at = time.monotonic()

    @property
    def settled(self) -> bool:
        """Whether this worker has its partitions and they have not moved since."""
        return self._adoption is not None and not self._adoption.broken

    def run_until(self, stopping: Callable[[], bool]) -> None:
        """Feed the pipe until `stopping`, then hand over what was begun. Raises what the consumer raises."""
        try:
            while not stopping():
                self._step(stopping)
        finally:
            self._hand_over(self._settings.shutdown_limit_seconds)

    def _step(self, stopping: Callable[[], bool]) -> None:
        room = self._room()
        if room > 0:
            records = self._consumer.poll(self._poll_ms(), room)
            self.polled_at = time.monotonic()
            if self._moved():
                self._adopt(stopping)
                return
            self._take(records)
        elif self._moved():
            self._adopt(stopping)
            return
        if self._batch and (self._room() == 0 or self._age_left_ms() <= 0):
            self._hand_over(max(self._settings.batch_age_ms, 1) / 1000)

    def _room(self) -> int:
        """How many records the open batch may still take."""
        if self._batch is None:
            return self._settings.batch_size
        if self._batch.read_bytes >= MAX_BATCH_BYTES:
            return 0
        return self._settings.batch_size - len(self._batch.items)

    def _poll_ms(self) -> int:
        return IDLE_POLL_MS if self._batch is None else max(0, self._age_left_ms())

    def _age_left_ms(self) -> int:
        opened_at = self._batch.opened_at if self._batch else time.monotonic()
        return self._settings.batch_age_ms - int((time.monotonic() - opened_at) * 1000)

    def _take(self, records: list[Record]) -> None:
        if not records or self._adoption is None:
            return
        started = time.perf_counter()
        if self._batch is None:
            self._batch = Batch(self._adoption)
        self._batch.add(records, self._settings.topics.feedback)
        self._metrics.stage("decode", time.perf_counter() - started)

    def _hand_over(self, timeout_seconds: float) -> None:
        """Put the batch into the pipe if there is room in time; otherwise it stays open and may grow."""
        batch = self._batch
        if batch is None or batch.adoption.broken:
            return
        self._in_flight.add()
        if self._decoded.put(batch, timeout_seconds):
            self._batch = None
        else:
            self._in_flight.done()

    def _moved(self) -> bool:
        """Whether the generation is another than the adopted one, or a transaction under it failed (rule 4)."""
        return (
            self._adoption is None or self._adoption.broken or self._consumer.membership() != self._adoption.membership
        )

    def _adopt(self, stopping: Callable[[], bool]) -> None:
        """Drop what was polled, wait until nothing is in flight, go back to what is committed, adopt the generation."""
        if self._adoption is not None:
            self._adoption.broken = True
        self._adoption = self._batch = None
        membership = self._consumer.membership()
        if not membership.joined:
            return
        while not self._in_flight.wait_idle(RETRY_SECONDS):
            if stopping():
                return
        places = self._consumer.seek_to_committed()
        if places is None or self._consumer.membership() != membership:
            return
        self._adoption = Adoption(membership)
        self._metrics.count("jikimi_recoveries_total" if membership == self._last else "jikimi_rebalances_total")
        self._last = membership
        log.info(
            "generation adopted",
            extra={"generation": membership.generation, "partitions": sorted(str(each) for each in places)},
        )
