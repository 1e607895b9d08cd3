"""Ends a process whose call can't be cancelled: kafka-python may wait for ever, and so may an encoder.

No exception reaches a thread that hangs in C or waits on a condition without a limit. The supervisor starts the process
again, and the fixed transactional id settles what the hung transaction left behind.
"""

import faulthandler
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consumer.errors import EXIT_STUCK

log = logging.getLogger(__name__)

CHECK_SECONDS = 0.5


class Watchdog:
    """Holds a deadline for each thing under way. The clock (monotonic seconds) and the exit are given by tests."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, end_process: Callable[[int], object] = os._exit
    ) -> None:
        self._clock, self._end_process = clock, end_process
        self._deadlines: dict[str, float] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Check from a thread of its own until `stop`."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop checking."""
        self._stopped.set()

    @contextmanager
    def limit(self, what: str, seconds: float) -> Iterator[None]:
        """While the block runs, `what` may take `seconds`. One block for each `what` at a time."""
        self._deadlines[what] = self._clock() + seconds
        try:
            yield
        finally:
            del self._deadlines[what]

    def check(self) -> None:
        """End the process if a deadline has passed."""
        for what, deadline in tuple(self._deadlines.items()):
            if self._clock() > deadline:
                log.critical("stuck, the process ends; its supervisor must start it again", extra={"what": what})
                faulthandler.dump_traceback()  # to stderr: where it hangs, no values
                logging.shutdown()
                self._end_process(EXIT_STUCK)

    def _run(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            self.check()
