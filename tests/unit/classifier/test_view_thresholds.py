"""The thresholds of the views that a release gets."""

import pytest

from classifier.view_thresholds import view_thresholds
from embeddings.encoder import Encoder
from embeddings.errors import ExemplarError
from embeddings.matcher import THRESHOLD_FLOOR

BAD = ["고수익 재택 부업 지금 문의 주세요", "포장이사 최저가 견적 문의"]
UNRELATED = ["오늘 천변에 벚꽃이 활짝 피었네요", "강아지 산책은 몇 시가 좋을까요"]


def test_the_semantic_threshold_is_measured_on_normal_posts(encoder: Encoder) -> None:
    """As low as any may be where nothing is near; above the nearest source where one is, and that source is named."""
    far = view_thresholds(encoder, BAD, {"far": UNRELATED}, 0)["semantic"]
    near = view_thresholds(encoder, BAD, {"far": UNRELATED, "near": ["포장이사 최저가 견적 문의했어요"]}, 0)["semantic"]
    same = view_thresholds(encoder, BAD, {"same": BAD}, 0)["semantic"]
    assert far.threshold == THRESHOLD_FLOOR < near.threshold < same.threshold == 1.0
    assert "far, near" in near.calibration


def test_nothing_to_measure_on_is_refused(encoder: Encoder) -> None:
    """Rather than a threshold that means nothing."""
    with pytest.raises(ExemplarError, match="nothing to calibrate on"):
        view_thresholds(encoder, [], {"far": UNRELATED}, 0)
