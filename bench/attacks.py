"""How much of each attack is undone, and how many attacked copies still match: `python -m bench.attacks DATA`.

Every exemplar of the samples and of the tuning campaigns is attacked by every generator of `embeddings.attacks`, and each copy
is compared with the exemplar it was made of, in both views, at thresholds calibrated on the normal posts of DATA and of the samples, and at
those of the shipped release. Saves bench/results/attacks.json and writes the table of docs/attacks.md.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from classifier.release import load_release
from contracts.exemplar import View
from embeddings.attacks import ATTACKS, Attack
from embeddings.bank_evaluation import FALSE_MATCHES, calibrate, read_campaigns, read_normal_posts
from embeddings.encoder import load_encoder
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings
from embeddings.training.files import records
from embeddings.views import VECTOR_VIEWS, Vectors, Views

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/results/attacks.json"
SAMPLES = ("incheon-suwon", "daegu-gwangju")
PAGE = ROOT / "docs/attacks.md"
_COLUMNS = ("undone", "lexical", "semantic", "lexical_released", "semantic_released")
_COPIES = 5  # of each exemplar under each attack
_TABLE = re.compile("(?<=<!-- table of bench.attacks -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One attack: how many copies it changed, and which percentage of them is undone or matches."""

    kind: str
    rule: int | None
    copies: int
    undone: float
    lexical: float
    semantic: float
    lexical_released: float
    semantic_released: float


def main() -> int:
    """Attack, compare, save, write the table."""
    given = _arguments()
    views = Views(load_encoder(EncoderSettings()))
    texts = exemplar_texts()
    normal = {**read_normal_posts(given.data, given.normal, given.seed), "samples": sample_posts()}
    thresholds = calibrate(views, texts, normal)
    both = {"": thresholds, "_released": load_release().view_thresholds}
    kept = views.vectors([normalise(text) for text in texts])
    rows = {
        name: measure(attack, texts, kept=kept, views=views, thresholds=both, seed=given.seed)
        for name, attack in ATTACKS.items()
    }
    RESULTS.parent.mkdir(exist_ok=True)
    result = {
        "exemplars": len(texts),
        "copies_each": _COPIES,
        "normal_posts": {source: len(found) for source, found in normal.items()},
        "false_matches": FALSE_MATCHES,
        "thresholds": {view: round(threshold, 3) for view, threshold in thresholds.items()},
        "seed": given.seed,
        "attacks": {name: asdict(row) for name, row in rows.items()},
    }
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table = as_table(rows)
    PAGE.write_text(_TABLE.sub(lambda _: table, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(table, result["thresholds"], f"-> {RESULTS.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


def exemplar_texts() -> list[str]:
    """The bad exemplars of the samples and those of the tuning campaigns."""
    samples = sorted((ROOT / "jikimi/samples").glob("exemplars*.jsonl"))
    kept = [json.loads(line) for path in samples for line in path.read_text(encoding="utf-8").splitlines()]
    campaigns = read_campaigns(ROOT / "tests/data/campaigns/tune.jsonl")
    bad = [exemplar["text"] for exemplar in kept if exemplar["polarity"] == "bad"]
    return bad + [post.text for post in campaigns if post.role == "exemplar"]


def sample_posts() -> list[str]:
    """The normal posts of a neighbourhood community that ship as samples, title and text."""
    posts = (post for name in SAMPLES for post in records(ROOT / f"jikimi/samples/{name}.jsonl"))
    return [f"{post.get('title', '')}\n{post['text']}".strip() for post in posts if not post["labels"]]


def measure(
    attack: Attack,
    texts: Sequence[str],
    *,
    kept: Vectors,
    views: Views,
    thresholds: Mapping[str, Mapping[View, float]],
    seed: int,
) -> Row:
    """`attack` on each of `texts` some times over; `kept` are the texts' own vectors, `thresholds` by ending of a column and view."""
    chance = Random(seed)  # noqa: S311  a run that repeats
    copies = [(number, attack.apply(text, chance)) for _ in range(_COPIES) for number, text in enumerate(texts)]
    changed = [(number, copy) for number, copy in copies if copy != texts[number]]
    numbers = [number for number, _ in changed]
    normalised = [normalise(copy) for _, copy in changed]
    vectors = views.vectors(normalised)
    near = {view: (vectors[view] * kept[view][numbers]).sum(axis=1) for view in VECTOR_VIEWS}
    found = {
        f"{view}{ending}": _percent(near[view] >= limits[view])
        for view in VECTOR_VIEWS
        for ending, limits in thresholds.items()
    }
    undone = np.array([copy == normalise(texts[number]) for copy, number in zip(normalised, numbers, strict=True)])
    return Row(attack.kind, attack.rule, len(changed), _percent(undone), **found)


def as_table(rows: Mapping[str, Row]) -> str:
    """The rows in Markdown, and their mean."""
    head = (
        "| attack | class | rule | what it does | undone | lexical | semantic | lexical, release | semantic, release |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    body = "".join(
        f"| {name} | {row.kind} | {row.rule or ''} | {ATTACKS[name].description} | "
        + " | ".join(str(getattr(row, column)) for column in _COLUMNS)
        + " |\n"
        for name, row in rows.items()
    )
    means = (np.mean([getattr(row, column) for row in rows.values()]) for column in _COLUMNS)
    return head + body + "| mean | | | | " + " | ".join(f"{mean:.1f}" for mean in means) + " |\n"


def _percent(hits: NDArray[np.bool_]) -> float:
    return round(100 * float(hits.mean()), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc, petitions and chatbot")
    parser.add_argument("--normal", type=int, default=5_000, help="normal posts of each source to calibrate on")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
