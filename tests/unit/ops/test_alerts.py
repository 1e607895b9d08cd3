"""The alert rules: right by promtool, each with a case where it fires and one where it does not, on metrics that exist."""

import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.unit.ops.metrics import OPS, definitions, named_in, needs_promtool, selectors_in, series

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
CASES: list[dict[str, Any]] = [
    case for test in yaml.safe_load((OPS / "alerts_test.yml").read_text())["tests"] for case in test["alert_rule_test"]
]


def promtool(*arguments: str) -> None:
    """Run promtool in ops/; its output is the failure's message."""
    program = shutil.which("promtool") or "promtool"
    done = subprocess.run([program, *arguments], cwd=OPS, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_every_case_of_the_rules_holds() -> None:
    """Promtool runs each rule over its series: what must fire fires, and nothing else."""
    promtool("test", "rules", "alerts_test.yml")


@needs_promtool
def test_prometheus_takes_the_configuration() -> None:
    """The file that compose mounts is one that Prometheus starts with."""
    promtool("check", "config", "--syntax-only", "prometheus.yml")


def test_there_are_rules() -> None:
    """The tests below have something to look at, and no name is given twice."""
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_fires_in_one_case_and_not_in_another(rule: dict[str, Any]) -> None:
    """A rule that never fires, or always, would pass with half of them; one series among several that fires counts for both."""
    expected = [case["exp_alerts"] for case in CASES if case["alertname"] == rule["alert"]]
    assert any(expected), "no case where it fires"
    assert [] in expected or rule["alert"] in PICKS_ONE_OF_SEVERAL, "no case where it must not fire"


PICKS_ONE_OF_SEVERAL = {  # their cases hold a second series that must stay quiet
    "JikimiWorkerRestarts",
    "JikimiRebalances",
    "JikimiMemoryGrows",
    "JikimiDeadLetters",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_that_a_worker_has(rule: dict[str, Any]) -> None:
    """No rule waits for a metric, or for a label of one, that nobody exports."""
    assert named_in(rule["expr"]) <= series()
    for metric, label in selectors_in(rule["expr"]):
        assert label in definitions()[metric].labels


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_how_urgent_it_is(rule: dict[str, Any]) -> None:
    """Severity is one of two, and the summary is a sentence for the person it wakes."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
