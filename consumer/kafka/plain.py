"""A producer without transactions, for commands that publish."""

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError as ClientError

from consumer.errors import KafkaError
from consumer.kafka.config import CLOSE_SECONDS, connection, readable_errors
from consumer.kafka.types import Outgoing
from consumer.settings import KafkaSettings

Compression = Literal["gzip", "snappy", "lz4", "zstd"]

DELIVERY_TIMEOUT_MS = 30_000
MAX_UNACKNOWLEDGED = 10_000


class PlainProducer:
    """Idempotent, acknowledged by all replicas. `send` waits by itself when too much is unacknowledged."""

    def __init__(self, settings: KafkaSettings, compression: Compression | None = None) -> None:
        self._settings = settings
        self._pending: list[Any] = []
        with readable_errors("opening a producer", settings):
            self._producer = KafkaProducer(
                **connection(settings),
                acks="all",
                enable_idempotence=True,
                compression_type=compression,
                linger_ms=5,
                batch_size=256 * 1024,
                max_block_ms=settings.connect_timeout_ms,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def send(self, record: Outgoing) -> None:
        """Queue one record. Raises KafkaError where Kafka refused this one or an earlier one."""
        with readable_errors(f"publishing to {record.topic}", self._settings):
            self._pending.append(
                self._producer.send(record.topic, value=record.value, key=record.key, headers=list(record.headers))
            )
        if len(self._pending) >= MAX_UNACKNOWLEDGED:
            self.flush()

    def send_all(self, records: Sequence[Outgoing]) -> None:
        """Queue all of `records` and wait until they are acknowledged."""
        for record in records:
            self.send(record)
        self.flush()

    def flush(self) -> None:
        """Wait until all records are acknowledged. Raises KafkaError where one was not."""
        pending, self._pending = self._pending, []
        with readable_errors("publishing", self._settings):
            self._producer.flush(DELIVERY_TIMEOUT_MS / 1000)
        failed = [future for future in pending if not future.succeeded()]
        if failed:
            reason = failed[0].exception
            raise KafkaError(
                f"{len(failed)} of {len(pending)} records were not acknowledged: {type(reason).__name__}: {reason}"
            ) from (reason if isinstance(reason, ClientError) else None)

    def close(self) -> None:
        """Close without waiting for what is not flushed."""
        with suppress(ClientError):  # the client flushes all the same, and raises where that takes too long
            self._producer.close(timeout=CLOSE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self.close()
