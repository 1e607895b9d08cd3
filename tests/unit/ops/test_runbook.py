"""docs/runbook.md: the kill switch first, a section for each alert, and no command that does not exist."""

import re

import pytest
import typer.main

from jikimi.__main__ import app
from tests.unit.ops.metrics import ROOT, definitions
from tests.unit.ops.test_alerts import RULES

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ALERTS = [rule["alert"] for rule in RULES]


def test_the_first_line_is_the_kill_switch() -> None:
    """Whoever opens the page in a hurry reads that first."""
    first = RUNBOOK.splitlines()[0]
    assert first.startswith("**Kill switch:**")
    assert "jikimi policy set max_action review" in first


def test_each_alert_has_its_section_and_no_section_is_left_over() -> None:
    """Same names, same order: the page follows the rules."""
    assert re.findall(r"^### (Jikimi\w+)$", RUNBOOK, re.MULTILINE) == ALERTS


@pytest.mark.parametrize("alert", ALERTS)
def test_a_section_says_something(alert: str) -> None:
    """An empty section is no help at three in the morning."""
    section = RUNBOOK.split(f"### {alert}\n")[1].split("\n#")[0]
    assert len(section.split()) > 15


def test_metrics_that_the_page_names_exist() -> None:
    """Nobody looks for a metric that is gone."""
    named = set(re.findall(r"\bjikimi_\w+", RUNBOOK))
    assert named
    assert named <= set(definitions())


def test_commands_that_the_page_names_exist() -> None:
    """Every `jikimi …` of the page is a command of the program."""
    named = set(re.findall(r"\bjikimi ([a-z-]+)(?: ([a-z-]+))?", RUNBOOK))
    assert ("policy", "set") in named
    missing = [" ".join(words) for words in named if not _is_command(*words)]
    assert missing == []


def _is_command(first: str, second: str) -> bool:
    command = typer.main.get_group(app).commands.get(first)
    subcommands: dict[str, object] = getattr(command, "commands", {})
    return command is not None and (not subcommands or second in subcommands)
