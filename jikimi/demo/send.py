"""Sending the records of the demo at a steady rate."""

import math
import threading
import time
from collections.abc import Iterable

from consumer.kafka import Outgoing, PlainProducer
from consumer.settings import KafkaSettings
from contracts.topics import POSTS
from jikimi.demo.records import Sent, endless, one_round

POSTS_A_SECOND = 100.0


class Sender:
    """Sends one round of samples, or rounds for the seconds given. `readable` must be decided, `unreadable` not."""

    def __init__(self, kafka: KafkaSettings, seconds: float | None) -> None:
        self._kafka, self._seconds = kafka, seconds
        self.readable = self.unreadable = 0

    def run(self, stop: threading.Event) -> None:
        """Send to the end, or until `stop`; all that was sent is acknowledged then. Raises KafkaError."""
        records: Iterable[Sent] = one_round(0) if self._seconds is None else endless()
        limit = math.inf if self._seconds is None else self._seconds
        started = time.monotonic()
        with PlainProducer(self._kafka) as producer:
            for number, record in enumerate(records):
                elapsed = time.monotonic() - started
                if elapsed > limit or stop.wait(max(0.0, number / POSTS_A_SECOND - elapsed)):
                    return
                producer.send(Outgoing(POSTS, record.key, record.value))
                self.readable += record.readable
                self.unreadable += not record.readable
