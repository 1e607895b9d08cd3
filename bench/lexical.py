"""How the numbers of the lexical view were chosen: `python -m bench.lexical DATA`.

The flagged posts of the head's training corpus stand for a bank. For each variant: what share of attacked copies still reach
a threshold, what share of the posts of each role in the tuning campaigns, how often normal posts reach it by chance (of 1,000
posts, scaled to 1,000 exemplars), and what encoding costs. Saves bench/results/lexical.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from embeddings.attacks import ATTACKS
from embeddings.bank_evaluation import CampaignPost, read_campaigns, read_normal_posts
from embeddings.lexical import LexicalView
from embeddings.normalise import normalise

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results") / "lexical.json"
VARIANTS = {
    "4, 512 (shipped)": LexicalView(),
    "4, 512, no jamo merged": LexicalView(merged=False),
    "4, 256": LexicalView(bits=8),
    "4, 1024": LexicalView(bits=10),
    "2 3 4, 512": LexicalView((2, 3, 4)),
    "3, 512": LexicalView((3,)),
    "3 4 5, 512": LexicalView((3, 4, 5)),
    "4 5, 512": LexicalView((4, 5)),
    "5, 512": LexicalView((5,)),
}
THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6)
MIN_CHARACTERS = 12
ATTACKED = 200


@dataclass(frozen=True)
class Texts:
    """All normalised: exemplars, copies of the first of them by attack, campaign posts, normal posts by source."""

    exemplars: list[str]
    copies: dict[str, list[str]]
    campaigns: list[CampaignPost]
    normal: dict[str, list[str]]


def main() -> int:
    """Measure each variant, save, print."""
    given = _arguments()
    texts = prepare(given.data, given.normal, given.seed)
    rows = {}
    for name, view in VARIANTS.items():
        rows[name] = measure(view, texts)
        print(name, json.dumps(rows[name], ensure_ascii=False), flush=True)
    counts = {"exemplars": len(texts.exemplars), **{source: len(found) for source, found in texts.normal.items()}}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"counts": counts, "variants": rows}, indent=1, ensure_ascii=False) + "\n")
    return 0


def prepare(data: Path, normal: int, seed: int) -> Texts:
    """Read and normalise everything once."""
    paths = sorted((ROOT / "classifier/corpus/train").glob("*.jsonl"))
    posts = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    whole = [(f"{post.get('title') or ''}\n{post['text']}".strip(), bool(post["labels"])) for post in posts]
    flagged = [text for text, bad in whole if bad and len(text) >= MIN_CHARACTERS]
    Random(seed).shuffle(flagged)  # noqa: S311  a run that repeats
    sources = {**read_normal_posts(data, normal, seed), "corpus": [text for text, bad in whole if not bad]}
    copies = {
        name: [normalise(attack.apply(text, Random(seed + row))) for row, text in enumerate(flagged[:ATTACKED])]  # noqa: S311
        for name, attack in ATTACKS.items()
    }
    return Texts(
        [normalise(text) for text in flagged],
        copies,
        read_campaigns(ROOT / "tests/data/campaigns/tune.jsonl"),
        {source: [normalise(text) for text in found] for source, found in sources.items()},
    )


def measure(view: LexicalView, texts: Texts) -> dict[str, object]:
    """One variant at each threshold."""
    bank = view.encode(texts.exemplars)
    copies = {name: (view.encode(found) * bank[:ATTACKED]).sum(1) for name, found in texts.copies.items()}
    normal = {source: view.encode(found) @ bank.T for source, found in texts.normal.items()}
    roles = campaign_similarities(view, texts.campaigns)
    return {
        "us_per_post": round(cost(view, texts.normal["nsmc"]), 1),
        "thresholds": {
            str(threshold): {
                "attacked_copies": _percent([share for found in copies.values() for share in found >= threshold]),
                "worst_attack": min((_percent(found >= threshold), name) for name, found in copies.items()),
                "campaigns": {role: _percent(found >= threshold) for role, found in roles.items()},
                "false_per_1000": {
                    source: round(1e6 * float((found >= threshold).any(1).mean()) / len(bank), 2)
                    for source, found in normal.items()
                },
            }
            for threshold in THRESHOLDS
        },
    }


def campaign_similarities(view: LexicalView, posts: Sequence[CampaignPost]) -> dict[str, NDArray[np.float64]]:
    """By role, how near each post comes to its own campaign's exemplar; neighbours to any campaign's."""
    exemplars = {post.campaign: row for row, post in enumerate(each for each in posts if each.role == "exemplar")}
    bank = view.encode([normalise(post.text) for post in posts if post.role == "exemplar"])
    found: dict[str, list[float]] = {}
    for post, near in zip(posts, view.encode([normalise(post.text) for post in posts]) @ bank.T, strict=True):
        if post.role != "exemplar":
            value = near.max() if post.role == "neighbour" else near[exemplars[post.campaign]]
            found.setdefault(post.role, []).append(float(value))
    return {role: np.array(values) for role, values in found.items()}


def cost(view: LexicalView, texts: Sequence[str]) -> float:
    """Microseconds of processor time a post, in batches of 1,000, the best of five."""
    runs = []
    for _ in range(5):
        start = time.process_time()
        for first in range(0, len(texts), 1_000):
            view.encode(texts[first : first + 1_000])
        runs.append((time.process_time() - start) / len(texts) * 1e6)
    return min(runs)


def _percent(hits: object) -> float:
    return round(100 * float(np.mean(np.asarray(hits))), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lexical", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc, petitions and chatbot")
    parser.add_argument("--normal", type=int, default=10_000, help="normal posts of each source")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
