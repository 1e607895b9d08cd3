"""How much of its recall a head keeps when writers hide their posts: one row an attack."""

import zlib
from collections.abc import Mapping
from random import Random

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation import Judged, Measures, probabilities
from classifier.head import Head
from embeddings.attacks import ATTACKS
from embeddings.encoder import Encoder

MEASURED_ATTACKS: tuple[str, ...] = (
    "initials-replaced",
    "vowels-replaced",
    "finals-replaced",
    "sound-changed",
    "vowels-lengthened",
    "scripts-mixed",
    "jamo-split",
    "syllables-romanised",
    "spaces-inserted",
    "syllables-swapped",
    "signs-inside",
    "letters-repeated",
    "diluted",
)
"""Thirteen that cover the five classes of KOTOX (arXiv 2510.10961), those that cost a linear head most among them."""


def under_attacks(judged: Judged, head: Head, encoder: Encoder, seed: int = 0) -> Measures:
    """Recall over all labels of all bad posts, clean and under each of MEASURED_ATTACKS, between 0 and 1.

    `kept` is an attack's recall divided by the clean one. The same posts and seed give the same attacked copies.
    """
    bad: NDArray[np.bool_] = np.asarray(judged.truth.any(axis=1))
    truth = judged.truth[bad]
    texts = [post.whole_text for post, is_bad in zip(judged.posts, bad, strict=True) if is_bad]
    clean = float(judged.said[bad][truth].mean())
    rows: dict[str, Measures] = {}
    for name in MEASURED_ATTACKS:
        chance = Random(seed ^ zlib.crc32(name.encode()))  # noqa: S311  # repeatable, not secret
        found = probabilities(head, encoder, [ATTACKS[name].apply(text, chance) for text in texts])
        recall = float((found >= judged.thresholds)[truth].mean())
        rows[name] = {"class": ATTACKS[name].kind, "recall": round(recall, 4), "kept": round(recall / clean, 4)}
    kept = [row["kept"] for row in rows.values()]
    return {
        "release": judged.release,
        "bad_posts": len(texts),
        "clean_recall": round(clean, 4),
        "attacks": rows,
        "mean_kept": round(sum(kept) / len(kept), 4),
        "least_kept": min(kept),
    }


def attack_table(measures: Mapping[str, Measures]) -> str:
    """What `under_attacks` found, as people read it."""
    lines = [f"{measures['bad_posts']} bad posts, release {measures['release']}", ""]
    lines.append(f"{'attack':<22}{'class':<22}{'recall':>7}{'kept':>8}")
    lines.append(f"{'none':<44}{measures['clean_recall']:>7.3f}{1:>8.1%}")
    for name, row in measures["attacks"].items():
        lines.append(f"{name:<22}{row['class']:<22}{row['recall']:>7.3f}{row['kept']:>8.1%}")
    lines += [f"{'mean':<51}{measures['mean_kept']:>8.1%}", f"{'least':<51}{measures['least_kept']:>8.1%}"]
    return "\n".join(lines)
