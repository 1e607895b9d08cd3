"""What connects the stages: bounded pipes, and the count of what is under way."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Pipe(Generic[T]):
    """A bounded queue that can be closed. Any thread may call any method. Of capacity 0 it holds only what somebody waits for."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: deque[T] = deque()
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, timeout_seconds: float | None = None) -> bool:
        """Put `item` once there is room. False, and `item` is not taken, on time-out or when the pipe is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(), timeout_seconds)
            if self._closed or not self._has_room():
                return False
            self._held.append(item)
            self._changed.notify_all()
            return True

    def wait_for_room(self) -> bool:
        """Wait until `put` would not; False when the pipe is closed. It holds for the only thread that puts."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room())
            return not self._closed

    def get(self) -> T | None:
        """The next item once there is one; None when the pipe is closed and empty."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or self._held)
            self._waiting -= 1
            item = self._held.popleft() if self._held else None
            self._changed.notify_all()
            return item

    def _has_room(self) -> bool:
        return len(self._held) < max(self._capacity, self._waiting)

    def close(self) -> None:
        """Take nothing more; what is inside can still be had."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class InFlight:
    """How many micro-batches are between the source and the end of their transaction."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """At this moment."""
        return self._count

    def add(self) -> None:
        """One more."""
        with self._changed:
            self._count += 1

    def done(self) -> None:
        """One less, committed or dropped."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_idle(self, timeout_seconds: float) -> bool:
        """Wait until nothing is in flight; False on time-out."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout_seconds)
