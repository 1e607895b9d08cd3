"""How well the bank finds the copies of campaigns: `python -m bench.campaigns DATA --on tune`.

Thresholds are calibrated with the exemplars of the samples and of the tuning campaigns on one sample of normal posts of DATA and
on the normal posts of the samples; false matches are counted on these and on another sample. Tune on `tune` only; `held` is measured with what
came out. Saves bench/results/campaigns-NAME.json.
"""

import argparse
import json
import sys
from pathlib import Path

from bench.attacks import ROOT, exemplar_texts, sample_posts
from embeddings.bank_evaluation import (
    FALSE_MATCHES,
    Comparer,
    calibrate,
    evaluate_bank,
    read_campaigns,
    read_normal_posts,
)
from embeddings.encoder import load_encoder
from embeddings.settings import EncoderSettings
from embeddings.views import Views

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Calibrate, measure, save, print."""
    given = _arguments()
    views = Views(load_encoder(EncoderSettings()))
    campaigns = read_campaigns(ROOT / f"tests/data/campaigns/{given.on}.jsonl")
    exemplars = exemplar_texts()
    seen, unseen = (read_normal_posts(given.data, given.normal, given.seed + part) for part in range(2))
    thresholds = calibrate(views, exemplars, {**seen, "samples": sample_posts()}, given.rate)
    own = {post.text for post in campaigns if post.role == "exemplar"}
    others = [text for text in exemplars if text not in own]
    result = evaluate_bank(Comparer(views, thresholds), campaigns, others, {**unseen, "samples": sample_posts()})
    text = json.dumps({"on": given.on, "seed": given.seed, "rate": given.rate, **result}, indent=1)
    (RESULTS / f"campaigns-{given.on}.json").write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.campaigns", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc, petitions and chatbot")
    parser.add_argument("--on", choices=("tune", "held"), default="tune", help="which campaigns")
    parser.add_argument("--normal", type=int, default=4_000, help="normal posts of each source, twice")
    parser.add_argument("--rate", type=float, default=FALSE_MATCHES, help="false matches to calibrate to")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
