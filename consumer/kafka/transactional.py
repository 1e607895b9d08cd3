"""A transactional producer with the defects of kafka-python 3.0.12 that can be mended from outside mended."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ParamSpec

from kafka import KafkaProducer
from kafka.errors import FencedInstanceIdError, InvalidProducerEpochError, ProducerFencedError
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from consumer.kafka.config import CLOSE_SECONDS, REQUEST_TIMEOUT_MS, connection, readable_errors
from consumer.kafka.types import Membership, Outgoing, Partition
from consumer.settings import KafkaSettings

LINGER_MS = 5
DELIVERY_TIMEOUT_MS = REQUEST_TIMEOUT_MS + LINGER_MS + 2_000  # the client demands more than linger and one request
INIT_TIMEOUT_MS = 10_000
RETRY_BACKOFF_MS = 5  # each transaction's first request meets the end of the one before; 100 ms here cost 213 ms each
BATCH_BYTES = 512 * 1024
MAX_REQUEST_BYTES = 1024 * 1024

P = ParamSpec("P")

_FENCED = (ProducerFencedError, InvalidProducerEpochError, FencedInstanceIdError)


class TransactionalProducer:
    """One producer with one transactional id. Made for one thread; after any failure it is closed, never used again."""

    def __init__(self, settings: KafkaSettings, transactional_id: str, transaction_timeout_ms: int) -> None:
        """Connect, end what an earlier holder of the id left open, and take the id over. Raises KafkaError."""
        self._pending: list[Any] = []
        with readable_errors("opening a transactional producer", settings):
            self._producer = _QuietProducer(
                **connection(settings),
                transactional_id=transactional_id,
                transaction_timeout_ms=transaction_timeout_ms,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                max_block_ms=INIT_TIMEOUT_MS,
                retry_backoff_ms=RETRY_BACKOFF_MS,
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=MAX_REQUEST_BYTES,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            try:
                _mend(self._producer)
                self._producer.init_transactions()
            except BaseException:
                self.close()
                raise

    def begin(self) -> None:
        """Begin a transaction."""
        self._pending = []
        self._producer.begin_transaction()

    def send(self, record: Outgoing) -> None:
        """Queue one record; whether it arrived, `unacknowledged` says after `flush`."""
        topic, key, value, headers = record
        self._pending.append(self._producer.send(topic, value=value, key=key, headers=list(headers)))

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Commit the offsets of the next records to read as part of the transaction, fenced by `membership` (KIP-447)."""
        self._producer.send_offsets_to_transaction(
            {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()},
            ConsumerGroupMetadata(membership.group, membership.generation, membership.member),
        )

    def flush(self) -> None:
        """Wait until every queued record is acknowledged or has failed."""
        self._producer.flush(DELIVERY_TIMEOUT_MS / 1000)

    def unacknowledged(self) -> list[BaseException | None]:
        """Why records of this transaction did not arrive: one entry for each, None where the client gives no reason."""
        return [future.exception for future in self._pending if not future.succeeded()]

    def commit(self) -> None:
        """Commit; returns without an error even where records are missing, so check `unacknowledged` before."""
        self._producer.commit_transaction()
        self._pending = []  # else the last transaction's records are held while there is no next one

    def abort(self) -> None:
        """Abort the open transaction."""
        self._producer.abort_transaction()

    def close(self) -> None:
        """Close within a few seconds, whatever state the producer is in."""
        self._producer.close(timeout=CLOSE_SECONDS)


def shows_fencing(error: BaseException) -> bool:
    """Whether `error`, or anything that it wraps, says that another producer has the transactional id.

    After a failure the client raises a bare error that holds the cause as an argument or only as text.
    """
    names = tuple(kind.__name__ for kind in _FENCED)
    return any(isinstance(each, _FENCED) or any(name in str(each) for name in names) for each in _inside(error))


def _inside(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from _inside(error.__cause__)
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield from _inside(argument)


class _QuietProducer(KafkaProducer):  # type: ignore[misc]  # kafka-python has no types
    def __str__(self) -> str:
        # The client formats itself for each record's debug message, read or not: 12 of 51 microseconds a record.
        return "transactional producer"


def _mend(producer: KafkaProducer) -> None:
    client = producer._sender._client  # noqa: SLF001  # the client offers no public way
    client.await_ready = _never_raising(client.await_ready)
    # With "no epoch bump" the client treats INVALID_PRODUCER_EPOCH as fatal. Otherwise a fenced zombie asks for a new epoch,
    # gets it, and thereby fences the process that took over; or a transaction that the broker ended seems committed.
    producer._transaction_manager._supports_epoch_bump = lambda: False  # noqa: SLF001


def _never_raising(await_ready: Callable[P, bool]) -> Callable[P, bool]:
    """An exception from here makes the sender drop the transactional request, and its caller waits for ever."""

    def guarded(*args: P.args, **keywords: P.kwargs) -> bool:
        try:
            return await_ready(*args, **keywords)
        except Exception:  # noqa: BLE001  # whatever it is, the request must be tried again, not dropped
            time.sleep(0.05)
            return False

    return guarded
