"""The stream: source -> score -> publish, each in threads of its own, exactly once.

Scoring has two threads: one asks about the next micro-batch while the other waits for the answer to the last, so that the processes
that score never wait for this one.
"""

import logging
import threading
import time
from collections.abc import Callable

from consumer.errors import ConsumerError, TransactionFailedError
from consumer.gauges import Gauges, Moment
from consumer.intake import Batch, Intake
from consumer.kafka.group import GroupConsumer
from consumer.kafka.types import Partition
from consumer.metrics import Metrics
from consumer.outputs import outputs_of
from consumer.pipes import InFlight, Pipe
from consumer.scoring import FailureBrake, ScorerStatus, TwoStepScorer, decisions_of, posts_of
from consumer.settings import WorkerSettings
from consumer.tally import count_committed
from consumer.transaction import Transactions
from consumer.watchdog import Watchdog

log = logging.getLogger(__name__)

REOPEN_SECONDS = 0.5
LAG_SECONDS = 1.0
POLL_SILENCE_SECONDS = 30.0  # a source that has not polled for so long is not ready: the stages behind it stand still


class Worker:
    """One worker. `run` works in the caller's thread until `stop`, or until something ends it."""

    def __init__(
        self,
        *,
        settings: WorkerSettings,
        consumer: GroupConsumer,
        transactions: Transactions,
        scorer: TwoStepScorer,
        status: Callable[[], ScorerStatus],
        watchdog: Watchdog,
        metrics: Metrics,
    ) -> None:
        self._settings, self._consumer, self._transactions = settings, consumer, transactions
        self._scorer, self._status, self._watchdog = scorer, status, watchdog
        self.metrics = metrics
        # Of those that wait to be scored one waits with the scorer.
        self._decoded: Pipe[Batch] = Pipe(settings.queued_batches - 1)
        self._asked: Pipe[Batch] = Pipe(1)
        self._scored: Pipe[Batch] = Pipe(settings.queued_batches)
        self._in_flight = InFlight()
        self._intake = Intake(consumer, settings, self._decoded, self._in_flight, metrics)
        self._brake = FailureBrake(settings.own_failures_limit)
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._failing_since: float | None = None
        self._stages: list[threading.Thread] = []
        self._gauges = Gauges(metrics)
        self._lag: dict[Partition, int] = {}
        self._lag_at = 0.0

    def run(self) -> None:
        """Work until `stop`; then finish what is in flight, commit it and leave the group. Raises what ended it otherwise."""
        self._stages = [
            self._start("ask", self._ask, self._asked),
            self._start("score", self._score, self._scored),
            self._start("publish", self._publish),
        ]
        try:
            self._intake.run_until(self._stopping)
        finally:
            self._decoded.close()
            self._join()
            self._consumer.close()
        if self._failures:
            raise self._failures[0]

    def stop(self) -> None:
        """Ask `run` to finish. May be called from a signal handler or any thread."""
        self._stop.set()

    def live(self) -> dict[str, bool]:
        """Whether all stages run."""
        return {"stages": not self._failures and all(each.is_alive() for each in self._stages)}

    def ready(self) -> dict[str, bool]:
        """Whether posts are decided as they should be."""
        silence = time.monotonic() - self._intake.polled_at
        return {
            "partitions": self._intake.settled,
            "kafka": self._failing_since is None
            and silence < POLL_SILENCE_SECONDS
            and self._consumer.silence_seconds() * 1000 < self._settings.session_timeout_ms,
            "bank": not self._status().bank_stale,
        }

    def metrics_text(self) -> bytes:
        """All metrics as of now, in Prometheus' text format."""
        return self._gauges.text(Moment(self._status(), self.ready(), self._lag, self._in_flight.count))

    def _stopping(self) -> bool:
        now = time.monotonic()
        if now - self._lag_at >= LAG_SECONDS:  # here, because only the source's thread may ask the consumer
            self._lag_at, self._lag = now, self._consumer.lag()
        return self._stop.is_set()

    def _ask(self) -> None:
        while self._asked.wait_for_room() and (batch := self._decoded.get()) is not None:
            if not batch.adoption.broken:
                with self._watchdog.limit("ask", self._settings.score_limit_seconds):
                    self._scorer.ask(posts_of(batch.items))
                batch.asked = True
            self._asked.put(batch)

    def _score(self) -> None:
        while (batch := self._asked.get()) is not None:
            if batch.asked:
                started = time.perf_counter()
                with self._watchdog.limit("score", self._settings.score_limit_seconds):
                    batch.decisions = decisions_of(batch.items, self._scorer.answer(), self._status())
                self._brake.check(batch.decisions)
                self.metrics.stage("score", time.perf_counter() - started)
            self._scored.put(batch)

    def _publish(self) -> None:
        while (batch := self._scored.get()) is not None:
            if not batch.adoption.broken:
                self._commit(batch)
            self._in_flight.done()
        with self._watchdog.limit("publish", self._settings.publish_limit_seconds):
            self._transactions.close()

    def _commit(self, batch: Batch) -> None:
        started = time.perf_counter()
        status, topics = self._status(), self._settings.topics
        outputs = [outputs_of(*each, topics, status) for each in zip(batch.items, batch.decisions, strict=True)]
        try:
            with self._watchdog.limit("publish", self._settings.publish_limit_seconds):
                self._transactions.publish(
                    [record for each in outputs for record in each.records], batch.offsets, batch.adoption.membership
                )
        except TransactionFailedError as error:
            batch.adoption.broken = True
            self.metrics.count("jikimi_transactions_failed_total")
            log.warning("transaction failed", extra={"records": len(batch.items), "error": str(error)})
            self._recover(error)
        else:
            self._failing_since = None
            self.metrics.stage("publish", time.perf_counter() - started)
            causes = [each.cause for each in outputs if each.cause]
            count_committed(self.metrics, batch, self._settings.batch_size, causes)

    def _recover(self, error: TransactionFailedError) -> None:
        """Take the id over anew, so that the failed transaction is settled before its records are read again."""
        self._failing_since = self._failing_since or time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - self._failing_since > self._settings.outage_limit_seconds:
                raise error
            try:
                with self._watchdog.limit("publish", self._settings.publish_limit_seconds):
                    self._transactions.open()
            except TransactionFailedError as again:
                error = again
                self._stop.wait(REOPEN_SECONDS)
            else:
                return

    def _start(self, name: str, stage: Callable[[], None], output: Pipe[Batch] | None = None) -> threading.Thread:
        thread = threading.Thread(target=self._guarded, args=(stage, output), name=name, daemon=True)
        thread.start()
        return thread

    def _guarded(self, stage: Callable[[], None], output: Pipe[Batch] | None) -> None:
        """Run a stage; its failure ends the worker and is raised by `run`, not lost with the thread."""
        try:
            stage()
        except BaseException as error:  # noqa: BLE001  # raised again by run
            self._failures.append(error)
            self._stop.set()
            for each in (self._decoded, self._asked, self._scored):
                each.close()
        finally:
            if output is not None:
                output.close()

    def _join(self) -> None:
        deadline = time.monotonic() + self._settings.shutdown_limit_seconds
        for stage in self._stages:
            stage.join(max(0.0, deadline - time.monotonic()))
        if any(stage.is_alive() for stage in self._stages):
            self._failures.append(
                ConsumerError(
                    f"{self._in_flight.count} micro-batches were not finished within {self._settings.shutdown_limit_seconds:g} s; "
                    f"they will be read again. Raise shutdown_limit_seconds if scoring a batch takes that long"
                )
            )
