"""Every metric of a worker, in one typed list; docs/metrics.md explains each, and a test holds the two together.

Counters count what was committed, so a batch that is read again is counted once.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

MAX_LABEL_VALUES = 100  # labels, reasons: data of others; past this many values, further ones count as "other"

CounterName = Literal[
    "jikimi_posts_total",
    "jikimi_deletions_total",
    "jikimi_feedback_total",
    "jikimi_decisions_total",
    "jikimi_flagged_labels_total",
    "jikimi_flags_total",
    "jikimi_dead_letters_total",
    "jikimi_degraded_total",
    "jikimi_key_mismatches_total",
    "jikimi_batches_total",
    "jikimi_transactions_failed_total",
    "jikimi_rebalances_total",
]
GaugeName = Literal[
    "jikimi_assigned_partitions",
    "jikimi_lag_records",
    "jikimi_batches_in_flight",
    "jikimi_bank_exemplars",
    "jikimi_bank_version_milliseconds",
    "jikimi_bank_age_seconds",
    "jikimi_bank_stale",
    "jikimi_release_info",
]
HistogramName = Literal["jikimi_stage_seconds", "jikimi_batch_records", "jikimi_latency_seconds"]
Stage = Literal["decode", "score", "publish"]


class Definition(NamedTuple):
    """What a metric counts, and by which labels."""

    help: str
    labels: tuple[str, ...] = ()


COUNTERS: dict[CounterName, Definition] = {
    "jikimi_posts_total": Definition("posts decided, deletions not among them"),
    "jikimi_deletions_total": Definition("deletions of posts"),
    "jikimi_feedback_total": Definition("verdicts of moderators turned into flags"),
    "jikimi_decisions_total": Definition("decisions, by action", ("action",)),
    "jikimi_flagged_labels_total": Definition("labels of decisions that are not allow", ("label",)),
    "jikimi_flags_total": Definition("records on the flags topic, by cause", ("cause",)),
    "jikimi_dead_letters_total": Definition("records that could not be read, by code", ("code",)),
    "jikimi_degraded_total": Definition("decisions made with something missing, by what", ("reason",)),
    "jikimi_key_mismatches_total": Definition("posts whose key is not their id"),
    "jikimi_batches_total": Definition("micro-batches committed"),
    "jikimi_transactions_failed_total": Definition("transactions that failed and whose records were read again"),
    "jikimi_rebalances_total": Definition("generations of the group that this worker joined"),
}
GAUGES: dict[GaugeName, Definition] = {
    "jikimi_assigned_partitions": Definition("partitions that are this worker's"),
    "jikimi_lag_records": Definition("records not read yet, of a partition of this worker's", ("topic", "partition")),
    "jikimi_batches_in_flight": Definition("micro-batches between source and commit"),
    "jikimi_bank_exemplars": Definition("exemplars in the bank"),
    "jikimi_bank_version_milliseconds": Definition(
        "when the newest change in the bank was made, Redis time since 1970"
    ),
    "jikimi_bank_age_seconds": Definition("time since the bank last heard from Redis"),
    "jikimi_bank_stale": Definition("1 while the bank can't follow Redis"),
    "jikimi_release_info": Definition("1 for the release in use", ("release",)),
}
HISTOGRAMS: dict[HistogramName, tuple[Definition, tuple[float, ...]]] = {
    "jikimi_stage_seconds": (
        Definition("time of one micro-batch in a stage", ("stage",)),
        (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    ),
    "jikimi_batch_records": (Definition("records in a micro-batch"), (1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500)),
    "jikimi_latency_seconds": (
        Definition("from the record's timestamp to the commit of its decision"),
        (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600),
    ),
}


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._counters = {
            name: Counter(name, each.help, each.labels, registry=self.registry) for name, each in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(name, each.help, each.labels, registry=self.registry) for name, each in GAUGES.items()
        }
        self._histograms = {
            name: Histogram(name, each.help, each.labels, buckets=buckets, registry=self.registry)
            for name, (each, buckets) in HISTOGRAMS.items()
        }
        self._label_values: dict[CounterName, set[str]] = {}

    def count(self, name: CounterName, amount: int = 1, value: str | None = None) -> None:
        """Add `amount` to a counter, where it has a label under `value`."""
        counter = self._counters[name]
        (counter if value is None else counter.labels(self._bounded(name, value))).inc(amount)

    def set(self, name: GaugeName, value: float, *labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def forget(self, name: GaugeName) -> None:
        """Drop all values of a gauge that has labels."""
        self._gauges[name].clear()

    def stage(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage took for one micro-batch."""
        self._histograms["jikimi_stage_seconds"].labels(stage).observe(seconds)

    def observe(self, name: Literal["jikimi_batch_records", "jikimi_latency_seconds"], values: Iterable[float]) -> None:
        """Add values to a histogram."""
        histogram = self._histograms[name]
        for value in values:
            histogram.observe(value)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def _bounded(self, name: CounterName, value: str) -> str:
        known = self._label_values.setdefault(name, set())
        if value not in known and len(known) >= MAX_LABEL_VALUES:
            return "other"
        known.add(value)
        return value
