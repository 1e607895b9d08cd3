"""Tokens of normalised texts, for a static model.

A tokenizer notes of each byte where it came from, through every step of its normaliser, which takes as long as finding the tokens.
Where nobody asks for the places, and the steps are those of the shipped model, strings take them in a tenth of the time.
"""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

_STEPS = [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": ""}]


class Tokens:
    """Reads texts for one thread at a time, as tokenizers do."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401  # tokenizers has no types
        self._tokenizer = tokenizer
        description = json.loads(tokenizer.to_str())
        self._taken_over = (description["normalizer"] or {}).get("normalizers") == _STEPS
        self._fast = (
            Tokenizer.from_str(json.dumps(description | {"normalizer": None})) if self._taken_over else tokenizer
        )

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        read = [_folded(text) for text in texts] if self._taken_over else texts
        return [each.ids for each in self._fast.encode_batch_fast(read, add_special_tokens=False)]

    def ids_and_places(self, texts: Sequence[str]) -> list[tuple[list[int], list[int]]]:
        """The same, and for each token the character at which it begins."""
        found = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [(each.ids, [begin for begin, _ in each.offsets]) for each in found]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", text).lower().split())
