"""What the rules and the dashboard may name, and what they do name."""

import re
import shutil
from pathlib import Path

import pytest

from consumer.metric_list import COUNTERS, GAUGES, HISTOGRAMS, Definition
from consumer.metrics import Metrics

ROOT = Path(__file__).parents[3]
OPS = ROOT / "ops"

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed; it comes with Debian's package prometheus"
)


def definitions() -> dict[str, Definition]:
    """Every metric of a worker by its own name."""
    histograms = {name: definition for name, (definition, _) in HISTOGRAMS.items()}
    return dict([*COUNTERS.items(), *GAUGES.items(), *histograms.items()])


def series() -> set[str]:
    """Every name that can be asked of Prometheus: those of our metrics, of the client library, and `up`."""
    parts = {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "sum", "count")}
    library = {sample.name for metric in Metrics().registry.collect() for sample in metric.samples}
    return {*COUNTERS, *GAUGES, *parts, "up"} | {name for name in library if not name.startswith("jikimi_")}


def named_in(query: str) -> set[str]:
    """The names of series in a query."""
    return set(re.findall(r"\b(?:(?:jikimi|process|python)_\w+|up)\b", query))


def selectors_in(query: str) -> set[tuple[str, str]]:
    """(metric, label) for each label by which one of our metrics is selected."""
    found = re.findall(r"\b(jikimi_\w+)\{([^}]*)\}", query)
    return {(name, label) for name, inside in found for label in re.findall(r"(\w+)\s*[!=]", inside)}
