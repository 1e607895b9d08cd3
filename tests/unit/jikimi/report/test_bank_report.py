"""The report on a bank, of angles whose similarities are known."""

from pathlib import Path

import pytest

from embeddings.bank_evaluation import CampaignPost, Comparer, Role, evaluate_bank
from jikimi.report.bank import bank_report
from jikimi.report.parts import Report
from jikimi.report.writing import write_report
from tests.unit.embeddings.test_bank_evaluation import Angles
from tests.unit.jikimi.report.pages import Page


def _post(role: Role, text: str) -> CampaignPost:
    return CampaignPost("a", "scam", role, text)


CAMPAIGN = [
    _post("exemplar", "0 도로 가는 글"),
    _post("light", "10 도로 간 글"),
    _post("obfuscated", "20 도로 간 글"),
    _post("reworded", "55 도로 간 글"),
    _post("neighbour", "175 도로 간 글"),
    _post("neighbour", "90 도로 간 글"),
]
OTHERS = ["180 도로 가는 글"]


@pytest.fixture
def report() -> Report:
    """A copy 55 degrees away is missed, an innocent near another exemplar is flagged."""
    comparer = Comparer(Angles(), {"semantic": 0.9, "lexical": 0.9})
    measures = evaluate_bank(comparer, CAMPAIGN, OTHERS, {"x": ["90 도로 간 글"]})
    return bank_report("abc", measures, comparer, CAMPAIGN, OTHERS)


def test_the_errors_are_the_copies_missed_and_the_innocents_flagged(report: Report) -> None:
    """Each with its exemplar, and how near it came."""
    read = {kind.id: [case.texts for case in kind.cases] for kind in report.cases}
    assert read == {
        "innocents-flagged": [["175 도로 간 글", "0 도로 가는 글"]],
        "light-missed": [],
        "obfuscated-missed": [],
        "reworded-missed": [["55 도로 간 글", "0 도로 가는 글"]],
    }
    assert report.cases[3].cases[0].facts["semantic"] == "0.574 of 0.900"


def test_the_pictures_show_how_near_each_group_comes(report: Report, tmp_path: Path) -> None:
    """One of each kind; the flagged innocent stands above all copies, so no threshold is without it."""
    write_report(report, tmp_path)
    page = Page(tmp_path)
    assert page.ids("picture") == ["precision-recall", "scores"]
    assert len(page.panels("scores")) == 6
    curve = dict(report.pictures[0].panels[0].series[0].points)
    assert curve[1.0] == 0.75  # three copies and the innocent at 5 degrees
    reworded = report.pictures[1].panels[2]
    assert [dict(series.points)[0.55] for series in reworded.series] == [0.0, 1.0]
    assert page.rows("found")[1:] == [[row.name, *map(str, row.cells)] for row in report.tables[0].rows]
    assert page.rows("false-matches")[0] == ["semantic", "lexical", "contact", "together"]
