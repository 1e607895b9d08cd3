"""What can be known of the whole stream from Kafka and Redis alone, with no worker asked."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from consumer.kafka import Lag, Reader, group_lag
from consumer.kafka.admin import GroupState, describe_group
from consumer.settings import KafkaSettings, WorkerSettings
from contracts.decision import Decision
from contracts.errors import JikimiError
from embeddings import feed
from embeddings.connection import redis_errors
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from jikimi.settings import Settings

LOOKED_AT = 100  # of each partition of the decisions


@dataclass(frozen=True)
class Decided:
    """The newest decisions, counted: at most 100 of each partition."""

    count: int
    newest_at: datetime | None
    bank: str | None
    actions: Counter[str]
    releases: Counter[str]
    degraded: Counter[str]


@dataclass(frozen=True)
class Bank:
    """The exemplars in Redis and the policy that holds for all workers."""

    exemplars: int
    state: feed.State

    @property
    def changed_at(self) -> datetime | None:
        """When the last change was made, by the clock of Redis; None of an empty history."""
        milliseconds = int(self.state.position.partition("-")[0])
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


@dataclass
class Status:
    """All of it; a part is None where its server does not answer, and `problems` says so."""

    group: GroupState | None = None
    lag: list[Lag] = field(default_factory=list)
    decided: Decided | None = None
    bank: Bank | None = None
    problems: list[str] = field(default_factory=list)


def look(settings: Settings) -> Status:
    """Ask Kafka and Redis. Raises nothing for a server that is away: that is what one wants to see."""
    status = Status()
    try:
        _ask_kafka(status, settings.kafka, settings.worker)
    except JikimiError as error:
        status.problems.append(str(error))
    try:
        status.bank = _ask_redis(settings.bank)
    except JikimiError as error:
        status.problems.append(str(error))
    return status


def _ask_kafka(status: Status, kafka: KafkaSettings, worker: WorkerSettings) -> None:
    status.group = describe_group(kafka, worker.group)
    if not status.group.members:
        status.problems.append(f"no worker is in group {worker.group}; posts wait in Kafka until one is started")
    status.lag = group_lag(kafka, worker.group, worker.topics.sources)
    status.decided = _newest(kafka, worker.topics.decisions)


def _ask_redis(settings: BankSettings) -> Bank:
    with ExemplarStore(settings) as store, redis_errors(store.address):
        return Bank(store.count(), feed.read_state(store.client))


def _newest(kafka: KafkaSettings, topic: str) -> Decided:
    with Reader(kafka, topic, LOOKED_AT) as reader:
        decisions = [decision for record in reader.until_now() if (decision := _decision(record.value)) is not None]
    newest = max(decisions, key=lambda each: each.decided_at, default=None)
    return Decided(
        count=len(decisions),
        newest_at=newest.decided_at if newest else None,
        bank=newest.bank if newest else None,
        actions=Counter(each.action for each in decisions),
        releases=Counter(each.release for each in decisions),
        degraded=Counter(part for each in decisions for part in each.degraded),
    )


def _decision(value: bytes | None) -> Decision | None:
    try:
        return msgspec.json.decode(value or b"", type=Decision)
    except msgspec.MsgspecError:  # somebody else's record must not hide what an operator looks for
        return None
