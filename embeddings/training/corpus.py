"""What the shipped encoder learns from: redistributable public sets only, normalised, as texts and as pairs.

Left out on purpose: `unsmile`, `dktc`, `smilestyle`, `hatescore` (non-commercial or academic use), the published test
splits, KorSTS dev and KLUE-STS, every eighth paraKQC cluster and the test part of `question_pair`, which measure.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.normalise import normalise
from embeddings.training.files import quoted, records, sha256, tabbed

Pair = tuple[str, str, str]
"""Two texts that mean the same, and one that is close to the first and does not, or an empty string."""

Clusters = dict[str, list[str]]

_HELD_OUT_EVERY = 8
_SAME = 4.0  # KorSTS: "the two sentences are mostly equivalent" and above
_TEXTS_OF_PAIRS = ("kda", "nli", "parakqc", "question_pair", "sae4k")
_BODY = 200  # characters of a petition's body that stand for it: its first sentences say what it is about

FILES = {
    "3i4k": ("fci_train_val.txt", "fci_test.txt"),
    "beep": ("train.tsv", "train.news_title.txt", "unlabeled_comments_5.txt.xz"),
    "chatbot": ("ChatbotData.csv",),
    "kda": ("kda_ko_80.csv",),
    "klue": ("klue-nli-v1.1_dev.json",),
    "kmhas": ("kmhas_valid.txt",),
    "kornli": ("xnli.dev.ko.tsv", "xnli.test.ko.tsv"),
    "korsts": ("sts-train.tsv",),
    "nsmc": ("nsmc_raw.tsv.xz",),
    "parakqc": ("paraKQC_v1.clusters.tsv",),
    "petitions": ("petitions.jsonl.xz",),
    "question_pair": ("kor_pair_train.csv",),
    "sae4k": ("sae4k_v1.txt",),
    "stylekqc": ("sts_dev.tsv", "topic_train.tsv"),
}
"""The files read, by folder of the data directory."""


@dataclass(frozen=True)
class Corpus:
    """Texts by source, pairs by source, and pairs with a score of similarity from 0 to 5 (KorSTS train)."""

    texts: dict[str, list[str]]
    pairs: dict[str, list[Pair]]
    scored: list[tuple[float, str, str]]


def read_corpus(data_dir: Path) -> Corpus:
    """All of it, normalised. Raises EncoderError naming a file that is not there."""
    petitions = list(records(data_dir / "petitions/petitions.jsonl.xz"))
    scored = read_scored(data_dir / "korsts/sts-train.tsv")
    trained = {name: texts for name, texts in read_clusters(data_dir).items() if not held_out(name)}
    pairs = {
        "kda": _pairs(quoted(data_dir / "kda/kda_ko_80.csv"), 0, 1),
        "korsts": [(first, second, "") for score, first, second in scored if score >= _SAME],
        "nli": list(_entailments(_nli(data_dir))),
        "parakqc": [(*two, "") for texts in trained.values() for two in itertools.combinations(texts, 2)],
        "petitions": [(normalise(post["title"]), normalise(post["text"])[:_BODY], "") for post in petitions],
        "question_pair": _pairs(quoted(data_dir / "question_pair/kor_pair_train.csv"), 3, 4, (5, "0")),
        "sae4k": _pairs(tabbed(data_dir / "sae4k/sae4k_v1.txt", header=False), 0, 1),
        "stylekqc": _pairs(tabbed(data_dir / "stylekqc/sts_dev.tsv"), 1, 2, (0, "1")),
    }
    texts = {
        "3i4k": _texts(_all(data_dir, "3i4k", header=False), 1),
        "beep": _texts(_all(data_dir, "beep"), 0),
        "chatbot": [text for row in quoted(data_dir / "chatbot/ChatbotData.csv") for text in map(normalise, row[:2])],
        "kmhas": _texts(_all(data_dir, "kmhas"), 0),
        "korsts": [text for _, *two in scored for text in two],
        "nsmc": _texts(_all(data_dir, "nsmc"), 2),
        "petitions": [normalise(part) for post in petitions for part in (post["title"], *post["text"].split(". "))],
        "stylekqc": _texts(tabbed(data_dir / "stylekqc/topic_train.tsv"), 1),
        **{name: sorted({text for pair in pairs[name] for text in pair}) for name in _TEXTS_OF_PAIRS},
    }
    return Corpus({name: [text for text in found if text] for name, found in texts.items()}, pairs, scored)


def digests(data_dir: Path) -> dict[str, str]:
    """SHA-256 of every file read, by `folder/name`."""
    paths = [Path(folder) / name for folder, names in FILES.items() for name in names]
    return {path.as_posix(): sha256(data_dir / path) for path in paths}


def read_scored(path: Path) -> list[tuple[float, str, str]]:
    """A KorSTS file: score from 0 to 5, and two normalised sentences."""
    return [(float(row[4]), normalise(row[5]), normalise(row[6])) for row in tabbed(path) if len(row) > 6]


def read_clusters(data_dir: Path) -> Clusters:
    """paraKQC: the paraphrases of each cluster, normalised."""
    clusters: Clusters = {}
    for cluster, _, _, text in tabbed(data_dir / "parakqc/paraKQC_v1.clusters.tsv"):
        clusters.setdefault(cluster, []).append(normalise(text))
    return clusters


def held_out(cluster: str) -> bool:
    """Whether a paraKQC cluster measures and is never trained on."""
    return int(cluster) % _HELD_OUT_EVERY == 0


def _all(data_dir: Path, folder: str, *, header: bool = True) -> Iterator[list[str]]:
    return itertools.chain.from_iterable(tabbed(data_dir / folder / name, header=header) for name in FILES[folder])


def _texts(rows: Iterable[list[str]], column: int) -> list[str]:
    return [normalise(row[column]) for row in rows if len(row) > column]


def _pairs(rows: Iterable[list[str]], first: int, second: int, only: tuple[int, str] | None = None) -> list[Pair]:
    """Two columns of the rows whose column `only[0]` holds `only[1]`."""
    return [
        (normalise(row[first]), normalise(row[second]), "")
        for row in rows
        if len(row) > max(first, second) and (only is None or row[only[0]].strip() == only[1])
    ]


def _nli(data_dir: Path) -> Iterator[tuple[str, str, str]]:
    """Premise, hypothesis, label."""
    for name in FILES["kornli"]:
        for row in tabbed(data_dir / "kornli" / name):
            yield normalise(row[0]), normalise(row[1]), row[2]
    for record in records(data_dir / "klue" / FILES["klue"][0]):
        yield normalise(record["premise"]), normalise(record["hypothesis"]), record["gold_label"]


def _entailments(rows: Iterable[tuple[str, str, str]]) -> Iterator[Pair]:
    """Premise, what follows from it, and what contradicts it: the triplets of supervised SimCSE (Gao et al. 2021)."""
    premises: dict[str, dict[str, str]] = {}
    for premise, hypothesis, label in rows:
        premises.setdefault(premise, {})[label] = hypothesis
    for premise, said in premises.items():
        if "entailment" in said:
            yield premise, said["entailment"], said.get("contradiction", "")
