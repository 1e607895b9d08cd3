"""The public data sets in miniature: files of the published formats."""

import csv
import json
import lzma
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from embeddings.training.corpus import FILES

PEOPLE = ("남자가", "여자가", "아이가", "친구가", "이웃이", "사장님이")
THINGS = ("기타를", "사과를", "자전거를", "카톡을", "강아지를", "음식을", "의자를", "전화를")
DOINGS = ("팔고 있다", "찾고 있다", "보고 있다", "받았습니다", "좋아해요", "추천합니다")
SENTENCES = [" ".join(words) for words in product(PEOPLE, THINGS, DOINGS)]
PAIRS = list(zip(SENTENCES, [sentence.replace("있다", "있어요") for sentence in SENTENCES], strict=True))


def write_data(folder: Path) -> None:
    """Every file that training and evaluation read, with a few hundred composed rows."""
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


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)


def _tabbed(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    _write(path, "\n".join("\t".join(row) for row in rows) + "\n")


def _quoted(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(rows)
