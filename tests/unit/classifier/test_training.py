"""Training a head, setting its thresholds anew, and the public tables."""

from pathlib import Path

import numpy as np
import pytest

from classifier.errors import DataError
from classifier.evaluation import flagged_share, probabilities
from classifier.public import PUBLIC_TABLES, evaluate_on
from classifier.recalibration import recalibrate
from classifier.release import HEAD, MANIFEST, PARTS, THRESHOLDS, EncoderReference, Release, load_release
from classifier.sources import read_composed
from classifier.training import CORPUS, LABELS, read_examples, train_head
from embeddings.encoder import Encoder
from tests.unit.classifier.miniature import write_corpus, write_data, write_posts


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
    examples = read_examples(data, [], 3, corpus=tmp_path / "corpus")
    names = [train_head(examples, folder, encoder, reference, seed=3) for folder in folders]
    assert names[0] == names[1]
    for part in (*PARTS, MANIFEST):
        assert (folders[0] / part).read_bytes() == (folders[1] / part).read_bytes()
    assert load_release(folders[0]).head.labels == LABELS


def test_posts_of_ones_own_are_learned(tmp_path: Path, encoder: Encoder) -> None:
    """Without public sets: what a community calls abuse, and no composed post does, is abuse to the head afterwards."""
    write_corpus(tmp_path / "corpus")
    bad = [
        {"id": f"b{n}", "community": "c", "text": f"{n}동 흑염룡놈 또 나왔네", "labels": ["abuse"]} for n in range(40)
    ]
    good = [{"id": f"g{n}", "community": "c", "text": f"{n}동 장미가 활짝 피었네요", "labels": []} for n in range(40)]
    write_posts(tmp_path / "own.jsonl", [*bad, *good])
    examples = read_examples(None, [tmp_path / "own.jsonl"], 0, corpus=tmp_path / "corpus")
    train_head(examples, tmp_path / "made", encoder, EncoderReference(encoder.fingerprint))
    heads = load_release().head, load_release(tmp_path / "made").head
    text = ["흑염룡놈 조심하세요"]
    shipped, learned = (probabilities(head, encoder, text)[0, LABELS.index("abuse")] for head in heads)
    assert learned > 0.5 > shipped
    assert "composed, own flagged" in (tmp_path / "made" / THRESHOLDS).read_text()


def test_a_label_that_there_is_not_is_named(tmp_path: Path) -> None:
    """With the post that has it and the labels that there are."""
    write_posts(tmp_path / "own.jsonl", [{"id": "p1", "community": "c", "text": "안녕", "labels": ["spam"]}])
    with pytest.raises(DataError, match="post p1 has the label 'spam'; there are promotion, job"):
        read_examples(None, [tmp_path / "own.jsonl"], 0)


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
