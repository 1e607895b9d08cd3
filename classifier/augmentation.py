"""Copies to train on beside the posts: disguised as evaders do, diluted by harmless neighbours, and both."""

import random
from collections.abc import Sequence
from dataclasses import replace

from classifier.sources import Example
from embeddings.attacks import ATTACKS

TRAINED_ATTACKS: tuple[str, ...] = (
    "emoji-between",
    "finals-loosened",
    "finals-replaced",
    "initials-replaced",
    "jamo-split",
    "letters-repeated",
    "liaison",
    "scripts-mixed",
    "signs-inside",
    "sinicised",
    "sound-changed",
    "spaces-inserted",
    "syllables-romanised",
    "syllables-swapped",
    "vowels-inserted",
    "vowels-replaced",
)
"""Half of the attacks; what the others cost tells how the head meets one that it was not trained on."""

_FILLER = 60  # characters of a harmless post on each side


def copies(posts: Sequence[Example], seed: int) -> list[Example]:
    """Three copies of each post: under one of TRAINED_ATTACKS, between the beginnings of two normal posts, and both.

    A copy keeps the labels and the source of its post, so that no fold of cross-validation holds copies of another's posts.
    Neighbours are of the same source, if it has a normal post. The same posts and seed give the same copies.
    """
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    harmless: dict[str, list[str]] = {}
    for post in posts:
        if not post.labels:
            harmless.setdefault(post.source, []).append(post.text)
    anybody = [post.text for post in posts if not post.labels]
    made = []
    for post in posts:
        diluted = _diluted(post.text, harmless.get(post.source, anybody), chance)
        texts = [_disguised(post.text, chance), diluted, _disguised(diluted, chance)]
        made += [replace(post, text=text) for text in texts]
    return made


def _disguised(text: str, chance: random.Random) -> str:
    return ATTACKS[chance.choice(TRAINED_ATTACKS)].apply(text, chance)


def _diluted(text: str, harmless: Sequence[str], chance: random.Random) -> str:
    before, after = (chance.choice(harmless)[:_FILLER] for _ in range(2))
    return f"{before}\n{text}\n{after}"
