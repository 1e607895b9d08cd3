"""Training from files of the published formats, in miniature."""

import csv
import json
import lzma
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from embeddings.errors import EncoderError
from embeddings.training.cooccurrence import token_vectors
from embeddings.training.corpus import FILES, held_out, read_corpus
from embeddings.training.morphemes import build_tokenizer, count_morphemes
from embeddings.training.train import SCHEDULE, train_encoder

PEOPLE = ("남자가", "여자가", "아이가", "친구가", "이웃이", "사장님이")
THINGS = ("기타를", "사과를", "자전거를", "카톡을", "강아지를", "음식을", "의자를", "전화를")
DOINGS = ("팔고 있다", "찾고 있다", "보고 있다", "받았습니다", "좋아해요", "추천합니다")
SENTENCES = [" ".join(words) for words in product(PEOPLE, THINGS, DOINGS)]
PAIRS = list(zip(SENTENCES, [sentence.replace("있다", "있어요") for sentence in SENTENCES], strict=True))
QUICK = replace(SCHEDULE, steps=20, batch=16, scored_batch=16, report_every=10)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file that training and evaluation read, with a few dozen composed rows."""
    folder = tmp_path_factory.mktemp("data")
    one, two = SENTENCES, [second for _, second in PAIRS]
    scores = [f"{5 - row % 6:.1f}" for row in range(len(PAIRS))]
    nli = [
        (first, second, ("entailment", "neutral", "contradiction")[row % 3])
        for row, (first, second) in enumerate(PAIRS)
    ]
    for name in FILES["3i4k"]:
        _tabbed(folder / "3i4k" / name, (("1", text) for text in one))
    for name in FILES["beep"]:
        _tabbed(folder / "beep" / name, (("comments", "none"), *((text, "none") for text in one)))
    for name in FILES["kornli"]:
        _tabbed(folder / "kornli" / name, (("sentence1", "sentence2", "gold_label"), *nli))
    for name in ("sts-train.tsv", "sts-dev.tsv"):
        rows = zip(
            "g" * len(PAIRS), "f" * len(PAIRS), "y" * len(PAIRS), "i" * len(PAIRS), scores, one, two, strict=True
        )
        _tabbed(folder / "korsts" / name, (("genre", "file", "year", "id", "score", "s1", "s2"), *rows))
    _quoted(folder / "chatbot/ChatbotData.csv", (("Q", "A", "label"), *((*pair, "0") for pair in PAIRS)))
    _quoted(folder / "kda/kda_ko_80.csv", (("neutral", "implicit"), *PAIRS))
    train = (
        ("id", "a", "b", "question1", "question2", "is_duplicate"),
        *(("1", "1", "2", *pair, "0") for pair in PAIRS),
    )
    _quoted(folder / "question_pair/kor_pair_train.csv", train)
    test = [("1", *pair, str(row % 2), "") for row, pair in enumerate(PAIRS)]
    _quoted(
        folder / "question_pair/kor_pair_test.csv", (("test_id", "question1", "question2", "is_duplicate", ""), *test)
    )
    _tabbed(folder / "kmhas/kmhas_valid.txt", (("document", "label"), *((text, "8") for text in one)))
    _tabbed(
        folder / "nsmc/nsmc_raw.tsv.xz",
        (("id", "rating", "text"), *(("1", "9", f"{text} {row}번째로") for row, text in enumerate(one))),
    )
    _tabbed(folder / "sae4k/sae4k_v1.txt", ((*pair, "1") for pair in PAIRS))
    _tabbed(
        folder / "stylekqc/sts_dev.tsv", (("similarity", "sentence1", "sentence2"), *(("1", *pair) for pair in PAIRS))
    )
    _tabbed(folder / "stylekqc/topic_train.tsv", (("topic", "sentence"), *(("0", text) for text in one)))
    clusters = ((str(row // 6), "0", "0", text) for row, text in enumerate(one))
    _tabbed(folder / "parakqc/paraKQC_v1.clusters.tsv", (("cluster", "topic", "act", "text"), *clusters))
    _write(
        folder / "klue/klue-nli-v1.1_dev.json",
        json.dumps([dict(zip(("premise", "hypothesis", "gold_label"), row, strict=True)) for row in nli]),
    )
    posts = (json.dumps({"title": first, "text": f"{second}. {first}."}) for first, second in PAIRS)
    _write(folder / "petitions/petitions.jsonl.xz", "\n".join(posts))
    return folder


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(exist_ok=True)
    data = content.encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)


def _tabbed(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    _write(path, "\n".join("\t".join(row) for row in rows) + "\n")


def _quoted(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(rows)


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
    assert json.loads((tmp_path / "a/training.json").read_text())["metrics"] == metrics
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
