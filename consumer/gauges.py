"""What a worker is like at this moment, put into its metrics whenever somebody looks."""

import threading
from collections.abc import Mapping
from typing import NamedTuple

from consumer.kafka.types import Partition
from consumer.metrics import Metrics
from consumer.scoring import ScorerStatus
from contracts.decision import ACTIONS


class Moment(NamedTuple):
    """One look at a worker: the scorer's status, the checks of its readiness, its partitions with their lag, batches in flight."""

    status: ScorerStatus
    ready: Mapping[str, bool]
    lag: Mapping[Partition, int]
    in_flight: int


class Gauges:
    """Turns moments into metrics, as a whole: who asks in between gets the one before or the one after."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._restarts = self._changes = 0
        self._lock = threading.Lock()

    def text(self, moment: Moment) -> bytes:
        """The metrics as of `moment`, in Prometheus' text format."""
        with self._lock:
            self._set_worker(moment)
            self._set_scorer(moment.status)
            return self._metrics.text()

    def _set_worker(self, moment: Moment) -> None:
        metrics = self._metrics
        metrics.replace("jikimi_ready", {(name,): holds for name, holds in moment.ready.items()})
        metrics.replace(
            "jikimi_lag_records",
            {(place.topic, str(place.partition)): records for place, records in moment.lag.items()},
        )
        metrics.set("jikimi_assigned_partitions", len(moment.lag))
        metrics.set("jikimi_batches_in_flight", moment.in_flight)

    def _set_scorer(self, status: ScorerStatus) -> None:
        metrics = self._metrics
        metrics.set("jikimi_scorer_memory_bytes", status.memory_bytes)
        metrics.count("jikimi_scorer_restarts_total", amount=status.restarts - self._restarts)
        metrics.set("jikimi_bank_exemplars", status.exemplars)
        metrics.set("jikimi_bank_age_seconds", status.bank_age_seconds)
        metrics.set("jikimi_bank_stale", status.bank_stale)
        metrics.set("jikimi_bank_version_milliseconds", _milliseconds(status.bank))
        metrics.replace("jikimi_max_action", {(action,): action == status.max_action for action in ACTIONS})
        metrics.replace("jikimi_release_info", {(status.release,): 1})
        metrics.observe("jikimi_exemplar_delay_seconds", status.propagation.since(self._changes))
        self._restarts, self._changes = status.restarts, status.propagation.changes


def _milliseconds(stream_id: str) -> int:
    """The time in a Redis stream id; 0 for an empty bank's."""
    first = stream_id.partition("-")[0]
    return int(first) if first.isdigit() else 0
