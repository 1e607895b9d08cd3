"""The posts of one run: sample texts under ids that mark them, sent at a steady rate."""

import secrets
import time
from collections.abc import Callable
from itertools import cycle

from consumer.kafka import Outgoing, PlainProducer
from contracts.codec import encode
from contracts.post import Post
from contracts.times import utc_now
from jikimi.demo.records import sample_posts

TICK_SECONDS = 0.002


class Posts:
    """Numbered posts `load-RUN-NUMBER`, each due at a time that the rate fixes beforehand."""

    def __init__(self, topic: str, rate: float, count: int) -> None:
        self.count, self._topic, self._rate = count, topic, rate
        self._prefix = f"load-{secrets.token_hex(4)}-".encode()
        self.sent, self.started, self.ended = 0, 0.0, 0.0

    def send(self, producer: PlainProducer, progress: Callable[[int], object]) -> None:
        """Send all of them, each when it is due or as soon after as can be. Raises KafkaError."""
        texts = cycle(sample_posts())
        self.started = time.monotonic()
        while self.sent < self.count:
            due = min(self.count, int((time.monotonic() - self.started) * self._rate) + 1)
            for number in range(self.sent, due):
                sample, key = next(texts), self.key(number)
                post = Post(
                    id=key.decode(), text=sample["text"], title=sample.get("title"), created_at=utc_now().isoformat()
                )
                producer.send(Outgoing(self._topic, key, encode(post)))
                self.sent = number + 1
            progress(self.sent)
            time.sleep(TICK_SECONDS)
        producer.flush()
        self.ended = time.monotonic()

    def key(self, number: int) -> bytes:
        """Key and id of a post."""
        return self._prefix + str(number).encode()

    def number(self, key: bytes | None) -> int | None:
        """Which post of this run a key names, if any."""
        return int(key[len(self._prefix) :]) if key and key.startswith(self._prefix) else None

    def due_at(self, number: int) -> float:
        """When a post should be sent, on the monotonic clock.

        Latency counts from here: a sender that is held up must not make the stream look quicker than a member finds it.
        """
        return self.started + number / self._rate

    @property
    def rate(self) -> float:
        """Posts a second as they were really sent and acknowledged."""
        return self.sent / (self.ended - self.started)
