"""The evaluation of a bank, on vectors made by hand, and the campaigns it is meant for."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings.bank_evaluation import (
    CampaignPost,
    Comparer,
    calibrate,
    evaluate_bank,
    read_campaigns,
)
from embeddings.errors import ExemplarError
from embeddings.matcher import THRESHOLD_FLOOR
from embeddings.views import Pieces

CAMPAIGNS = Path(__file__).parents[2] / "data/campaigns"


class Angles:
    """A text begins with a number of degrees: two are as similar as the cosine between them; one view is empty."""

    def vectors(self, texts: Sequence[str]) -> dict[View, NDArray[np.float32]]:
        """Points on the unit circle, and zeros."""
        degrees = np.radians([float(text.split()[0]) for text in texts])
        points = np.stack([np.cos(degrees), np.sin(degrees)], axis=1).astype(np.float32)
        return {"semantic": points, "lexical": np.zeros((len(texts), 1), np.float32)}

    def pieces(self, texts: Sequence[str]) -> Pieces:
        """No text is long."""
        return Pieces(self.vectors(texts), np.arange(len(texts)))


def _post(role: str, text: str, campaign: str = "a") -> CampaignPost:
    return CampaignPost(campaign, "scam", role, text)  # type: ignore[arg-type]


def test_states_recall_by_view_and_together() -> None:
    """Copies count where they match their own exemplar, innocents where they match any, and a contact is a view."""
    campaigns = [
        _post("exemplar", "0 도로 가는 카톡 phone77"),
        _post("exemplar", "180 도로 가는 글", "b"),
        _post("light", "10 도로 간 글"),
        _post("light", "170 도로 간 글"),
        _post("obfuscated", "90 도로 간 카톡 phone77"),
        _post("reworded", "80 도로 간 글"),
        _post("neighbour", "175 도로 간 글"),
        _post("neighbour", "60 도로 간 글"),
    ]
    comparer = Comparer(Angles(), {"semantic": 0.9, "lexical": 0.9})

    result = evaluate_bank(comparer, campaigns, ["91 도로 간 글"], {"x": ["90 도로 간 글", "45 도로 간 글"]})

    assert result["exemplars"] == 3
    assert result["found"]["light"] == {"semantic": 50.0, "lexical": 0.0, "contact": 0.0, "together": 50.0}
    assert result["found"]["obfuscated"] == {"semantic": 0.0, "lexical": 0.0, "contact": 100.0, "together": 100.0}
    assert result["found"]["reworded"]["together"] == 0.0
    assert result["neighbours_flagged"]["together"] == 50.0
    assert result["false_matches"]["x"]["semantic"] == pytest.approx(1_000_000 / 6, abs=0.01)


@pytest.mark.parametrize(("rate", "matches"), [(0, 0), (20_000, 2), (50_000, 5)])
def test_calibrates_to_the_rate_of_false_matches(rate: float, matches: int) -> None:
    """Of 100 pairs of the source that is nearest, exactly the share allowed lies at or above the threshold."""
    normal = [str(30 + 0.2 * place) for place in range(100)]

    threshold = calibrate(Angles(), ["0"], {"far": ["85"] * 100, "near": normal}, rate)["semantic"]

    assert np.count_nonzero(Angles().vectors(normal)["semantic"][:, 0] >= threshold) == matches


@pytest.mark.parametrize("normal", [{}, {"x": []}, {"x": ["80"], "y": []}])
def test_refuses_to_calibrate_on_nothing(normal: dict[str, list[str]]) -> None:
    """A source without posts would allow any threshold."""
    with pytest.raises(ExemplarError, match="none empty"):
        calibrate(Angles(), ["0"], normal)


def test_never_calibrates_below_the_floor() -> None:
    """Where no normal post is near, the threshold is the floor and not lower."""
    assert calibrate(Angles(), ["0"], {"x": ["80", "85", "90"]})["semantic"] == THRESHOLD_FLOOR


def test_names_the_line_that_is_no_campaign_post(tmp_path: Path) -> None:
    """A wrong role is refused with its line."""
    path = tmp_path / "c.jsonl"
    path.write_text('{"campaign":"a","label":"b","role":"light","text":"c"}\n{"campaign":"a","role":"x"}\n')

    with pytest.raises(ExemplarError, match=r"c\.jsonl line 2"):
        read_campaigns(path)


@pytest.mark.parametrize(
    ("kept", "mend"),
    [
        (("light", "obfuscated", "reworded", "neighbour"), "'a' has 0 posts of role 'exemplar': give it one"),
        (("exemplar", "exemplar", "light"), "'a' has 2 posts"),
        (("exemplar", "light", "obfuscated", "reworded"), "has the role 'neighbour': add one"),
        ((), "has the role 'exemplar'"),
    ],
)
def test_refuses_campaigns_that_can_not_be_measured(kept: tuple[str, ...], mend: str, tmp_path: Path) -> None:
    """A campaign has one exemplar, and each role occurs."""
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(_post(role, role)) + b"\n" for role in kept))

    with pytest.raises(ExemplarError, match=mend):
        read_campaigns(path)


@pytest.mark.parametrize("name", ["tune", "held"])
def test_campaigns_are_whole(name: str) -> None:
    """30 campaigns, each with one exemplar and four posts in each other role, no text twice."""
    posts = read_campaigns(CAMPAIGNS / f"{name}.jsonl")

    counts = Counter((post.campaign, post.role) for post in posts)

    assert len({post.campaign for post in posts}) == 30
    assert len({post.text for post in posts}) == len(posts)
    assert {(role, count) for (_, role), count in counts.items()} == {
        ("exemplar", 1),
        ("light", 4),
        ("obfuscated", 4),
        ("reworded", 4),
        ("neighbour", 4),
    }
    assert len({post.label for post in posts}) == 5


def test_measured_campaigns_are_not_those_tuned_on() -> None:
    """No text and no name is in both files."""
    tuned, held = (read_campaigns(CAMPAIGNS / f"{name}.jsonl") for name in ("tune", "held"))

    assert not {post.text for post in tuned} & {post.text for post in held}
    assert not {post.campaign for post in tuned} & {post.campaign for post in held}
