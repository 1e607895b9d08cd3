"""The metrics of one worker in Prometheus' client.

Counters count what was committed, so a batch that is read again is counted once.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from consumer.metric_list import COUNTERS, GAUGES, HISTOGRAMS, CounterName, GaugeName, HistogramName, Stage

MAX_LABEL_VALUES = 100  # labels, communities: data of others; past this many values, further ones count as "other"

PlainHistogram = Literal[
    "jikimi_batch_records", "jikimi_batch_fill_ratio", "jikimi_latency_seconds", "jikimi_exemplar_delay_seconds"
]


class Metrics:
    """A registry of their own, with every metric of the list."""

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
        self._histograms: dict[HistogramName, Histogram] = {
            name: Histogram(name, each.help, each.labels, buckets=buckets, registry=self.registry)
            for name, (each, buckets) in HISTOGRAMS.items()
        }
        self._label_values: dict[tuple[CounterName, int], set[str]] = {}

    def count(self, name: CounterName, *values: str, amount: int = 1) -> None:
        """Add `amount` to a counter, where it has labels under their `values`."""
        counter = self._counters[name]
        bounded = [self._bounded(name, place, value) for place, value in enumerate(values)]
        (counter.labels(*bounded) if bounded else counter).inc(amount)

    def set(self, name: GaugeName, value: float) -> None:
        """Set a gauge that has no labels."""
        self._gauges[name].set(value)

    def replace(self, name: GaugeName, values: Mapping[tuple[str, ...], float]) -> None:
        """Set a gauge that has labels to `values` by label values, and drop what it had."""
        gauge = self._gauges[name]
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)

    def stage(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage took for one micro-batch."""
        self._histograms["jikimi_stage_seconds"].labels(stage).observe(seconds)

    def observe(self, name: PlainHistogram, values: Iterable[float]) -> None:
        """Add values to a histogram."""
        histogram = self._histograms[name]
        for value in values:
            histogram.observe(value)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def _bounded(self, name: CounterName, place: int, value: str) -> str:
        known = self._label_values.setdefault((name, place), set())
        if value not in known and len(known) >= MAX_LABEL_VALUES:
            return "other"
        known.add(value)
        return value
