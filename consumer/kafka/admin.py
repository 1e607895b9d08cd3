"""Topics as documented, and how far a group has come."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from kafka import IsolationLevel, KafkaAdminClient, OffsetSpec
from kafka.admin import ConfigResource, ConfigResourceType, MemberToRemove
from kafka.errors import RetriableError, TopicAlreadyExistsError, UnknownTopicOrPartitionError
from kafka.structs import OffsetAndMetadata, TopicPartition

from consumer.errors import TopicError
from consumer.kafka.config import connection, readable_errors
from consumer.kafka.types import Partition
from consumer.settings import KafkaSettings, TopicNames
from contracts.topics import TOPICS

BROKER_DEFAULT = -1
COORDINATOR_SECONDS = 5.0  # a new cluster takes one to have a coordinator

T = TypeVar("T")


class TopicState(NamedTuple):
    """A topic after `create_topics`: made now or found, with its partitions."""

    name: str
    purpose: str
    created: bool
    partitions: int


class Lag(NamedTuple):
    """How far a group has come in one partition; `committed` is None where it never committed."""

    partition: Partition
    committed: int | None
    end: int

    @property
    def records(self) -> int:
        """Offsets between the committed one and the end; transaction markers count too, as everywhere in Kafka."""
        return self.end - (self.committed or 0)


class Member(NamedTuple):
    """One worker in a group: what it calls itself, where it connects from, what it reads."""

    client_id: str
    host: str
    partitions: list[Partition]


class GroupState(NamedTuple):
    """A group as its coordinator sees it; `state` is Kafka's word (`Stable`, `Empty`, `Dead` where there is none)."""

    state: str
    members: list[Member]


def create_topics(
    settings: KafkaSettings,
    names: TopicNames,
    partitions: int,
    replication: int = BROKER_DEFAULT,
) -> list[TopicState]:
    """Make the topics that are missing, with their documented configurations. Existing ones are left as they are."""
    with _admin(settings, "creating topics") as admin:
        made = {
            names.role(topic): _create(admin, names.role(topic), partitions, replication, topic.config)
            for topic in TOPICS
        }
        admin.wait_for_topics(list(made), timeout_ms=settings.connect_timeout_ms)
        counts = _partition_counts(admin, made)
    return [
        TopicState(names.role(topic), topic.purpose, made[names.role(topic)], counts[names.role(topic)])
        for topic in TOPICS
    ]


def ensure_topic(settings: KafkaSettings, name: str, config: dict[str, str]) -> None:
    """Make a topic of one partition where it is missing."""
    with _admin(settings, f"creating {name}") as admin:
        _create(admin, name, 1, BROKER_DEFAULT, config)
        admin.wait_for_topics([name], timeout_ms=settings.connect_timeout_ms)


def topic_differences(settings: KafkaSettings, names: TopicNames) -> list[str]:
    """What of the topics is not as documented, one sentence each; empty where all is well."""
    with _admin(settings, "describing topics") as admin:
        present = set(admin.list_topics())
        missing = [f"{names.role(topic)} is missing" for topic in TOPICS if names.role(topic) not in present]
        there = {names.role(topic): topic.config for topic in TOPICS if names.role(topic) in present}
        configs = _configs(admin, there)
    return missing + [
        f"{name}: {key} is {configs[name].get(key)}, documented is {wanted}"
        for name, config in there.items()
        for key, wanted in config.items()
        if configs[name].get(key) != wanted
    ]


def group_lag(settings: KafkaSettings, group: str, topics: Sequence[str]) -> list[Lag]:
    """Committed offset and end of every partition of `topics`. Raises TopicError where a topic is missing."""
    with _admin(settings, f"describing group {group}") as admin:
        try:
            counts = _partition_counts(admin, topics)
        except UnknownTopicOrPartitionError as error:
            raise TopicError(f"a topic of {', '.join(topics)} is missing; `jikimi topics create` makes it") from error
        places = [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
        committed: dict[TopicPartition, Any] = _patiently(
            lambda: admin.list_group_offsets({group: places}).get(group, {}), settings.connect_timeout_ms / 1000
        )
        ends = admin.list_partition_offsets(
            dict.fromkeys(places, OffsetSpec.LATEST), isolation_level=IsolationLevel.READ_COMMITTED
        )
    return [Lag(Partition(*place), _offset(committed.get(place)), ends[place].offset) for place in places]


def describe_group(settings: KafkaSettings, group: str) -> GroupState:
    """Who is in `group`. Raises KafkaError."""
    with _admin(settings, f"describing group {group}") as admin:
        found = _patiently(lambda: admin.describe_groups([group])[group], settings.connect_timeout_ms / 1000)
    return GroupState(found["group_state"], sorted(map(_member, found["members"])))


def _member(found: dict[str, Any]) -> Member:
    assigned = found["member_assignment"]["assigned_partitions"] if found["member_assignment"] else []
    places = [Partition(each["topic"], number) for each in assigned for number in each["partitions"]]
    return Member(found["client_id"], found["client_host"].lstrip("/"), sorted(places))


def remove_members(settings: KafkaSettings, group: str, client_id: str) -> int:
    """Take the members that call themselves `client_id` out of `group`; how many there were. Raises KafkaError.

    For a worker that starts again after a kill: the one before it can't leave any more, and its partitions would wait for
    the session time-out.
    """
    with _admin(settings, f"removing members of group {group}") as admin:
        members = _patiently(lambda: admin.describe_groups([group])[group]["members"], COORDINATOR_SECONDS)
        dead = [MemberToRemove(member_id=each["member_id"]) for each in members if each["client_id"] == client_id]
        if dead:
            admin.remove_group_members(group, dead)
    return len(dead)


def _patiently(ask: Callable[[], T], limit_seconds: float) -> T:
    """What `ask` returns; on a new cluster the first question about a group makes the broker create its offsets topic."""
    deadline = time.monotonic() + limit_seconds
    while True:
        try:
            return ask()
        except RetriableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _offset(found: OffsetAndMetadata | None) -> int | None:
    return None if found is None or found.offset < 0 else int(found.offset)


def _create(admin: KafkaAdminClient, name: str, partitions: int, replication: int, config: dict[str, str]) -> bool:
    wanted = {"num_partitions": partitions, "replication_factor": replication, "configs": config}
    try:
        admin.create_topics({name: wanted})
    except TopicAlreadyExistsError:
        return False
    return True


def _partition_counts(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    wanted = list(names)
    counts = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(wanted)}
    missing = [name for name in wanted if not counts.get(name)]
    if missing:
        raise UnknownTopicOrPartitionError(", ".join(missing))
    return counts


def _configs(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    return {name: {key: entry["value"] for key, entry in entries.items()} for name, entries in described.items()}


@contextmanager
def _admin(settings: KafkaSettings, doing: str) -> Iterator[Any]:
    with readable_errors(doing, settings):
        client = KafkaAdminClient(**connection(settings))
        try:
            yield client
        finally:
            client.close()
