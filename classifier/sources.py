"""Data to train and evaluate on: composed posts, and public sets under a written mapping to our labels.

`docs/labels.md` says why each mapping is as it is. Sets that forbid sharing what is trained on them are not read here.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from classifier.errors import DataError
from embeddings.training.files import lines, quoted, records, tabbed

Labelled = tuple[str, frozenset[str]]

ABUSE: frozenset[str] = frozenset({"abuse"})
NORMAL: frozenset[str] = frozenset()
_LEAST_STARS = 5  # of 10: below, reviews are rude often enough to blur what abuse is
_LEAST_LETTERS = 8  # shorter utterances are fragments
_SWEARING = re.compile(
    r"[씨시쉬씌][\W\d]?[발벌팔빨바]|ㅅㅂ|ㅆㅂ|병[\W\d]?신|ㅂㅅ|새\s?[끼키]|지랄|ㅈㄹ|좆|존나|미친\s?[년놈새]|[년놈](?![가-힣])|꺼져|닥쳐|뒤져|뒤질|또라이"
    r"|쓰레기|개[가-힣]{0,2}[끼년놈]|벌레|[가-힣]충(?![가-힣])|한남|김치녀|틀딱|짱깨|쪽바리|호로|썅"
)


class ComposedPost(msgspec.Struct, frozen=True):
    """One composed post: a line of `classifier/corpus` or `jikimi/samples`. `kind` is hard where the surface misleads."""

    id: str
    community: str
    text: str
    labels: frozenset[str]
    kind: Literal["plain", "hard"] = "plain"
    topic: str = ""
    title: str | None = None

    @property
    def whole_text(self) -> str:
        """As `contracts.post.Post.whole_text`."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True)
class Example:
    """A text with its labels, and where it is from.

    `source` is a public set or a batch of writing, `group` the public set, `composed`, or `own` for posts that a community labelled.
    """

    text: str
    labels: frozenset[str]
    source: str
    group: str = "composed"


@dataclass(frozen=True)
class PublicSet:
    """A public data set: how to read it, and at most how many of its texts are trained on."""

    licence: str
    mapping: str
    limit: int
    read: Callable[[Path], Iterator[Labelled]]


def read_composed(paths: Sequence[Path]) -> list[ComposedPost]:
    """The posts of JSON-lines files. Raises DataError naming file and line."""
    posts = []
    for path in paths:
        for number, line in enumerate(lines(path), 1):
            try:
                posts.append(msgspec.json.decode(line, type=ComposedPost))
            except msgspec.DecodeError as error:
                raise DataError(f"{path.name} line {number}: {error}; docs/labels.md tells the form") from error
    return posts


def read_batches(paths: Sequence[Path], group: str, labels: Sequence[str]) -> list[Example]:
    """The posts of each of `paths` as a batch of writing. Raises DataError naming the line, or the label that is none of `labels`."""
    examples = []
    for path in paths:
        for post in read_composed([path]):
            if unknown := sorted(post.labels.difference(labels)):
                raise DataError(
                    f"{path.name}: post {post.id} has the label {unknown[0]!r}; there are {', '.join(labels)}"
                )
            examples.append(Example(post.whole_text, post.labels, f"{group}/{path}", group))
    return examples


def read_public(data_dir: Path, name: str, seed: int) -> list[Example]:
    """The texts of one public set under our labels, at most `limit` of them, drawn by `seed`, without doubles."""
    found = dict(PUBLIC[name].read(data_dir / name))
    chance = random.Random(seed)  # noqa: S311  # a sample that repeats
    kept = chance.sample(sorted(found), min(len(found), PUBLIC[name].limit))
    return [Example(text, found[text], name, group=name) for text in kept]


def _beep(folder: Path) -> Iterator[Labelled]:
    return _swearing(row[0] for row in tabbed(folder / "train.tsv") if row[3] == "hate")


def _kmhas(folder: Path) -> Iterator[Labelled]:
    rows = tabbed(folder / "kmhas_valid.txt")
    return _swearing(row[0].strip('"') for row in rows if row[1] != "8")


def _apeach(folder: Path) -> Iterator[Labelled]:
    rows = list(quoted(folder / "apeach_half_a.csv"))
    yield from _swearing(row[0] for row in rows if row[4] == "Spoiled")
    yield from ((row[0], NORMAL) for row in rows if row[4] == "Default")


def _curse(folder: Path) -> Iterator[Labelled]:
    rows = (line.rpartition("|") for line in lines(folder / "dataset_80.txt"))
    return _swearing(text.strip() for text, _, label in rows if label == "1")


def _malicious(folder: Path) -> Iterator[Labelled]:
    # 25 labels carry a stray quote.
    return _swearing(row[0] for row in tabbed(folder / "Dataset.csv") if row[-1].strip('"') == "0")


def _swearing(bad: Iterable[str]) -> Iterator[Labelled]:
    """Of texts that a set calls bad those that anybody would: the sets disagree on the others, and so do our labels."""
    return ((text, ABUSE) for text in bad if _SWEARING.search(text))


def _nsmc(folder: Path) -> Iterator[Labelled]:
    rows = tabbed(folder / "nsmc_raw.tsv.xz")
    return ((row[2], NORMAL) for row in rows if int(row[1]) >= _LEAST_STARS)


def _petitions(folder: Path) -> Iterator[Labelled]:
    return ((f"{post['title']}\n{post['text']}", NORMAL) for post in records(folder / "petitions.jsonl.xz"))


def _chatbot(folder: Path) -> Iterator[Labelled]:
    return ((row[0], NORMAL) for row in quoted(folder / "ChatbotData.csv"))


def _3i4k(folder: Path) -> Iterator[Labelled]:
    rows = tabbed(folder / "fci_train_val.txt", header=False)
    return ((row[1], NORMAL) for row in rows if len(row[1]) >= _LEAST_LETTERS)


_SWORN = "what is bad there and swears is abuse; the rest is left out"
PUBLIC: dict[str, PublicSet] = {
    "beep": PublicSet("CC BY-SA 4.0", f"hate: {_SWORN}", 250, _beep),
    "kmhas": PublicSet("CC BY-SA 4.0", f"any label but 8: {_SWORN}", 250, _kmhas),
    "apeach": PublicSet("CC BY-SA 4.0", f"Spoiled: {_SWORN}; Default is normal", 600, _apeach),
    "curse_detection": PublicSet("MIT", f"1: {_SWORN}", 250, _curse),
    "malicious_comments": PublicSet("MIT", f"0: {_SWORN}; doubles of the other sets are dropped", 250, _malicious),
    "nsmc": PublicSet("CC0 1.0", "reviews of 5 stars and more are normal", 2_000, _nsmc),
    "petitions": PublicSet("KOGL type 1", "normal", 600, _petitions),
    "chatbot": PublicSet("MIT", "questions are normal", 1_500, _chatbot),
    "3i4k": PublicSet("CC BY-SA 4.0", "utterances of 8 characters and more are normal", 1_000, _3i4k),
}
