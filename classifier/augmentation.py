"""Copies to train on beside the posts: disguised as evaders do, and diluted by harmless neighbours."""

import random
from collections.abc import Sequence

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


def disguised(texts: Sequence[str], seed: int) -> list[str]:
    """Each text under one of TRAINED_ATTACKS."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    return [ATTACKS[chance.choice(TRAINED_ATTACKS)].apply(text, chance) for text in texts]


def diluted(texts: Sequence[str], harmless: Sequence[str], seed: int) -> list[str]:
    """Each text between the beginnings of two of the `harmless` ones."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    return ["\n".join([chance.choice(harmless)[:_FILLER], text, chance.choice(harmless)[:_FILLER]]) for text in texts]
