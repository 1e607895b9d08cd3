"""`--report` on the command line."""

import json
from pathlib import Path

from jikimi.samples import SAMPLE_POSTS, SAMPLES
from tests.unit.jikimi.report.pages import Page
from tests.unit.jikimi.test_cli import jikimi

CAMPAIGNS = Path(__file__).parents[3] / "data/campaigns/tune.jsonl"


def test_a_report_is_written_beside_what_is_printed(tmp_path: Path) -> None:
    """The folder is made; the texts stay in it; what is printed are the report's measures."""
    done = jikimi("evaluate", "head", str(SAMPLES / SAMPLE_POSTS[0]), "--report", "a/b", "--json", folder=tmp_path)
    stored = json.loads((tmp_path / "a/b/report.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == stored["measures"]
    assert done.stderr == "report: a/b/report.html\n"
    texts = [text for kind in stored["cases"] for case in kind["cases"] for text in case["texts"]]
    assert texts
    assert not [text for text in texts if text in done.stdout]


def test_a_report_on_a_bank_is_of_its_campaigns(tmp_path: Path) -> None:
    """With the release's thresholds and the samples' exemplars in the bank."""
    done = jikimi("evaluate", "bank", str(CAMPAIGNS), "--report", "r", "--json", folder=tmp_path)
    stored = json.loads((tmp_path / "r/report.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == {"release": json.loads(done.stdout)["release"], **stored["measures"]}
    assert Page(tmp_path / "r").ids("picture") == ["precision-recall", "scores"]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    """Where a file stands in its way."""
    (tmp_path / "file").touch()
    done = jikimi("evaluate", "head", "--report", "file/r", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: file/r can't be written (Not a directory): give --report another folder\n"


def test_a_report_is_of_posts_judged(tmp_path: Path) -> None:
    """Asked for beside another measure it is misuse, not forgotten."""
    done = jikimi("evaluate", "head", "--attacks", "--report", "r", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave --on and --attacks out" in done.stderr
