"""What the head sees."""

import numpy as np
import pytest

from classifier.features import GROUPS, Features
from embeddings.encoder import Encoder
from embeddings.normalise import normalise

TEXTS = [
    "강아지 산책 같이 하실 분 계신가요?",
    "아이폰 12만원에 팔아요 010-0123-4567",
    "",
    "ㅋㅋㅋ 미친 맛집 찾음 😀",
    "가나다라 " * 3_000,
]


def _rows(features: Features, encoder: Encoder, texts: list[str]) -> np.ndarray:
    normalised = [normalise(text) for text in texts]
    return np.asarray(features.rows(texts, normalised, encoder.encode(normalised)).toarray())


def test_a_post_has_the_same_features_alone_and_in_a_batch(encoder: Encoder) -> None:
    """Training sees posts in large batches, scoring in small ones: the rows are equal."""
    features = Features(encoder.dimension)
    together = _rows(features, encoder, TEXTS)
    alone = np.concatenate([_rows(features, encoder, [text]) for text in TEXTS])
    np.testing.assert_allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_may_stand_alone(encoder: Encoder, group: str) -> None:
    """For ablation a group can be had without the others, and tells different texts apart."""
    features = Features(encoder.dimension, [group])
    rows = _rows(features, encoder, TEXTS)
    assert rows.shape == (len(TEXTS), sum(features.widths.values()))
    assert not np.array_equal(rows[0], rows[1])


def test_rows_are_the_groups_side_by_side(encoder: Encoder) -> None:
    """Training takes rows, scoring the groups: the same numbers in the same columns."""
    features, normalised = Features(encoder.dimension), [normalise(text) for text in TEXTS]
    given = TEXTS, normalised, encoder.encode(normalised)
    groups = [group if isinstance(group, np.ndarray) else group.matrix().toarray() for group in features.groups(*given)]
    assert [group.shape[1] for group in groups] == list(features.widths.values())
    np.testing.assert_array_equal(features.rows(*given).toarray(), np.concatenate(groups, axis=1))


def test_spaces_and_signs_inside_words_leave_the_jamo_as_they_are(encoder: Encoder) -> None:
    """What evaders put between letters does not reach the group that carries insults."""
    features = Features(encoder.dimension, ["jamo"])
    plain, hidden = _rows(features, encoder, ["이 병신아 꺼져", "이 병 신 아 꺼 져"])
    np.testing.assert_allclose(hidden, plain, atol=1e-6)
