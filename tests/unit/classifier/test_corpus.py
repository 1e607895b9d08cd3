"""The composed posts: what is trained on and what is held back."""

from collections import Counter
from itertools import combinations

import numpy as np

from classifier.evaluation import HELD_BACK
from classifier.sources import ComposedPost, read_composed
from classifier.training import CORPUS, LABELS
from embeddings.lexical import LexicalView
from embeddings.normalise import normalise
from jikimi.samples import SAMPLE_POSTS, SAMPLES

NEAR = 0.8


def _trained_on() -> list[ComposedPost]:
    return read_composed(sorted(CORPUS.glob("*.jsonl")))


def _held_back() -> list[ComposedPost]:
    return read_composed(sorted(HELD_BACK.glob("*.jsonl")))


def _samples() -> list[ComposedPost]:
    return read_composed([SAMPLES / name for name in SAMPLE_POSTS])


def test_there_are_posts_enough_of_each_kind() -> None:
    """Two thousand posts and more, every label in each part, at least a third of them hard."""
    trained, held, samples = _trained_on(), _held_back(), _samples()
    assert len(trained) + len(held) + len(samples) >= 2_000
    for posts in (trained, held, samples):
        counted = Counter(label for post in posts for label in post.labels)
        assert set(counted) == set(LABELS)
        assert min(counted.values()) >= len(posts) // 25
        assert sum(post.kind == "hard" for post in posts) >= len(posts) / 3


def test_ids_are_unique() -> None:
    """No post is there twice under one id."""
    ids = [post.id for post in _trained_on() + _held_back() + _samples()]
    assert len(ids) == len(set(ids))


def test_what_is_held_back_is_on_topics_of_its_own() -> None:
    """No topic of a training post, nor of a sample whose normal posts calibrate the views."""
    held, others = ({post.topic for post in posts} for posts in (_held_back(), _trained_on() + _samples()))
    assert "" not in held
    assert held & others == set()


def test_what_is_held_back_has_no_near_duplicate_in_training() -> None:
    """Compared as the lexical view compares, blind to spaces and signs: no held-back post is a variant of a trained one."""
    view = LexicalView()
    parts = [
        view.encode([normalise(post.whole_text) for post in posts])
        for posts in (_trained_on(), _held_back(), _samples())
    ]
    for one, other in combinations(parts, 2):
        likeness = one @ other.T
        assert likeness.shape == (len(one), len(other))
        assert np.argwhere(likeness >= NEAR).tolist() == []


def test_no_two_posts_of_the_corpus_are_variants_of_each_other() -> None:
    """The folds of cross-validation are independent, too."""
    vectors = LexicalView().encode([normalise(post.whole_text) for post in _trained_on()])
    likeness = np.triu(vectors @ vectors.T, 1)
    assert np.argwhere(likeness >= NEAR).tolist() == []
