"""A worker as a process: slot, clients, health endpoint, signals, exit code."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import NamedTuple

from consumer import heap
from consumer.child import Build
from consumer.errors import ConsumerError, KafkaError, TopicError
from consumer.health import HealthServer
from consumer.isolation import IsolatedScorer, Limits
from consumer.kafka.admin import remove_members, topic_differences
from consumer.kafka.group import GroupConsumer
from consumer.kafka.transactional import TransactionalProducer
from consumer.metrics import Metrics
from consumer.scoring import InProcess, ScorerProtocol, ScorerStatus, TwoStepScorer
from consumer.settings import KafkaSettings, WorkerSettings
from consumer.slots import hold_slot, slot_folder
from consumer.transaction import Transactions
from consumer.watchdog import Watchdog
from consumer.worker import Worker

log = logging.getLogger(__name__)


class _Scoring(NamedTuple):
    """A scorer, what it says of itself, and what must be entered before it can score."""

    scorer: TwoStepScorer
    status: Callable[[], ScorerStatus]
    loading: AbstractContextManager[object]


def run_worker(
    kafka: KafkaSettings,
    settings: WorkerSettings,
    scorer: ScorerProtocol,
    status: Callable[[], ScorerStatus],
    on_start: Callable[[Worker, str], object] | None = None,
) -> int:
    """Run one worker until SIGTERM or SIGINT. Returns the exit code: 0 asked to stop, else as `consumer.errors` says.

    `on_start` gets the worker, which it may stop, and the health endpoint's `host:port`.
    """
    return _run(kafka, settings, _Scoring(InProcess(scorer, status), status, nullcontext()), on_start)


def run_isolated_worker(
    kafka: KafkaSettings,
    settings: WorkerSettings,
    build: Build,
    on_start: Callable[[Worker, str], object] | None = None,
    *,
    modules: Sequence[str] = (),
) -> int:
    """`run_worker` with the scorer that `build` makes in processes of its own, where a text that hangs it can be cut off.

    `modules` are those that `build` needs, by name: they are imported once for all these processes.
    """
    limits = Limits(
        batch=settings.score_batch_limit_seconds,
        post=settings.score_post_limit_seconds,
        start=settings.score_start_limit_seconds,
    )
    scorer = IsolatedScorer(build, limits, min(settings.scorers, _cores()), modules)
    return _run(kafka, settings, _Scoring(scorer, scorer.status, scorer), on_start)


def _cores() -> int:
    """Cores that this process may use, where the system tells; all of the machine's otherwise."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(
    kafka: KafkaSettings,
    settings: WorkerSettings,
    scoring: _Scoring,
    on_start: Callable[[Worker, str], object] | None,
) -> int:
    heap.return_large_blocks()
    try:
        with ExitStack() as held:
            worker, health = _build(kafka, settings, scoring, held)
            held.callback(heap.unsettle)
            heap.settle()
            if on_start is not None:
                on_start(worker, health)
            worker.run()
    except ConsumerError as error:
        log.error("the worker ends", extra={"error": str(error), "exit_code": error.exit_code})  # noqa: TRY400  # for people, no trace
        return error.exit_code
    log.info("the worker ends as asked")
    return 0


def _build(
    kafka: KafkaSettings,
    settings: WorkerSettings,
    scoring: _Scoring,
    held: ExitStack,
) -> tuple[Worker, str]:
    _check_topics(kafka, settings)
    transactional_id = held.enter_context(hold_slot(settings.group, settings.slot, slot_folder(settings.slot_folder)))
    watchdog, metrics = Watchdog(), Metrics()
    watchdog.start()
    held.callback(watchdog.stop)
    transactions = Transactions(lambda: TransactionalProducer(kafka, transactional_id, settings.transaction_timeout_ms))
    # Before the first committed offset is read: an earlier process of this slot may have left a commit open.
    with watchdog.limit("publish", settings.publish_limit_seconds):
        transactions.open()
    _remove_predecessor(kafka, settings.group, transactional_id)
    with watchdog.limit("start", settings.score_limit_seconds):
        held.enter_context(scoring.loading)  # takes seconds, in which the others of the group have the partitions
    worker = Worker(
        settings=settings,
        consumer=GroupConsumer(kafka, settings, transactional_id),
        transactions=transactions,
        scorer=scoring.scorer,
        status=scoring.status,
        watchdog=watchdog,
        metrics=metrics,
    )
    server = HealthServer(settings.health_address, settings.health_port, worker.live, worker.ready, worker.metrics_text)
    held.enter_context(server)
    held.enter_context(_stopped_by_signals(worker))
    log.info("worker started", extra={"transactional_id": transactional_id, "health": server.address})
    return worker, server.address


def _remove_predecessor(kafka: KafkaSettings, group: str, transactional_id: str) -> None:
    """Let the group go on at once where this slot's last process was killed; fenced by now, it could not commit any more.

    It only saves time, so a failure (a coordinator that is away, say) is no reason not to start.
    """
    try:
        removed = remove_members(kafka, group, transactional_id)
    except KafkaError as error:
        log.info("the group keeps its members until they time out", extra={"error": str(error)})
        return
    if removed:
        log.info("removed what a killed process of this slot left in the group", extra={"members": removed})


def _check_topics(kafka: KafkaSettings, settings: WorkerSettings) -> None:
    differences = topic_differences(kafka, settings.topics)
    missing = [each for each in differences if each.endswith("is missing")]
    if missing:
        raise TopicError(f"{'; '.join(missing)}. `jikimi topics create` makes them")
    for each in differences:
        log.warning("a topic is not as documented", extra={"difference": each})


@contextmanager
def _stopped_by_signals(worker: Worker) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: worker.stop()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
