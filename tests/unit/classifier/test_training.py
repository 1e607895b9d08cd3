"""Training a head, setting its thresholds anew, and the public tables."""

from pathlib import Path

import numpy as np
import pytest

from classifier.errors import DataError
from classifier.evaluation import flagged_share
from classifier.public import PUBLIC_TABLES, evaluate_on
from classifier.recalibration import recalibrate
from classifier.release import HEAD, MANIFEST, PARTS, EncoderReference, Release, load_release
from classifier.sources import read_composed
from classifier.training import CORPUS, LABELS, train_head
from embeddings.encoder import Encoder
from tests.unit.classifier.miniature import write_corpus, write_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public sets in miniature."""
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return folder


@pytest.fixture(scope="module")
def normal() -> list[str]:
    """Normal posts of the corpus."""
    return [post.whole_text for post in read_composed(sorted(CORPUS.glob("*.jsonl"))) if not post.labels]


def test_training_twice_gives_the_same_files(data: Path, tmp_path: Path, encoder: Encoder) -> None:
    """The same data and seed on a CPU: equal bytes of every part, and a release that loads."""
    write_corpus(tmp_path / "corpus")
    reference = EncoderReference(encoder.fingerprint)
    folders = [tmp_path / "one", tmp_path / "other"]
    names = [train_head(data, [tmp_path / "corpus"], folder, encoder, reference, seed=3) for folder in folders]
    assert names[0] == names[1]
    for part in (*PARTS, MANIFEST):
        assert (folders[0] / part).read_bytes() == (folders[1] / part).read_bytes()
    assert load_release(folders[0]).head.labels == LABELS


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_thresholds_keep_to_the_rate_on_ones_own_posts(
    tmp_path: Path, encoder: Encoder, normal: list[str], rate: float
) -> None:
    """No more than the rate is flagged, and one post less than half a percent below it; head and policy stay."""
    name = recalibrate(None, tmp_path, encoder, normal, rate)
    made, shipped = load_release(tmp_path), load_release()
    assert made.name == name != shipped.name
    assert made.view_thresholds == shipped.view_thresholds
    assert rate - 0.005 <= flagged_share(made, encoder, normal) <= rate
    again = recalibrate(tmp_path, tmp_path, encoder, normal, rate)
    assert load_release(tmp_path).name == again
    assert (tmp_path / HEAD).stat().st_size > 0


def test_the_order_of_what_labels_are_worth_stays(
    tmp_path: Path, encoder: Encoder, normal: list[str], release: Release
) -> None:
    """Every threshold moves the same way."""
    recalibrate(None, tmp_path, encoder, normal, 0.006)
    moved = load_release(tmp_path).head_thresholds
    steps = np.sign([moved[label] - release.head_thresholds[label] for label in LABELS])
    assert abs(steps.sum()) == len(LABELS)


def test_too_few_posts_for_a_rate_are_refused(tmp_path: Path, encoder: Encoder, normal: list[str]) -> None:
    """The message says how many are needed."""
    with pytest.raises(DataError, match="give 500 or more"):
        recalibrate(None, tmp_path, encoder, normal[:100], 0.01)


@pytest.mark.parametrize("name", sorted(PUBLIC_TABLES))
def test_each_public_table_can_be_measured(data: Path, encoder: Encoder, name: str) -> None:
    """Rude and kind texts that differ in every word are told apart by the head's features and by the baseline."""
    measures = evaluate_on(name, data, encoder)
    assert measures["table"] == name
    assert measures["trained_on"] > 0 < measures["measured_on"]
    assert 0 < measures["head"] <= 100
    assert 0 < measures["jamo_tf_idf"] <= 100


def test_an_unknown_public_table_is_named(data: Path, encoder: Encoder) -> None:
    """With those that there are."""
    with pytest.raises(DataError, match="beep"):
        evaluate_on("none", data, encoder)
