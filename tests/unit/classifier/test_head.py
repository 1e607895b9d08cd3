"""The head and its file."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from skops import io

from classifier.errors import HeadError
from classifier.features import Features
from classifier.head import MAX_BYTES, Head


class Unwelcome:
    """A type that no head holds."""


class Posts:
    """Texts, their normal forms (the same) and random vectors."""

    def __init__(self) -> None:
        self.texts = [f"{number}번 글, {'팔아요 ' * (number % 3)}" for number in range(60)]
        self.vectors: NDArray[np.float32] = np.random.default_rng(3).normal(size=(60, 8)).astype(np.float32)

    def probabilities(self, head: Head) -> NDArray[np.float32]:
        """What `head` says of them."""
        return head.probabilities(self.texts, self.texts, self.vectors)


def _head() -> tuple[Head, Posts]:
    features, posts = Features(8), Posts()
    rows = features.rows(posts.texts, posts.texts, posts.vectors)
    models = {
        label: LogisticRegression().fit(rows, posts.vectors[:, at] > 0)
        for at, label in enumerate(("promotion", "abuse"))
    }
    return Head(models, features), posts


def test_a_saved_head_predicts_the_same(tmp_path: Path) -> None:
    """Labels, features and probabilities survive the file, and are those of scikit-learn."""
    head, posts = _head()
    head.save(tmp_path / "head.skops")
    loaded = Head.load(tmp_path / "head.skops")
    assert loaded.labels == head.labels == ("promotion", "abuse")
    assert loaded.features.widths == head.features.widths
    np.testing.assert_array_equal(posts.probabilities(loaded), posts.probabilities(head))
    rows = head.features.rows(posts.texts, posts.texts, posts.vectors)
    expected = [model.predict_proba(rows)[:, 1] for model in head.models.values()]
    np.testing.assert_allclose(posts.probabilities(loaded), np.column_stack(expected), atol=1e-5)


def test_the_same_head_gives_the_same_bytes(tmp_path: Path) -> None:
    """Neither time nor place in memory is in the file."""
    paths = [tmp_path / "one.skops", tmp_path / "other.skops"]
    for path in paths:
        _head()[0].save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_head_that_gives_no_number_says_so() -> None:
    """Features that are not numbers raise, naming the row; no probability is made up."""
    head, posts = _head()
    posts.vectors[2, 5] = np.nan
    with pytest.raises(HeadError, match=r"rows \[2\]"):
        posts.probabilities(head)


def test_an_untrusted_type_is_refused(tmp_path: Path) -> None:
    """A file that asks for a type outside the list is not loaded."""
    path = tmp_path / "head.skops"
    io.dump({"features": 1, "models": Unwelcome()}, path)
    with pytest.raises(HeadError, match="Unwelcome"):
        Head.load(path)


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"no archive", "jikimi train head"), (b"0" * (MAX_BYTES + 1), "limit"), (None, "jikimi train head")],
)
def test_what_is_no_head_is_refused_with_the_mend(tmp_path: Path, content: bytes | None, named: str) -> None:
    """A broken, a too large and a missing file end in an error that says what to do."""
    path = tmp_path / "head.skops"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HeadError, match=named):
        Head.load(path)


def test_a_head_of_other_features_is_refused(tmp_path: Path) -> None:
    """Weights mean nothing for features of another version."""
    path = tmp_path / "head.skops"
    io.dump({"features": 0, "groups": [], "dimension": 1, "models": {}}, path)
    with pytest.raises(HeadError, match="features 0"):
        Head.load(path)
