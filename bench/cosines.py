"""What the shipped encoder's cosines say: `python -m bench.cosines DATA`. Saves bench/results/cosines.json.

KorSTS dev by genre, and how near reviews of nsmc are to each other, which are all about films and mostly unrelated.
"""

import argparse
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from embeddings.encoder import Encoder, load_encoder
from embeddings.evaluation import korsts_pairs
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings
from embeddings.training.files import tabbed

RESULTS = Path(__file__).with_name("results") / "cosines.json"
REVIEWS = 3_000
QUANTILES = (0.5, 0.99, 0.999)


def main() -> int:
    """Measure, save, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.cosines", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with korsts and nsmc")
    data, encoder = parser.parse_args().data, load_encoder(EncoderSettings(device="cpu"))
    found = {"korsts_dev": by_genre(encoder, data), "between_reviews": between_reviews(encoder, data)}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    return 0


def by_genre(encoder: Encoder, data: Path) -> dict[str, dict[str, Any]]:
    """Pairs of each genre, and Spearman's correlation in percent."""
    compared = korsts_pairs(encoder, data)
    genres = np.array([row[0] for row in tabbed(data / "korsts/sts-dev.tsv")])
    found = {}
    for genre in np.unique(genres).tolist():
        its = genres == genre
        correlation = spearmanr(compared.cosines[its], compared.truth[its]).statistic
        found[genre] = {"pairs": int(its.sum()), "spearman": round(100 * float(correlation), 2)}
    return found


def between_reviews(encoder: Encoder, data: Path) -> dict[str, float]:
    """Quantiles of the cosines of all pairs of reviews."""
    texts = [normalise(row[2]) for row in islice(tabbed(data / "nsmc/nsmc_raw.tsv.xz"), REVIEWS)]
    vectors = encoder.encode(texts)
    cosines = (vectors @ vectors.T)[np.triu_indices(len(texts), 1)]
    return {str(share): round(float(np.quantile(cosines, share)), 2) for share in QUANTILES}


if __name__ == "__main__":
    sys.exit(main())
