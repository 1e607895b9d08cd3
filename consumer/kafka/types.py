"""Values that cross the border between kafka-python and the worker."""

from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


class Record(NamedTuple):
    """One consumed record. `timestamp_ms` is what the producer or the broker wrote, milliseconds since 1970."""

    partition: Partition
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outgoing(NamedTuple):
    """One record to produce. Key and value are not both None (the client refuses that)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Membership(NamedTuple):
    """A member's place in one generation of its group, as KIP-447 fences by it: a value, never read at commit time."""

    group: str
    generation: int
    member: str

    @property
    def joined(self) -> bool:
        """False for the unjoined member, with which a broker would accept a commit unfenced."""
        return self.generation >= 0 and bool(self.member)
