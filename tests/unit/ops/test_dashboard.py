"""The Grafana dashboard: fresh, on metrics that exist, and none forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import dashboard
from tests.unit.ops.metrics import definitions, named_in, needs_promtool, selectors_in, series
from tests.unit.ops.test_alerts import promtool

QUERIES = [query for row in dashboard.ROWS.values() for panel in row for query in panel.queries.values()]
LEFT_OUT: set[str] = set()  # metrics that are no use on a dashboard, each with its reason beside it; none so far


def test_the_committed_file_is_fresh() -> None:
    """`python -m ops.dashboard` would change nothing."""
    assert dashboard.main(["--check"]) == 0


def test_a_stale_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails on an old file and on none, and writing mends both."""
    monkeypatch.setattr(dashboard, "FILE", tmp_path / "dashboard.json")
    assert dashboard.main(["--check"]) == 1
    dashboard.FILE.write_text("{}")
    assert dashboard.main(["--check"]) == 1
    assert "dashboard.json is stale" in capsys.readouterr().err
    assert dashboard.main([]) == 0
    assert dashboard.main(["--check"]) == 0


def test_every_query_asks_for_metrics_that_a_worker_has() -> None:
    """No panel stays empty because of a name."""
    assert QUERIES
    for query in QUERIES:
        assert named_in(query)
        assert named_in(query) <= series()
        assert all(label in definitions()[metric].labels for metric, label in selectors_in(query))


def test_every_metric_of_a_worker_is_on_the_dashboard() -> None:
    """Whoever adds a metric shows it, or says here why not."""
    shown = {name for query in QUERIES for name in named_in(query)}
    missing = {name for name in definitions() if not any(each.startswith(name) for each in shown)}
    assert missing == LEFT_OUT


def test_panels_do_not_overlap() -> None:
    """Each cell of Grafana's grid belongs to one panel at most, and ids are unique."""
    panels: list[Any] = json.loads(dashboard.FILE.read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)) > 0
    assert max(x for x, _ in cells) < dashboard.COLUMNS
    assert len({panel["id"] for panel in panels}) == len(panels)


@needs_promtool
def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    """Promtool parses the queries, written as recording rules."""
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(QUERIES)
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(file))
