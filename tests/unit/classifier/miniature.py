"""The public sets in miniature: files of the published formats with a few rows each, and a small corpus."""

import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.training import CORPUS

PLACES = [
    "버스",
    "가게",
    "학교",
    "공원",
    "시장",
    "마트",
    "역",
    "식당",
    "카페",
    "병원",
    "은행",
    "약국",
    "극장",
    "강변",
    "산길",
    "골목",
    "거리",
    "놀이터",
    "도서관",
    "우체국",
    "빵집",
    "책방",
    "꽃집",
    "미용실",
]
RUDE = [f"야 이 미친 새끼야 {place}에서 꺼져라" for place in PLACES]
KIND = [f"오늘 {place}에서 만난 분이 참 친절했어요" for place in PLACES]
EACH = 20


def write_data(folder: Path) -> None:
    """Every public file that training and the public tables read."""
    both = [(text, True) for text in RUDE] + [(text, False) for text in KIND]
    _write(
        folder / "beep/train.tsv",
        "comments\tgender\tbias\thate",
        *(f"{t}\tF\tnone\t{_hate(t, bad=b)}" for t, b in both),
    )
    _write(
        folder / "kmhas/kmhas_valid.txt",
        "document\tlabel",
        *(f'"{text}"\t{_kind(text, 8) if bad else 8}' for text, bad in both),
    )
    spoiled = (f"{text},,,,{'Spoiled' if bad else 'Default'}" for text, bad in both)
    _write(folder / "apeach/apeach_half_a.csv", "text,a,b,c,class", *spoiled)
    _write(folder / "curse_detection/dataset_80.txt", *(f"{text}|{int(bad)}" for text, bad in both))
    _write(folder / "malicious_comments/Dataset.csv", "content\tlable", *(f"{text}\t{int(not b)}" for text, b in both))
    _write(folder / "nsmc/nsmc_raw.tsv.xz", "id\trating\ttext", *(f"1\t9\t{text} 영화처럼" for text in KIND))
    petitions = (json.dumps({"title": text, "text": "살펴 주세요."}, ensure_ascii=False) for text in KIND)
    _write(folder / "petitions/petitions.jsonl.xz", *petitions)
    _write(folder / "chatbot/ChatbotData.csv", "Q,A,label", *(f"{text}?,네,0" for text in KIND))
    _write(folder / "3i4k/fci_train_val.txt", *(f"1\t{text} 정말" for text in KIND))
    kinds = "\t".join("abcdefghijk")
    rows = (
        "\t".join([text, *(str(int(_kind(text, 9) == at if bad else at == 9)) for at in range(11))])
        for text, bad in both
    )
    _write(folder / "unsmile/unsmile_train_v1.0.tsv", f"문장\t{kinds}", *rows)


def write_corpus(folder: Path) -> None:
    """One post in twenty of each batch of the real corpus, as batches of their own."""
    for path in sorted(CORPUS.glob("*.jsonl")):
        _write(folder / path.name, *path.read_text(encoding="utf-8").splitlines()[::EACH])


def write_posts(path: Path, posts: Sequence[Mapping[str, object]]) -> None:
    """Labelled posts of a community, a line each."""
    _write(path, *(json.dumps(post, ensure_ascii=False) for post in posts))


def _kind(text: str, kinds: int) -> int:
    return RUDE.index(text) % kinds


def _hate(text: str, *, bad: bool) -> str:
    return ("hate", "offensive")[_kind(text, 2)] if bad else "none"


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
