"""One transaction for each micro-batch, by rules 1, 2, 3, 6 and 7 of docs/decisions/0002.

The rest of the worker need not know them: it hands over records, offsets and membership, and either all of it is committed or
none of it ever will be.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from consumer.errors import FencedError, KafkaError, TransactionFailedError
from consumer.kafka.transactional import shows_fencing
from consumer.kafka.types import Membership, Outgoing, Partition

log = logging.getLogger(__name__)


class Producer(Protocol):
    """A transactional producer: `consumer.kafka.TransactionalProducer`."""

    def begin(self) -> None:
        """Begin a transaction."""

    def send(self, record: Outgoing, /) -> None:
        """Queue one record."""

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership, /) -> None:
        """Make the offsets part of the transaction."""

    def flush(self) -> None:
        """Wait for the records."""

    def unacknowledged(self) -> list[BaseException | None]:
        """Why records did not arrive."""
        ...

    def commit(self) -> None:
        """Commit."""

    def abort(self) -> None:
        """Abort."""

    def close(self) -> None:
        """Close within a few seconds."""


class Transactions:
    """Publishes micro-batches. One thread only; a watchdog must bound each call, for the client may wait for ever."""

    def __init__(self, make_producer: Callable[[], Producer]) -> None:
        self._make_producer = make_producer
        self._producer: Producer | None = None

    def open(self) -> Producer:
        """Take the transactional id over, which ends what an earlier holder left open. Raises FencedError, TransactionFailedError."""
        if self._producer is None:
            try:
                self._producer = self._make_producer()
            except KafkaError as error:
                raise _named(error) from error
        return self._producer

    def publish(self, records: Sequence[Outgoing], offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Commit `records` and `offsets` together. Raises FencedError, or TransactionFailedError: then nothing of it counts.

        After a failure the producer is gone, whatever the failure was: its state would leak into the next transaction.
        """
        if not membership.joined:
            raise ValueError(f"{membership} has not joined; a broker would accept its commit unfenced")
        self._commit(records, lambda producer: producer.send_offsets(offsets, membership))

    def publish_alone(self, records: Sequence[Outgoing]) -> None:
        """Commit `records` together, with no offsets. Raises as `publish` does."""
        self._commit(records, lambda _: None)

    def close(self) -> None:
        """Let go of the id."""
        if self._producer is not None:
            self._producer.close()
            self._producer = None

    def _commit(self, records: Sequence[Outgoing], send_offsets: Callable[[Producer], None]) -> None:
        producer = self.open()
        try:
            _attempt(producer, records, send_offsets)
        except Exception as error:
            self._discard()
            raise _named(error) from error

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        for end in (producer.abort, producer.close):
            try:
                end()
            except Exception as error:  # noqa: BLE001  # whatever fails here, a new producer settles the transaction
                log.info("ending a failed transaction", extra={"error": f"{type(error).__name__}: {error}"})


def _attempt(producer: Producer, records: Sequence[Outgoing], send_offsets: Callable[[Producer], None]) -> None:
    producer.begin()
    for record in records:
        producer.send(record)
    send_offsets(producer)
    producer.flush()
    lost = producer.unacknowledged()
    if lost:
        raise TransactionFailedError(f"{len(lost)} of {len(records)} records were not acknowledged") from lost[0]
    producer.commit()


def _named(error: Exception) -> FencedError | TransactionFailedError:
    if shows_fencing(error):
        return FencedError(
            f"another process has this worker's transactional id ({_text(error)}); give each live worker a slot of its own"
        )
    return TransactionFailedError(f"a transaction failed and is read again ({_text(error)})")


def _text(error: BaseException) -> str:
    cause = f" <- {_text(error.__cause__)}" if error.__cause__ else ""
    return f"{type(error).__name__}: {error}{cause}"
