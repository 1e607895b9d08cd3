"""The report on a head: of the shipped one on the samples, and of heads made by hand."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.evaluation import Judged, judge, measure_head, table
from classifier.release import load_release
from classifier.sources import ComposedPost, read_composed
from embeddings.encoder import load_encoder
from embeddings.settings import EncoderSettings
from jikimi.report.head import head_report
from jikimi.report.parts import Report
from jikimi.report.writing import write_report
from jikimi.samples import SAMPLE_POSTS, SAMPLES
from tests.unit.jikimi.report.pages import Page, points

PICTURES = ["precision-recall", "reliability", "scores"]
LABELS = ("job", "scam")


@pytest.fixture(scope="module")
def shipped() -> Judged:
    """The shipped release on the sample posts."""
    release = load_release()
    encoder = load_encoder(release.encoder_settings(EncoderSettings(device="cpu")))
    return judge(release, encoder, read_composed([SAMPLES / name for name in SAMPLE_POSTS]))


def _post(name: str, *labels: str, text: str = "글") -> ComposedPost:
    return ComposedPost(name, "free", text, frozenset(labels), "plain")


def _judged(posts: list[ComposedPost], found: NDArray[np.float64]) -> Judged:
    truth = np.array([[label in post.labels for label in LABELS] for post in posts])
    return Judged("by hand", LABELS, posts, np.array([0.5, 0.6]), truth, found)


def test_the_pictures_show_the_numbers_of_the_json(shipped: Judged, tmp_path: Path) -> None:
    """One picture of each kind, a panel for each label; read back from where they are drawn, the points are the same."""
    write_report(head_report(shipped), tmp_path)
    page, report = Page(tmp_path), msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert page.ids("picture") == PICTURES == [picture.id for picture in report.pictures]
    for picture in report.pictures:
        panels = page.panels(picture.id)
        assert [panel.title.split(":")[0] for panel in picture.panels] == list(shipped.labels)
        assert len(panels) == len(picture.panels)
        for drawn, panel in zip(panels, picture.panels, strict=True):
            for place, series in enumerate(panel.series):
                shown = points(drawn, f"s{place}", picture.x, picture.y)
                if series.drawn == "steps":  # each point is the second of its two corners
                    shown = shown[1::2]
                assert series.points
                assert np.array(shown) == pytest.approx(np.array(series.points), abs=0.002)


def test_the_report_holds_the_measures_and_the_errors(shipped: Judged, tmp_path: Path) -> None:
    """What `--json` prints; a row of the confusion for each label and normal; every post judged wrong is in one list."""
    write_report(head_report(shipped), tmp_path)
    page, report = Page(tmp_path), msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert report.measures == measure_head(shipped)
    wrong = [
        post.whole_text
        for post, *same in zip(shipped.posts, shipped.said, shipped.truth, strict=True)
        if _differ(*same)
    ]
    assert sorted(case.texts[0] for kind in report.cases for case in kind.cases) == sorted(wrong)
    for each in report.tables:
        assert page.rows(each.id) == [each.columns, *([row.name, *map(str, row.cells)] for row in each.rows)]
    confusion = next(each for each in report.tables if each.id == "confusion")
    for at, row in enumerate(confusion.rows[:-1]):
        assert row.cells[at] == (shipped.said & shipped.truth)[:, at].sum()
    normal = ~shipped.truth.any(axis=1)
    assert confusion.rows[-1].cells[-1] == (normal & ~shipped.said.any(axis=1)).sum()


def _differ(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> bool:
    return bool((said != truth).any())


def test_the_same_posts_give_the_same_bytes(shipped: Judged, tmp_path: Path) -> None:
    """Both files."""
    for name in "ab":
        write_report(head_report(shipped), tmp_path / name)
    for file in ("report.json", "report.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_perfect_head_has_no_errors(tmp_path: Path) -> None:
    """Precision one throughout, a diagonal of what was taken for what, nothing to read."""
    posts = [_post("a", "job"), _post("b", "scam"), _post("c")]
    report = head_report(_judged(posts, np.array([[0.9, 0.0], [0.0, 0.9], [0.0, 0.0]])))
    write_report(report, tmp_path)
    assert {y for panel in report.pictures[0].panels for _, y in panel.series[0].points} == {1.0}
    assert [row.cells for row in report.tables[1].rows] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [len(kind.cases) for kind in report.cases] == [0, 0, 0]


def test_a_label_without_posts_has_no_curve_and_counts_in_no_mean(tmp_path: Path) -> None:
    """What nothing tells is None and shown as a dash, never as a bad mark."""
    judged = _judged([_post("a", "job"), _post("b")], np.array([[0.9, 0.0], [0.0, 0.0]]))
    report = head_report(judged)
    write_report(report, tmp_path)
    page = Page(tmp_path)
    assert report.measures["macro_f1"] == 1.0
    assert page.rows("labels")[2] == ["scam", "0", "–", "–", "–", "–", "0.0"]
    assert report.pictures[0].panels[1].title == "scam: no posts"
    assert [series.points for series in report.pictures[0].panels[1].series] == [[], []]
    assert "scam              0          –       –      –      –  0.000" in table(report.measures)


def test_errors_are_told_apart_and_ordered() -> None:
    """A false alarm, two misses with the farther one first, and a post found under another label."""
    posts = [_post("alarm"), _post("near", "job"), _post("far", "scam"), _post("other", "job")]
    found = np.array([[0.9, 0.1], [0.4, 0.0], [0.0, 0.1], [0.1, 0.8]])
    kinds = {kind.id: kind.cases for kind in head_report(_judged(posts, found)).cases}
    assert {kind: [case.name for case in cases] for kind, cases in kinds.items()} == {
        "false-alarms": ["alarm"],
        "misses": ["far", "near"],
        "other-labels": ["other"],
    }
    assert kinds["false-alarms"][0].facts == {
        "is": "normal",
        "kind": "plain",
        "community": "free",
        "job": "0.90 of 0.50",
    }


def test_a_text_that_is_markup_stays_a_text(tmp_path: Path) -> None:
    """A post can hold anything; the page asks nothing of any host and runs no script."""
    text = "<script>alert(1)</script> & ]]> \x00\ufffe 🙂"
    write_report(head_report(_judged([_post("a", text=text)] * 101, np.ones((101, 2)))), tmp_path)
    page = Page(tmp_path)
    assert page.texts("false-alarms") == ["<script>alert(1)</script> & ]]> \ufffd\ufffd 🙂"] * 100
    assert not [each for each in page.root.iter() if each.tag.endswith("script") or "src" in each.attrib]
    stored = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert [case.texts for case in stored.cases[0].cases] == [[text]] * 101
