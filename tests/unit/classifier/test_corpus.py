"""The composed posts: what is trained on and what is held back."""

from collections import Counter
from pathlib import Path

import numpy as np

from classifier.sources import ComposedPost, read_composed
from classifier.training import CORPUS, LABELS
from embeddings.lexical import LexicalView
from embeddings.normalise import normalise

SAMPLES = Path(__file__).parents[3] / "jikimi/samples"
HELD_BACK = ("incheon-suwon.jsonl", "daegu-gwangju.jsonl")
NEAR = 0.8


def _trained_on() -> list[ComposedPost]:
    return read_composed(sorted(CORPUS.glob("*.jsonl")))


def _held_back() -> list[ComposedPost]:
    return read_composed([SAMPLES / name for name in HELD_BACK])


def test_there_are_posts_enough_of_each_kind() -> None:
    """Two thousand posts and more, every label in both parts, at least a third of them hard."""
    trained, held = _trained_on(), _held_back()
    assert len(trained) + len(held) >= 2_000
    for posts in (trained, held):
        counted = Counter(label for post in posts for label in post.labels)
        assert set(counted) == set(LABELS)
        assert min(counted.values()) >= len(posts) // 25
        assert sum(post.kind == "hard" for post in posts) >= len(posts) / 3


def test_ids_are_unique() -> None:
    """No post is there twice under one id."""
    ids = [post.id for post in _trained_on() + _held_back()]
    assert len(ids) == len(set(ids))


def test_what_is_held_back_has_no_near_duplicate_in_training() -> None:
    """Compared as the lexical view compares, blind to spaces and signs: no held-back post is a variant of a trained one."""
    view = LexicalView()
    trained, held = (
        view.encode([normalise(post.whole_text) for post in posts]) for posts in (_trained_on(), _held_back())
    )
    likeness = held @ trained.T
    assert likeness.shape == (len(held), len(trained))
    assert np.argwhere(likeness >= NEAR).tolist() == []


def test_no_two_posts_of_the_corpus_are_variants_of_each_other() -> None:
    """The folds of cross-validation are independent, too."""
    vectors = LexicalView().encode([normalise(post.whole_text) for post in _trained_on()])
    likeness = np.triu(vectors @ vectors.T, 1)
    assert np.argwhere(likeness >= NEAR).tolist() == []
