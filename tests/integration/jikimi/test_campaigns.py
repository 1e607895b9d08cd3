"""`jikimi evaluate bank`: the campaigns that are kept for tuning, against the release that ships."""

import json
import shutil
from pathlib import Path

import pytest

from classifier.release import load_release
from tests.integration.jikimi.cli import ROOT, Cli
from tests.unit.embeddings.miniature import write_data

TUNE = ROOT / "tests/data/campaigns/tune.jsonl"


@pytest.fixture
def alone(tmp_path: Path) -> Cli:
    """The command line with no server anywhere, beside the campaigns."""
    shutil.copy(TUNE, tmp_path)
    return Cli("127.0.0.1:1", "redis://127.0.0.1:1/0", tmp_path)


def test_measures_by_kind_and_view_at_the_thresholds_of_the_release(alone: Cli) -> None:
    """Copies are found, innocents are not; a program reads it."""
    (found,) = alone.json_lines("evaluate", "bank", "tune.jsonl", "--json")
    release = load_release()

    assert found["release"] == release.name
    assert found["thresholds"] == {view: round(value, 3) for view, value in release.view_thresholds.items()}
    assert found["found"]["light"]["together"] >= 97
    assert found["found"]["obfuscated"]["together"] >= 90
    assert 0 <= found["found"]["reworded"]["together"] <= found["found"]["light"]["together"]
    assert found["neighbours_flagged"]["together"] <= 3
    assert found["false_matches"] == {}


def test_people_read_a_table(alone: Cli) -> None:
    """A row for each kind and each source of normal posts, a column for each view."""
    write_data(alone.folder / "data")
    shown = alone.run("evaluate", "bank", "tune.jsonl", "--data", "data", "--posts", "20").stdout
    rows = {line.split()[0]: len(line.split()) for line in shown.splitlines() if line.startswith("  ")}

    assert rows == dict.fromkeys(("light", "obfuscated", "reworded", "neighbour", "nsmc", "petitions", "chatbot"), 5)
    assert all(view in shown for view in ("semantic", "lexical", "contact", "together"))


def test_campaigns_that_can_not_be_measured_say_the_mend(alone: Cli) -> None:
    """No traceback."""
    post = {"campaign": "a", "label": "scam", "role": "light", "text": "한 글"}
    (alone.folder / "none.jsonl").write_text(json.dumps(post) + "\n")
    refused = alone.run("evaluate", "bank", "none.jsonl", code=1)

    assert "campaign 'a' has 0 posts of role 'exemplar': give it one" in refused.stderr
    assert "Traceback" not in refused.stderr
