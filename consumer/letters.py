"""Dead letters read back: what each one says, and which of them are meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consumer.kafka import Reader, Record
from consumer.kafka.types import Headers
from consumer.settings import KafkaSettings
from contracts import dead_letter
from contracts.decision import Source
from contracts.times import parse_rfc3339

MAX_DIGITS = 19


class Letter(NamedTuple):
    """One record of the dead letters' topic. `cut_from` is the value's length in bytes before it was cut, None if whole."""

    record: Record
    source: Source
    code: str
    text: str
    failed_at: datetime
    attempts: int
    cut_from: int | None

    @property
    def name(self) -> str:
        """`partition/offset`, by which people call it."""
        return f"{self.record.partition.partition}/{self.record.offset}"

    @property
    def carried(self) -> Headers:
        """The headers that the record came with."""
        return tuple(each for each in self.record.headers if not each[0].startswith(dead_letter.PREFIX))


@dataclass(frozen=True)
class Choice:
    """Which letters are meant: those that meet all that is given. Nothing given means all. `since` counts, `until` does not."""

    names: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether `letter` is meant."""
        return (
            (not self.names or letter.name in self.names)
            and (not self.codes or letter.code in self.codes)
            and (self.since is None or letter.failed_at >= self.since)
            and (self.until is None or letter.failed_at < self.until)
        )


def read_letters(kafka: KafkaSettings, topic: str, choice: Choice) -> Iterator[Letter]:
    """The letters that are on `topic` now and that `choice` takes, in constant memory. Raises KafkaError.

    Those that come while this reads, of a replay that failed again for instance, are not among them.
    """
    # A letter fails before it is written, so none that is meant lies before that time in the log.
    with Reader(kafka, topic, choice.since or "beginning") as reader:
        for record in reader.until_now():
            letter = letter_of(record)
            if letter is not None and choice.takes(letter):
                yield letter


def letter_of(record: Record) -> Letter | None:
    """`record` as a letter; None where a header is missing or is not as documented, so that no worker wrote it."""
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    failed_at = parse_rfc3339(headers.get(dead_letter.FAILED_AT, ""))
    partition, offset, attempts = (
        _number(headers.get(name))
        for name in (dead_letter.SOURCE_PARTITION, dead_letter.SOURCE_OFFSET, dead_letter.ATTEMPTS)
    )
    topic, code = headers.get(dead_letter.SOURCE_TOPIC), headers.get(dead_letter.ERROR_CODE)
    if failed_at is None or partition is None or offset is None or attempts is None or topic is None or code is None:
        return None
    text, cut_from = headers.get(dead_letter.ERROR_TEXT, ""), _number(headers.get(dead_letter.CUT_FROM))
    return Letter(record, Source(topic, partition, offset), code, text, failed_at, attempts, cut_from)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
