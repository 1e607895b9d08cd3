"""A committed reader that notes how long no partition's records came through."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import msgspec

from consumer.errors import KafkaError
from consumer.kafka import Partition, Reader, Record
from consumer.settings import KafkaSettings, TopicNames
from tests.faults.checker import letter_of

Outage = tuple[float, float]
"""Begin and end, in the same seconds as the stalls."""

NOTED_SECONDS = 1.0


class Stall(NamedTuple):
    """A time in which a source partition had records that waited, and none of them came through."""

    seconds: float
    at: float
    partition: Partition

    def without(self, outages: Sequence[Outage]) -> float:
        """Seconds of it in which no outage was under way; outages may overlap."""
        start, end = self.at, self.at + self.seconds
        covered, upto = 0.0, start
        for begin, until in sorted(outages):
            overlap = min(until, end) - max(begin, upto)
            if overlap > 0:
                covered += overlap
                upto = min(until, end)
        return self.seconds - covered


class StallMeter:
    """Pure bookkeeping: the highest offset known to be sent and known to be decided, by source partition, with times."""

    def __init__(self) -> None:
        self._sent: dict[Partition, int] = {}
        self._decided: dict[Partition, int] = {}
        self._waiting_since: dict[Partition, float] = {}
        self._undecided: dict[tuple[Partition, int], float] = {}
        self._early: set[tuple[Partition, int]] = set()
        self._stalls: list[Stall] = []
        self.slowest = 0.0  # seconds from a record's sight to its decision's, waiting behind others included

    def sent(self, partition: Partition, offset: int, at: float) -> None:
        """A record is there to be decided. The topics are read one after the other, so its decision may have been seen."""
        if (partition, offset) in self._early:
            self._early.remove((partition, offset))
        else:
            self._undecided[partition, offset] = at
        self._sent[partition] = max(offset, self._sent.get(partition, -1))
        if self._sent[partition] > self._decided.get(partition, -1):
            self._waiting_since.setdefault(partition, at)

    def decided(self, partition: Partition, offset: int, at: float) -> None:
        """A committed reader sees what became of a record."""
        since = self._undecided.pop((partition, offset), None)
        if since is None:
            self._early.add((partition, offset))
        else:
            self.slowest = max(self.slowest, at - since)
        if offset <= self._decided.get(partition, -1):
            return
        self._decided[partition] = offset
        self._note(partition, at)
        self._waiting_since.pop(partition, None)
        if self._sent.get(partition, -1) > offset:
            self._waiting_since[partition] = at

    def finish(self, at: float) -> None:
        """What still waits has waited until now."""
        self.slowest = max([self.slowest, *(at - since for since in self._undecided.values())])
        for partition in self._waiting_since:
            self._note(partition, at)

    @property
    def moving(self) -> set[Partition]:
        """Partitions of which something has come through."""
        return set(self._decided)

    def stalls(self) -> list[Stall]:
        """Those of a second or more, longest first."""
        return sorted(self._stalls, reverse=True)

    def reset(self) -> None:
        """Forget the longest and the slowest; what waits goes on waiting."""
        self._stalls, self.slowest = [], 0.0

    @property
    def waiting(self) -> int:
        """Partitions with something to wait for."""
        return len(self._waiting_since)

    def _note(self, partition: Partition, at: float) -> None:
        since = self._waiting_since.get(partition)
        if since is not None and at - since >= NOTED_SECONDS:
            self._stalls.append(Stall(at - since, since, partition))


class Watch:
    """Reads posts, decisions and dead letters as they come, committed only, in a thread of its own."""

    def __init__(self, kafka: KafkaSettings, topics: TopicNames) -> None:
        self._kafka, self._topics = kafka, topics
        self._stop = threading.Event()
        self._renew = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._failure: BaseException | None = None
        self._seen: dict[Partition, int] = {}
        self.meter = StallMeter()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def partitions_changed(self) -> None:
        """Look for the posts topic's partitions again."""
        self._renew.set()

    def stop(self) -> list[Stall]:
        """Read no more; the stalls of a second or more, longest first. Raises what ended the reading."""
        self._stop.set()
        self._thread.join()
        self.meter.finish(time.monotonic())
        if self._failure:
            raise self._failure
        return self.meter.stalls()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._renew.clear()
                self._read_on()
        except BaseException as error:  # noqa: BLE001  # raised again by stop
            self._failure = error

    def _read_on(self) -> None:
        names = self._topics
        takers: dict[str, Callable[[Record], tuple[Partition, int]]] = {
            names.posts: lambda record: (record.partition, record.offset),
            names.decisions: _source_of_decision,
            names.dead_letters: _source_of_letter,
        }
        with ExitStack() as held:
            readers = {name: held.enter_context(Reader(self._kafka, name)) for name in takers}
            while not self._stop.is_set() and not self._renew.is_set():
                for name, reader in readers.items():
                    self._take(self._new(_read(reader)), takers[name], sent=name == names.posts)

    def _take(self, records: Iterable[Record], place: Callable[[Record], tuple[Partition, int]], *, sent: bool) -> None:
        now = time.monotonic()
        note = self.meter.sent if sent else self.meter.decided
        for record in records:
            note(*place(record), now)

    def _new(self, records: Iterable[Record]) -> list[Record]:
        """Those not read before: a new set of readers begins at the beginning again."""
        new = [each for each in records if each.offset > self._seen.get(each.partition, -1)]
        for each in new:
            self._seen[each.partition] = each.offset
        return new


class _Place(msgspec.Struct):
    topic: str
    partition: int
    offset: int


class _Sourced(msgspec.Struct):
    source: _Place


_sourced = msgspec.json.Decoder(_Sourced)


def _source_of_decision(record: Record) -> tuple[Partition, int]:
    source = _sourced.decode(record.value or b"").source
    return Partition(source.topic, source.partition), source.offset


def _source_of_letter(record: Record) -> tuple[Partition, int]:
    source = letter_of(record.headers).source
    return Partition(source.topic, source.partition), source.offset


def _read(reader: Reader) -> list[Record]:
    try:
        return reader.read(0.05, 2_000)
    except KafkaError:
        return []  # the broker is away; the client finds it again
