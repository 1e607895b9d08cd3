"""What each group of features is worth to the head, and costs: `python -m bench.ablation`.

Cross-validation over the composed training posts, a batch of writing a fold, with all groups and without each in turn; the
public texts are left out. Recall kept is the mean over the 13 attacks of `classifier.robustness`. Nothing held back is read.
Saves bench/results/ablation.json and writes the table of docs/model-card-head.md.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import average_precision_score, f1_score

from classifier.augmentation import copies
from classifier.calibration import flagged, platt, thresholds
from classifier.features import GROUPS, Features
from classifier.robustness import MEASURED_ATTACKS
from classifier.sources import Example, read_composed
from classifier.training import CORPUS, LABELS, Table, build_table, cross_validate
from embeddings.attacks import ATTACKS
from embeddings.encoder import Encoder, load_encoder
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/results/ablation.json"
PAGE = ROOT / "docs/model-card-head.md"
_EVERY = 3  # each third bad post is attacked
RATE = 0.03  # share of normal posts that may be flagged
_TABLE = re.compile("(?<=<!-- table of bench.ablation -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def main() -> int:
    """Measure each variant, save, write the table."""
    given = _arguments()
    encoder = load_encoder(EncoderSettings(device="cpu"))
    read = [(path.stem, read_composed([path])) for path in sorted(CORPUS.glob("*.jsonl"))]
    posts = [Example(post.whole_text, post.labels, batch) for batch, found in read for post in found]
    bad = [post for post in posts if post.labels][::_EVERY]
    attacked = [_attacked(name, post) for name in MEASURED_ATTACKS for post in bad]
    texts = [*posts, *copies(posts, given.seed), *attacked]
    tables = {group: build_table(texts, Features(encoder.dimension, [group]), encoder) for group in GROUPS}
    rows = {}
    for left_out in ("none", *GROUPS):
        table = _joined([tables[group] for group in GROUPS if group != left_out], len(attacked))
        rows[left_out] = measure(table, len(posts), len(attacked))
        rows[left_out]["us_per_post"] = round(_cost(left_out, encoder, [post.text for post in posts]), 1)
        print(left_out, json.dumps(rows[left_out]), flush=True)
    result = {"seed": given.seed, "composed_posts": len(posts), "texts": len(texts), "without": rows}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    table_text = as_table(rows)
    PAGE.write_text(_TABLE.sub(lambda _: table_text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def measure(table: Table, posts: int, attacked: int) -> dict[str, Any]:
    """Of unseen posts, the first rows of the table; its last `attacked` rows are attacked copies."""
    scores = cross_validate(table)
    labels = table.labels[:posts]
    scales = [platt(scores[:posts, at], labels[:, at]) for at in range(len(LABELS))]
    found = 1 / (1 + np.exp(-(scores * [slope for slope, _ in scales] + [offset for _, offset in scales])))
    normal = found[:posts][~labels.any(axis=1)]
    limits = np.array(thresholds(found[:posts], labels, [normal], RATE))
    said = found >= limits
    clean = said[:posts][labels].mean()
    kept = said[-attacked:][table.labels[-attacked:]].mean() / clean
    return {
        "macro_f1": round(float(f1_score(labels, said[:posts], average="macro")), 3),
        "average_precision": round(float(average_precision_score(labels, found[:posts])), 3),
        "normal_flagged": round(flagged(normal, list(limits)), 3),
        "recall_kept": round(float(kept), 3),
    }


def as_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows in Markdown; the cost is that of the group which the row leaves out."""
    head = "| without | macro F1 | average precision | recall kept | the group costs, us a post |\n| --- | --- | --- | --- | --- |\n"
    columns = ("macro_f1", "average_precision", "recall_kept", "us_per_post")
    return head + "".join(
        f"| {name} | {' | '.join(f'{row[column]:g}' for column in columns)} |\n" for name, row in rows.items()
    )


def _attacked(name: str, post: Example) -> Example:
    chance = Random(post.text)  # noqa: S311  # a run that repeats
    return Example(ATTACKS[name].apply(post.text, chance), post.labels, post.source)


def _joined(parts: Sequence[Table], only_scored: int) -> Table:
    weights: NDArray[np.float64] = parts[0].weights.copy()
    weights[-only_scored:] = 0
    rows = sparse.hstack([part.rows for part in parts], format="csr")
    return Table(rows, parts[0].labels, weights, parts[0].folds)


def _cost(group: str, encoder: Encoder, texts: Sequence[str]) -> float:
    """Microseconds of processor time a post for one group, or all; the best of three."""
    normalised = [normalise(text) for text in texts]
    blank = np.zeros((len(texts), encoder.dimension), np.float32)
    runs = []
    for _ in range(3):
        features = Features(encoder.dimension, GROUPS if group == "none" else [group])  # remembers no word yet
        start = time.process_time()
        vectors = encoder.encode(normalised) if group in {"none", "embedding"} else blank
        features.rows(texts, normalised, vectors)
        runs.append((time.process_time() - start) / len(texts) * 1e6)
    return min(runs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ablation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
