"""Training from files of the published formats, in miniature."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from embeddings.errors import EncoderError
from embeddings.training.contrastive import Trainer
from embeddings.training.cooccurrence import rarities, token_vectors
from embeddings.training.corpus import held_out, read_corpus
from embeddings.training.morphemes import build_tokenizer, count_morphemes
from embeddings.training.spelling import spelling_vectors
from embeddings.training.train import SCHEDULE, train_encoder
from tests.unit.embeddings.miniature import SENTENCES

QUICK = replace(SCHEDULE, steps=20, batch=16, scored_batch=16, report_every=10)


def test_trains_evaluates_and_gives_the_same_files_twice(data_dir: Path, tmp_path: Path) -> None:
    """A seed fixes the files; plain sentence-transformers loads them; progress and every measure are there."""
    told: list[str] = []
    metrics = train_encoder(data_dir, tmp_path / "a", 7, told.append, QUICK)
    train_encoder(data_dir, tmp_path / "b", 7, told.append, QUICK)
    train_encoder(data_dir, tmp_path / "c", 8, told.append, QUICK)

    files = [
        [(tmp_path / run / name).read_bytes() for name in ("model.safetensors", "tokenizer.json")] for run in "abc"
    ]
    assert files[0] == files[1]
    assert files[0][0] != files[2][0]
    assert SentenceTransformer(str(tmp_path / "a"), device="cpu").encode("카톡을 보고").shape == (256,)
    assert {"korsts_dev", "parakqc_held_out", "question_pair_test", "evaded_posts", "posts_per_core_second"} == set(
        metrics
    )
    record = json.loads((tmp_path / "a/training.json").read_text())
    assert record["metrics"] == metrics
    card = (tmp_path / "a/README.md").read_text(encoding="utf-8")
    for said in (record["fingerprint"], *record["plan"], *record["data"], *record["data"].values(), *metrics):
        assert said in card
    assert any("step 20 of 20" in line and "KorSTS dev" in line for line in told)


def test_reads_pairs_as_published(data_dir: Path) -> None:
    """Held-out clusters give no pair and no text, and a contradiction is the hard negative of its premise."""
    corpus = read_corpus(data_dir)
    measured = {text for row, text in enumerate(SENTENCES) if held_out(str(row // 6))}

    assert len(measured) == 36
    assert not measured & set(corpus.texts["parakqc"])
    assert len(corpus.pairs["parakqc"]) == (len(SENTENCES) - len(measured)) // 6 * 15
    assert all(texts for texts in corpus.texts.values())
    assert {first for first, _, _ in corpus.pairs["nli"]} == set(SENTENCES[::3])


def test_missing_file_says_the_mend(tmp_path: Path) -> None:
    """A folder without the data is an error that names the file."""
    with pytest.raises(EncoderError, match=r"petitions\.jsonl\.xz.*give the folder that holds it"):
        read_corpus(tmp_path)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """Pieces of the composed sentences."""
    return build_tokenizer(count_morphemes(SENTENCES), 1000)


def test_tokens_do_not_see_spaces(tokenizer: Tokenizer) -> None:
    """Dropped and inserted spaces give the same tokens, and any syllable falls back to its letters."""
    text = "남자가 기타를 팔고 있다"
    ids = [tokenizer.encode(form).ids for form in (text, text.replace(" ", ""), " ".join(text))]

    assert ids[0] == ids[1] == ids[2]
    assert tokenizer.token_to_id("[UNK]") not in tokenizer.encode("뷁쉙 ㅋㅠ zq 7").ids


def test_tokens_seen_together_are_near() -> None:
    """Two tokens with the same neighbours are nearer than two that never share one, and an unseen token is zero."""
    texts = [[0, 2], [1, 2], [0, 3], [1, 3], [4, 6], [5, 6], [4, 7], [5, 7]] * 20
    rows = token_vectors(texts, 9, 3, 2, seed=0)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    assert unit[0] @ unit[1] > 0.9
    assert abs(unit[0] @ unit[5]) < 0.5
    assert not rows[8].any()


def test_tokens_written_alike_are_near() -> None:
    """Tokens that share letters are nearer than others, and a seed fixes the vectors."""
    tokens = [unicodedata.normalize("NFD", token) for token in ("알바", "알바비", "자전거")]
    rows = spelling_vectors(tokens, 256, seed=1)

    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] > 0.5
    assert abs(rows[0] @ rows[2]) < 0.3
    assert np.array_equal(rows, spelling_vectors(tokens, 256, seed=1))
    assert not np.array_equal(rows, spelling_vectors(tokens, 256, seed=2))


def test_common_tokens_count_for_less() -> None:
    """A token in every text is shorter than one in a few, and one never seen is longest."""
    lengths = rarities([[0, 1], [0, 2], [0, 3]], 5)

    assert lengths[0] < lengths[1] < lengths[4] == 1


def test_learns_the_order_of_scores() -> None:
    """Cosines come to go with the scores, while a token in no pair moves only as the map moves its like."""
    chance = np.random.default_rng(0)
    features = [chance.standard_normal((12, 16)).astype(np.float32) for _ in range(2)]
    for rows in features:
        rows[11] = rows[10]
    scored = [(5.0, [2 * pair], [2 * pair + 1]) for pair in range(5)]
    scored += [(0.0, [2 * pair], [(2 * pair + 3) % 10]) for pair in range(5)]
    trainer = Trainer(features, replace(QUICK, steps=60, weights={"pairs": 1.0}, warm_up=1), seed=0)

    def gap() -> float:
        rows = trainer.table().numpy()
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        cosines = [float(unit[one[0]] @ unit[two[0]]) for _, one, two in scored]
        return sum(cosines[:5]) - sum(cosines[5:])

    before, started = gap(), trainer.table().numpy()
    table = trainer.learn({"pairs": [([0], [1], [])]}, scored, lambda *_: None)

    assert gap() > before + 1
    assert np.array_equal(table[10], table[11])
    assert not np.array_equal(table[10], started[10])
