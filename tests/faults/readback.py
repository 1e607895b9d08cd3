"""Reads everything back after a run, and checks it against the plan."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from consumer.kafka import Reader, Record, group_lag
from consumer.kafka.reader import Isolation
from consumer.settings import KafkaSettings, TopicNames
from contracts.decision import Decision, Source
from contracts.flag import Flag
from tests.faults.checker import Expected, Progress, Report, check, letter_of
from tests.faults.load import Plan, number_of

T = TypeVar("T")

READ_SECONDS = 0.5
_decision = msgspec.json.Decoder(Decision)
_flag = msgspec.json.Decoder(Flag)


class ReadBack(NamedTuple):
    """What was found: the checker's report, records by kind and topic, and numbers of the plan that are on no topic."""

    report: Report
    records: dict[str, int]
    numbers: set[int]
    aborted: int


def read_back(kafka: KafkaSettings, topics: TopicNames, plan: Plan, group: str) -> ReadBack:
    """Read all topics as a committed reader does, and check them. The workers must have come to an end."""
    sent: dict[Source, Expected] = {}
    numbers: set[int] = set()
    for topic in topics.sources:
        for record in records(kafka, topic):
            sent[_place(record)] = plan.expected(record)
            numbers.add(number_of(record))
    counts: Counter[str] = Counter(each.kind for each in sent.values())
    read: Counter[str] = Counter()
    report = check(
        sent,
        _counted(read, "decisions", (_decision.decode(each.value or b"") for each in records(kafka, topics.decisions))),
        _counted(read, "flags", (_flag.decode(each.value or b"") for each in records(kafka, topics.flags))),
        _counted(read, "dead_letters", (letter_of(each.headers) for each in records(kafka, topics.dead_letters))),
        progress(kafka, topics, group),
    )
    everything = sum(1 for _ in records(kafka, topics.decisions, "read_uncommitted"))
    return ReadBack(report, {**counts, **read}, numbers, everything - read["decisions"])


def progress(kafka: KafkaSettings, topics: TopicNames, group: str) -> list[Progress]:
    """How far the group has come in every source partition."""
    return [
        Progress(*each.partition, committed=each.committed, end=each.end)
        for each in group_lag(kafka, group, topics.sources)
    ]


def records(kafka: KafkaSettings, topic: str, isolation: Isolation = "read_committed") -> Iterator[Record]:
    """All of a topic, one after the other, so that a long run need not fit into memory."""
    with Reader(kafka, topic, isolation=isolation) as reader:
        while True:
            batch = reader.read(READ_SECONDS)
            yield from batch
            if not batch and reader.caught_up():
                return


def _counted(read: Counter[str], name: str, items: Iterator[T]) -> Iterator[T]:
    for item in items:
        read[name] += 1
        yield item


def _place(record: Record) -> Source:
    return Source(record.partition.topic, record.partition.partition, record.offset)
