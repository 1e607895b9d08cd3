"""`jikimi train head --calibrate` and `jikimi evaluate head` as a user calls them."""

import json
from pathlib import Path

import pytest

from classifier.release import load_release
from classifier.sources import read_composed
from classifier.training import CORPUS
from tests.unit.jikimi.test_cli import jikimi


def test_thresholds_are_set_on_a_file_of_ones_own_posts(tmp_path: Path) -> None:
    """Without public data: the release of the settings gets other thresholds and another name."""
    posts = [post for post in read_composed(sorted(CORPUS.glob("*.jsonl"))) if not post.labels]
    lines = (json.dumps({"id": post.id, "title": post.title, "text": post.text}) for post in posts)
    (tmp_path / "normal.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ran = jikimi(
        "train", "head", "--calibrate", "normal.jsonl", "--fpr", "0.02", "--out", "made", "--json", folder=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    made = load_release(tmp_path / "made")
    assert json.loads(ran.stdout)["release"] == made.name
    assert made.head_thresholds != load_release().head_thresholds


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [(["train", "head", "--out", "made"], "--calibrate FILE"), (["evaluate", "head", "--on", "beep"], "--data FOLDER")],
)
def test_what_is_missing_is_named(tmp_path: Path, arguments: list[str], mend: str) -> None:
    """Misuse ends with 2, the mend and no traceback."""
    ran = jikimi(*arguments, folder=tmp_path)
    assert ran.returncode == 2
    assert mend in ran.stderr
    assert "Traceback" not in ran.stderr
