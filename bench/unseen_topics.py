"""How good the shipped head is on topics that it was not trained on: `python -m bench.unseen_topics`.

The sample posts are split off by batch of writing; some are on a topic of a training post. Here they are left out. Saves
bench/results/unseen-topics.json.
"""

import json
import sys
from pathlib import Path

from classifier.evaluation import judge, measure_head, table
from classifier.release import load_release
from classifier.sources import read_composed
from classifier.training import CORPUS
from embeddings.encoder import load_encoder
from embeddings.settings import EncoderSettings
from jikimi.samples import SAMPLE_POSTS, SAMPLES

RESULTS = Path(__file__).with_name("results") / "unseen-topics.json"


def main() -> int:
    """Measure, save, print."""
    trained = {post.topic for post in read_composed(sorted(CORPUS.glob("*.jsonl")))}
    posts = read_composed([SAMPLES / name for name in SAMPLE_POSTS])
    unseen = [post for post in posts if post.topic not in trained]
    release = load_release()
    measures = measure_head(judge(release, load_encoder(release.encoder_settings(EncoderSettings())), unseen))
    RESULTS.write_text(json.dumps(measures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(unseen)} of {len(posts)} posts are on topics of no training post", table(measures), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
