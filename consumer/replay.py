"""Sending dead letters to their source topic again, each one once, whatever is interrupted and however often it is run.

A letter's record and its receipt are committed in one transaction; a letter that has a receipt is not sent again. Receipts lie on a
topic of their own, compacted by a key that each has alone, so they outlive every letter. Offsets of a consumer group could not
do this: letters are chosen by code, out of order, and Kafka forgets the offsets of an idle group after 7 days, letters after 30.
All replays of a group share one transactional id: who takes it over ends the transaction of the one before, and only then reads
the receipts, so that two replays at a time can't send a letter twice either.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal, Self, get_args

from consumer.errors import FencedError, KafkaError, TopicError
from consumer.kafka import Outgoing, Reader, TransactionalProducer
from consumer.kafka.admin import ensure_topic
from consumer.letters import Letter
from consumer.settings import KafkaSettings, WorkerSettings
from consumer.transaction import Transactions
from consumer.watchdog import Watchdog
from contracts import dead_letter
from contracts.times import utc_now

State = Literal["waiting", "replayed", "parked", "cut", "foreign"]
STATES: tuple[State, ...] = get_args(State)
RECEIPTS_CONFIG = {"cleanup.policy": "compact"}
LETTERS_AT_ONCE, BYTES_AT_ONCE = 500, 4 * 1024 * 1024  # in one transaction, far from its time-out


def receipts_topic(worker: WorkerSettings) -> str:
    """The topic of the receipts."""
    return worker.topics.dead_letters + dead_letter.REPLAYED_SUFFIX


def read_receipts(kafka: KafkaSettings, worker: WorkerSettings) -> set[str]:
    """The receipts of all letters replayed so far. Raises KafkaError."""
    try:
        with Reader(kafka, receipts_topic(worker)) as reader:
            return {(record.key or b"").decode(errors="replace") for record in reader.until_now()}
    except TopicError:  # the first replay makes it
        return set()


def state_of(letter: Letter, receipts: Collection[str], sources: Collection[str], max_attempts: int) -> State:
    """What can be done with `letter`; only a `waiting` one is sent.

    `foreign`: its record came from a topic that is none of `sources`. `cut`: the end of its value is lost. `parked`: it
    was tried `max_attempts` times or more.
    """
    if receipt_of(letter) in receipts:
        return "replayed"
    if letter.source.topic not in sources:
        return "foreign"
    if letter.cut_from is not None:
        return "cut"
    return "parked" if letter.attempts >= max_attempts else "waiting"


def receipt_of(letter: Letter) -> str:
    """The key of the letter's receipt; with its time, so that a topic made anew does not meet the receipts of the old one."""
    return f"{letter.name}/{letter.record.timestamp_ms}"


class Replay:
    """One run. Entered, it is the only one of its group; `max_attempts` is the number of tries from which a letter is parked."""

    def __init__(
        self, kafka: KafkaSettings, worker: WorkerSettings, max_attempts: int = dead_letter.MAX_ATTEMPTS
    ) -> None:
        self._kafka, self._worker, self._max_attempts = kafka, worker, max_attempts
        self._transactions = Transactions(
            lambda: TransactionalProducer(kafka, f"{worker.group}-dead-letters", worker.transaction_timeout_ms)
        )
        self._watchdog = Watchdog()
        self._receipts: set[str] = set()

    def __enter__(self) -> Self:
        """Take over from an earlier run and read what it did. Raises KafkaError."""
        self._watchdog.start()
        with self._limit():
            self._transactions.open()
        ensure_topic(self._kafka, receipts_topic(self._worker), RECEIPTS_CONFIG)
        self._receipts = read_receipts(self._kafka, self._worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._limit():
            self._transactions.close()
        self._watchdog.stop()

    def run(self, letters: Iterable[Letter], refused: Callable[[Letter, State], object]) -> Counter[State]:
        """Send those that are waiting; how many were met in each state, `replayed` being those of earlier runs.

        `refused` is told of each that can't be sent. Raises KafkaError; what was committed until then stays so.
        """
        met: Counter[State] = Counter()
        for batch in _batches(self._waiting(letters, met, refused)):
            self._send(batch)
            met["waiting"] += len(batch)
        return met

    def _waiting(
        self, letters: Iterable[Letter], met: Counter[State], refused: Callable[[Letter, State], object]
    ) -> Iterator[Letter]:
        for letter in letters:
            state = state_of(letter, self._receipts, self._worker.topics.sources, self._max_attempts)
            if state == "waiting":
                yield letter
                continue
            met[state] += 1
            if state != "replayed":
                refused(letter, state)

    def _send(self, letters: list[Letter]) -> None:
        topic = receipts_topic(self._worker)
        records = [record for letter in letters for record in (_again(letter), _receipt(letter, topic))]
        try:
            with self._limit():
                self._transactions.publish_alone(records)
        except FencedError as error:
            raise KafkaError(
                "another replay of this group was started and took over; it does what this one left"
            ) from error
        self._receipts.update(map(receipt_of, letters))

    def _limit(self) -> AbstractContextManager[None]:
        return self._watchdog.limit("replay", self._worker.publish_limit_seconds)


def _again(letter: Letter) -> Outgoing:
    """The record as it came; the number of tries goes with it, and the worker that fails on it again adds one."""
    headers = (*letter.carried, (dead_letter.ATTEMPTS, str(letter.attempts).encode()))
    return Outgoing(letter.source.topic, letter.record.key, letter.record.value, headers)


def _receipt(letter: Letter, topic: str) -> Outgoing:
    value = {"schema": 1, "letter": letter.name, "source": str(letter.source), "replayed_at": utc_now().isoformat()}
    return Outgoing(topic, receipt_of(letter).encode(), json.dumps(value).encode())


def _batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        batch.append(letter)
        size += len(letter.record.value or b"")
        if len(batch) >= LETTERS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
