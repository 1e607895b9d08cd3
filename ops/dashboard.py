"""The Grafana dashboard as code: `python -m ops.dashboard` writes ops/dashboard.json, `--check` fails where it is stale.

The file is Grafana's own format (dashboard JSON model); import it, and choose the Prometheus that scrapes the workers.
"""

import json
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("dashboard.json")
WIDTH, HEIGHT, COLUMNS = 8, 7, 24  # of a panel, and of the grid, in Grafana's grid units
FLAGGED = 'jikimi_decisions_total{action!="allow"}'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
Json = dict[str, object]


class Panel(NamedTuple):
    """One panel: its title, Grafana's name of the unit, and by legend what it draws."""

    title: str
    unit: str
    queries: dict[str, str]
    kind: str = "timeseries"


def _rate(metric: str, by: str = "") -> str:
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}[$__rate_interval]))"


def _quantiles(metric: str) -> dict[str, str]:
    return {
        f"p{round(100 * q)}": f"histogram_quantile({q}, {_rate(f'{metric}_bucket', 'le')})" for q in (0.5, 0.9, 0.99)
    }


ROWS: dict[str, list[Panel]] = {
    "At a glance": [
        Panel("Workers that answer", "short", {"workers": 'sum(up{job="jikimi-worker"})'}, "stat"),
        Panel("Records waiting", "short", {"records": "sum(jikimi_lag_records)"}, "stat"),
        Panel("Release", "short", {"{{release}}": "count by (release) (jikimi_release_info)"}, "stat"),
        Panel(
            "Workers by the strongest action allowed", "short", {"{{action}}": "sum by (action) (jikimi_max_action)"}
        ),
        Panel("Checks that fail", "short", {"{{instance}}: {{check}}": "jikimi_ready == 0"}),
    ],
    "Stream": [
        Panel(
            "Records in",
            "ops",
            {
                "posts": _rate("jikimi_posts_total"),
                "deletions": _rate("jikimi_deletions_total"),
                "feedback": _rate("jikimi_feedback_total"),
            },
        ),
        Panel("Lag", "short", {"{{topic}}": "sum by (topic) (jikimi_lag_records)"}),
        Panel("From the record's time to the commit of its decision", "s", _quantiles("jikimi_latency_seconds")),
        Panel(
            "Time of a micro-batch in a stage, mean",
            "s",
            {
                "{{stage}}": f"{_rate('jikimi_stage_seconds_sum', 'stage')} / {_rate('jikimi_stage_seconds_count', 'stage')}"
            },
        ),
        Panel("Records in a micro-batch", "short", _quantiles("jikimi_batch_records")),
        Panel("Micro-batch, as a share of the most it may hold", "percentunit", _quantiles("jikimi_batch_fill_ratio")),
        Panel(
            "Micro-batches",
            "ops",
            {"committed": _rate("jikimi_batches_total"), "failed": _rate("jikimi_transactions_failed_total")},
        ),
        Panel("Micro-batches in flight", "short", {"{{instance}}": "jikimi_batches_in_flight"}),
        Panel("Partitions", "short", {"{{instance}}": "jikimi_assigned_partitions"}),
        Panel(
            "Generations joined, and recoveries within one",
            "short",
            {
                "{{instance}}": "increase(jikimi_rebalances_total[$__rate_interval])",
                "{{instance}} recoveries": "increase(jikimi_recoveries_total[$__rate_interval])",
            },
        ),
    ],
    "Decisions": [
        Panel("Decisions by action", "ops", {"{{action}}": _rate("jikimi_decisions_total", "action")}),
        Panel(
            "Share flagged",
            "percentunit",
            {"flagged": f"{_rate(FLAGGED)} / {_rate('jikimi_decisions_total')}"},
        ),
        Panel("Flagged by label", "ops", {"{{label}}": _rate("jikimi_flagged_labels_total", "label")}),
        Panel("Flagged by community", "ops", {"{{community}}": _rate(FLAGGED, "community")}),
        Panel("Flags by cause", "ops", {"{{cause}}": _rate("jikimi_flags_total", "cause")}),
        Panel("Decided with something missing", "ops", {"{{reason}}": _rate("jikimi_degraded_total", "reason")}),
        Panel(
            "Records that are not as documented",
            "ops",
            {
                "dead letter: {{code}}": _rate("jikimi_dead_letters_total", "code"),
                "key is not the id": _rate("jikimi_key_mismatches_total"),
                "headers cut": _rate("jikimi_headers_cut_total"),
            },
        ),
    ],
    "Bank": [
        Panel("Exemplars", "short", {"{{instance}}": "jikimi_bank_exemplars"}),
        Panel("From a change to its effect", "s", _quantiles("jikimi_exemplar_delay_seconds")),
        Panel("Newest change", "dateTimeFromNow", {"{{instance}}": "jikimi_bank_version_milliseconds"}, "stat"),
        Panel(
            "Redis last heard",
            "s",
            {"{{instance}}": "jikimi_bank_age_seconds", "{{instance}} stale": "jikimi_bank_stale"},
        ),
    ],
    "Process": [
        Panel(
            "Memory",
            "bytes",
            {
                "{{instance}}": 'process_resident_memory_bytes{job="jikimi-worker"}',
                "{{instance}} scorer": "jikimi_scorer_memory_bytes",
            },
        ),
        Panel(
            "Scorer started again",
            "short",
            {"{{instance}}": "increase(jikimi_scorer_restarts_total[$__rate_interval])"},
        ),
        Panel(
            "Processor",
            "percentunit",
            {"{{instance}}": 'rate(process_cpu_seconds_total{job="jikimi-worker"}[$__rate_interval])'},
        ),
        Panel("Running for", "s", {"{{instance}}": 'time() - process_start_time_seconds{job="jikimi-worker"}'}, "stat"),
    ],
}


def dashboard() -> Json:
    """The whole dashboard in Grafana's JSON model."""
    return {
        "uid": "jikimi",
        "title": "Jikimi",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "tags": ["jikimi"],
        "templating": {
            "list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_placed()),
    }


def _placed() -> Iterator[Json]:
    ids, top = count(1), 0
    for title, panels in ROWS.items():
        yield {
            "id": next(ids),
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": _place(0, top, COLUMNS, 1),
        }
        top += 1
        for number, panel in enumerate(panels):
            line, column = divmod(number, COLUMNS // WIDTH)
            yield _panel(next(ids), panel, _place(column * WIDTH, top + line * HEIGHT, WIDTH, HEIGHT))
        top += -(-len(panels) // (COLUMNS // WIDTH)) * HEIGHT


def _place(x: int, y: int, w: int, h: int) -> Json:
    return {"x": x, "y": y, "w": w, "h": h}


def _panel(number: int, panel: Panel, place: Json) -> Json:
    targets = [
        {"refId": chr(ord("A") + order), "datasource": DATASOURCE, "expr": query, "legendFormat": legend}
        for order, (legend, query) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` compare it; returns the exit code."""
    text = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in arguments:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{FILE.name} is stale; `python -m ops.dashboard` writes it anew\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
