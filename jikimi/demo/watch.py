"""Reading back, as a committed consumer, what the worker decided."""

import threading
from collections import Counter
from collections.abc import Callable

import msgspec

from consumer.kafka import Reader
from consumer.settings import KafkaSettings
from contracts.decision import Decision, Source
from contracts.flag import Flag
from contracts.times import utc_now
from contracts.topics import DEAD_LETTERS, DECISIONS, FLAGS
from jikimi.percentiles import percentile

POLL_SECONDS = 0.2


class Watch:
    """Counts the decisions in a thread of its own, and takes from each how long it was on its way."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._reader = Reader(kafka, DECISIONS)
        self._decode = msgspec.json.Decoder(Decision).decode
        self._places: Counter[Source] = Counter()
        self._waits: list[float] = []

    @property
    def decided(self) -> int:
        """Records that have a decision."""
        return len(self._places)

    @property
    def decisions(self) -> int:
        """Decisions read; more than `decided` would mean that a record was decided twice."""
        return self._places.total()

    def latency_ms(self) -> dict[str, float | None]:
        """From the making of a post to its committed decision being read: median and 99th percentile, milliseconds."""
        return {"p50": percentile(self._waits, 50), "p99": percentile(self._waits, 99)}

    def run(self, stop: threading.Event) -> None:
        """Read until `stop`, and then until nothing is left."""
        with self._reader as reader:
            while not (stop.is_set() and reader.caught_up()):
                for record in reader.read(POLL_SECONDS):
                    self._count(self._decode(record.value or b""))

    def _count(self, decision: Decision) -> None:
        self._places[decision.source] += 1
        if decision.created_at is not msgspec.UNSET:
            self._waits.append((utc_now() - decision.created_at).total_seconds() * 1000)


class FlagStream:
    """Hands each flag to `show` as it comes."""

    def __init__(self, kafka: KafkaSettings, show: Callable[[Flag], None]) -> None:
        self._reader, self._show = Reader(kafka, FLAGS), show
        self._decode = msgspec.json.Decoder(Flag).decode
        self.count = 0

    def poll(self) -> None:
        """Show what has come since the last call."""
        for record in self._reader.read(POLL_SECONDS):
            self.count += 1
            self._show(self._decode(record.value or b""))

    def finish(self) -> None:
        """Show all that is left, and close."""
        with self._reader as reader:
            while not reader.caught_up():
                self.poll()


def count_dead_letters(kafka: KafkaSettings) -> int:
    """How many there are now."""
    with Reader(kafka, DEAD_LETTERS) as reader:
        return len(reader.read_all())
