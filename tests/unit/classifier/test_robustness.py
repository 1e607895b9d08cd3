"""Attacked copies: what is measured, what is trained on, and what the sounds are blind to."""

from collections import Counter

import numpy as np
import pytest

from classifier.augmentation import TRAINED_ATTACKS, copies
from classifier.evaluation import judge
from classifier.ngrams import code_points
from classifier.release import Release
from classifier.robustness import MEASURED_ATTACKS, attack_table, under_attacks
from classifier.sounds import sounds
from classifier.sources import Example, read_composed
from classifier.training import CORPUS
from embeddings.attacks import ATTACKS
from embeddings.encoder import Encoder

EXAMPLES = [
    Example("카톡으로 연락 주세요", frozenset({"scam"}), "one"),
    Example("오늘 날씨가 참 좋네요", frozenset(), "one"),
    Example("강아지를 찾습니다", frozenset(), "other"),
]


def test_thirteen_attacks_cover_the_five_classes() -> None:
    """As the table of KOTOX has them; some are trained on, some are not."""
    assert len(set(MEASURED_ATTACKS)) == 13
    assert {ATTACKS[name].kind for name in MEASURED_ATTACKS} == {attack.kind for attack in ATTACKS.values()}
    assert set(TRAINED_ATTACKS) < set(ATTACKS)
    assert set(MEASURED_ATTACKS) - set(TRAINED_ATTACKS)


def test_kept_recall_is_that_of_attacked_copies(release: Release, encoder: Encoder) -> None:
    """On trained posts the shipped head finds most and loses some; the table has a line for each attack."""
    posts = read_composed(sorted(CORPUS.glob("*.jsonl"))[:1])
    measures = under_attacks(judge(release, encoder, posts), release.head, encoder)
    assert tuple(measures["attacks"]) == MEASURED_ATTACKS
    assert measures["bad_posts"] == sum(bool(post.labels) for post in posts)
    assert 0.5 < measures["clean_recall"] <= 1
    for row in measures["attacks"].values():
        assert row["kept"] == pytest.approx(row["recall"] / measures["clean_recall"], abs=1e-3)
    assert measures["least_kept"] <= measures["mean_kept"]
    assert Counter(line.split()[0] for line in attack_table(measures).splitlines() if line) >= Counter(MEASURED_ATTACKS)


def test_copies_keep_label_and_batch() -> None:
    """Three of each post; a diluted one holds its post whole; the same seed gives the same copies."""
    made = copies(EXAMPLES, 1)
    assert [(copy.labels, copy.source) for copy in made] == [(e.labels, e.source) for e in EXAMPLES for _ in range(3)]
    assert EXAMPLES[0].text in made[1].text
    assert EXAMPLES[1].text in made[1].text
    assert made == copies(EXAMPLES, 1) != copies(EXAMPLES, 2)


@pytest.mark.parametrize("written", ["환꾹인", "한구긴", "한꾹긴", "하안국인"])
def test_what_sounds_alike_is_alike(written: str) -> None:
    """Tense consonants, glides, a final carried over or doubled, a drawn-out vowel: 한국인 all the same."""
    expected, _ = sounds(*code_points(["한국인"]))
    np.testing.assert_array_equal(sounds(*code_points([written]))[0], expected)


@pytest.mark.parametrize(
    ("written", "meant"), [("katok", "카톡"), ("mang했어", "망했어"), ("gae새끼", "개새끼"), ("choe고", "최고")]
)
def test_latin_letters_are_read_aloud(written: str, meant: str) -> None:
    """Syllables or whole words by the Revised Romanization sound as the Korean ones."""
    np.testing.assert_array_equal(sounds(*code_points([written]))[0], sounds(*code_points([meant]))[0])


def test_latin_letters_of_two_texts_are_not_read_as_one() -> None:
    """`e` and `o` make one sound, but not where a text ends between them."""
    codes, lengths = sounds(*code_points(["e", "o", "eo"]))
    assert lengths.tolist() == [1, 1, 1]
    assert len(set(codes.tolist())) == 3


def test_sounds_of_many_texts_are_those_of_each() -> None:
    """A text without Korean and an empty one among them."""
    texts = ["한국인", "", "abc 12", "인기"]
    together, lengths = sounds(*code_points(texts))
    alone = [sounds(*code_points([text]))[0] for text in texts]
    assert lengths.tolist() == [len(each) for each in alone]
    np.testing.assert_array_equal(together, np.concatenate(alone))
