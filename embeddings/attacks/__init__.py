"""How writers hide a text from a filter: seeded generators, the test plan of normalisation and of the two views."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from embeddings.attacks import look_alike, phonological, spacing, symbols, transliteration

AttackClass = Literal["phonological", "look-alike", "transliteration", "spacing and order", "symbols and filling"]


@dataclass(frozen=True)
class Attack:
    """A named way to hide a text. `rule` is its number among the 17 of KOTOX (arXiv 2510.10961, table 1), if it is one."""

    kind: AttackClass
    apply: Callable[[str, Random], str]
    rule: int | None = None

    @property
    def description(self) -> str:
        """One line with an example."""
        return (self.apply.__doc__ or "").strip()


ATTACKS: dict[str, Attack] = {
    "initials-replaced": Attack("phonological", phonological.initials_replaced, 1),
    "vowels-replaced": Attack("phonological", phonological.vowels_replaced, 2),
    "finals-replaced": Attack("phonological", phonological.finals_replaced, 3),
    "resyllabified": Attack("phonological", phonological.resyllabified, 4),
    "initials-inserted": Attack("phonological", phonological.initials_inserted, 5),
    "vowels-inserted": Attack("phonological", phonological.vowels_inserted, 6),
    "finals-inserted": Attack("phonological", phonological.finals_inserted, 7),
    "liaison": Attack("phonological", phonological.liaison, 8),
    "sound-changed": Attack("phonological", phonological.sound_changed),
    "vowels-lengthened": Attack("phonological", phonological.vowels_lengthened),
    "finals-loosened": Attack("phonological", phonological.finals_loosened),
    "syllables-drawn": Attack("look-alike", look_alike.syllables_drawn, 9),
    "scripts-mixed": Attack("look-alike", look_alike.scripts_mixed, 10),
    "turned": Attack("look-alike", look_alike.turned, 11),
    "jamo-split": Attack("look-alike", look_alike.jamo_split),
    "jamo-conjoining": Attack("look-alike", look_alike.jamo_conjoining),
    "digits-disguised": Attack("look-alike", look_alike.digits_disguised),
    "full-width": Attack("look-alike", look_alike.full_width),
    "special-alphabets": Attack("look-alike", look_alike.special_alphabets),
    "syllables-romanised": Attack("transliteration", transliteration.syllables_romanised, 12),
    "words-romanised": Attack("transliteration", transliteration.romanised),
    "sinicised": Attack("transliteration", transliteration.sinicised, 13),
    "borrowed": Attack("transliteration", transliteration.borrowed, 14),
    "spaces-moved": Attack("spacing and order", spacing.spaces_moved, 15),
    "spaces-inserted": Attack("spacing and order", spacing.spaces_inserted),
    "spaces-dropped": Attack("spacing and order", spacing.spaces_dropped),
    "syllables-swapped": Attack("spacing and order", spacing.syllables_swapped, 16),
    "signs-around": Attack("symbols and filling", symbols.signs_around, 17),
    "signs-inside": Attack("symbols and filling", symbols.signs_inside),
    "emoji-between": Attack("symbols and filling", symbols.emoji_between),
    "invisible-between": Attack("symbols and filling", symbols.invisible_between),
    "letters-repeated": Attack("symbols and filling", symbols.letters_repeated),
    "diluted": Attack("symbols and filling", symbols.diluted),
}
