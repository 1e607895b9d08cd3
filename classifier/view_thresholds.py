"""From which similarity on a post matches an exemplar, in each view, for the encoder that a release is made for."""

import math
from collections.abc import Mapping, Sequence
from random import Random

from classifier.release import Calibrated
from contracts.exemplar import View
from embeddings.bank_evaluation import FALSE_MATCHES, calibrate
from embeddings.encoder import Encoder
from embeddings.views import Views

LEXICAL = 0.6  # the view has no weights: the same for every encoder
_EXEMPLARS = 500
_POSTS = 2_000


def view_thresholds(
    encoder: Encoder, bad: Sequence[str], normal: Mapping[str, Sequence[str]], seed: int
) -> dict[View, Calibrated]:
    """The thresholds of a release. That of `semantic` is measured: how near unrelated texts are differs from encoder to encoder.

    Up to 500 of `bad` serve as exemplars, up to 2,000 posts of each source of `normal` as what they must not match. Rounded up
    to two decimals. Raises ExemplarError where either is empty.
    """
    chance = Random(seed)  # noqa: S311  a sample that repeats
    exemplars = chance.sample(bad, min(_EXEMPLARS, len(bad)))
    posts = {source: chance.sample(texts, min(_POSTS, len(texts))) for source, texts in normal.items()}
    semantic = calibrate(Views(encoder), exemplars, posts)["semantic"]
    return {
        "semantic": Calibrated(
            min(1.0, math.ceil(semantic * 100) / 100),
            f"{FALSE_MATCHES:g} false matches at most per 1,000 posts of each of {', '.join(posts)} and 1,000 exemplars",
        ),
        "lexical": Calibrated(
            LEXICAL, "finds every light and obfuscated copy of tests/data/campaigns/tune.jsonl, no neighbour"
        ),
        "contact": Calibrated(1.0, "an equal key is a match"),
    }
