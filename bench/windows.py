"""What a spam paragraph inside a long post does to both views, with and without windows: `python -m bench.windows DATA`.

Every exemplar of the samples and of the tuning campaigns is put at a random place into 3,000 characters of a petition. Each
length of window is tried, at thresholds calibrated for it and at those of the shipped release; the shipped length is
`embeddings.windows.WINDOW`. Saves bench/results/windows.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.attacks import exemplar_texts
from classifier.release import load_release
from embeddings import windows as shipped
from embeddings.bank_evaluation import calibrate, read_normal_posts
from embeddings.encoder import load_encoder
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings
from embeddings.views import Views
from jikimi.engine import use_one_thread

RESULTS = Path(__file__).with_name("results") / "windows.json"
LENGTHS = (80, 100, 120, 160, 100_000)  # the last: no windows
LONG = 3_000


def main() -> int:
    """Hide, look, save, print."""
    given = _arguments()
    use_one_thread()
    views, texts = Views(load_encoder(EncoderSettings(device="cpu"))), exemplar_texts()
    normal = read_normal_posts(given.data, 1_000, given.seed)
    every = [text for found in normal.values() for text in found]
    posts = hidden(texts, [text for text in every if len(text) > LONG], Random(given.seed))  # noqa: S311  repeats
    short = [normalise(text) for text in every if len(text) <= shipped.WINDOW][: len(posts)]
    rows = {}
    for shipped.WINDOW in LENGTHS:
        shipped._STEP = shipped.WINDOW // 2  # noqa: SLF001  the bench alone turns this screw
        rows[shipped.WINDOW] = measure(views, texts, posts, short, normal)
        print(shipped.WINDOW, rows[shipped.WINDOW], flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def hidden(texts: Sequence[str], hosts: Sequence[str], chance: Random) -> list[str]:
    """Each of `texts` at the border of two words inside 3,000 characters of one of `hosts`."""
    posts = []
    for text in texts:
        host = chance.choice(hosts)[:LONG]
        place = host.rfind(" ", 0, chance.randrange(LONG // 10, LONG))
        posts.append(f"{host[:place]} {text} {host[place:]}")
    return posts


def measure(
    views: Views, texts: Sequence[str], posts: Sequence[str], short: Sequence[str], normal: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Percent of posts found in each view, at calibrated thresholds and at the release's; rows, and processor time in ms of a long post,
    us of a short one.
    """
    thresholds = calibrate(views, texts, normal)
    kept, normalised = views.vectors([normalise(text) for text in texts]), [normalise(post) for post in posts]
    start = time.process_time()
    pieces = views.pieces(normalised)
    middle = time.process_time()
    views.pieces(short)
    end = time.process_time()
    found: dict[str, float] = {}
    released = np.zeros(len(posts), np.bool_)
    for view, threshold in thresholds.items():
        nearest = np.full(len(posts), -1, np.float32)
        np.maximum.at(nearest, pieces.posts, (pieces.vectors[view] * kept[view][pieces.posts]).sum(axis=1))
        hits = nearest >= load_release().view_thresholds[view]
        released |= hits
        found[f"{view}_found"] = _percent(nearest >= threshold)
        found[f"{view}_found_released"] = _percent(hits)
        found[f"{view}_threshold"] = round(threshold, 3)
    return found | {
        "any_found_released": _percent(released),
        "rows_a_post": round(len(pieces.posts) / len(posts), 1),
        "ms_a_long_post": round(1e3 * (middle - start) / len(posts), 2),
        "us_a_short_post": round(1e6 * (end - middle) / len(short), 1),
    }


def _percent(hits: NDArray[np.bool_]) -> float:
    return round(100 * float(hits.mean()), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.windows", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc, petitions and chatbot")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
