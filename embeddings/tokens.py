"""Tokens of normalised texts, for a static model.

A tokenizer notes of each byte where it came from, through every step of its normaliser, which costs much of its time. Where it is
made as the shipped one is, strings take those steps faster, and where a token begins is counted from the lengths of the tokens.
"""

import json
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from tokenizers import Tokenizer

_STEPS = [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": ""}]
_APART = {"type": "Punctuation", "behavior": "Isolated"}


class Reading(NamedTuple):
    """The tokens of a text, at which letter of the tokenizer's own form of it each begins, and at which each character does."""

    ids: list[int]
    begins: Sequence[int]
    characters: Sequence[int]

    def part(self, start: int, end: int) -> list[int]:
        """The tokens that begin in the characters from `start` to before `end`."""
        first, last = (self.characters[min(at, len(self.characters) - 1)] for at in (start, end))
        return self.ids[bisect_left(self.begins, first) : bisect_left(self.begins, last)]


class Tokens:
    """Reads texts for one thread at a time, as tokenizers do."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401  # tokenizers has no types
        description = json.loads(tokenizer.to_str())
        self._taken_over = _is_as_shipped(description)
        self._tokenizer = (
            Tokenizer.from_str(json.dumps(description | {"normalizer": None})) if self._taken_over else tokenizer
        )
        self._unknown = description["model"].get("unk_id")
        self._lengths = [
            len(self._tokenizer.id_to_token(each) or "") for each in range(self._tokenizer.get_vocab_size())
        ]

    def ids(self, texts: Iterable[str]) -> list[list[int]]:
        """The tokens of each text."""
        return [each.ids for each in self._tokenizer.encode_batch_fast(self._own(texts), add_special_tokens=False)]

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The same, and where each begins."""
        found = self.ids(texts)
        # Only of an unknown token it can't be told how long it is.
        slow = [row for row, ids in enumerate(found) if not self._taken_over or self._unknown in ids]
        begins = dict(zip(slow, self._begins([texts[row] for row in slow]), strict=True))
        return [
            Reading(ids, begins[row] if row in begins else self._counted(ids), self._characters(texts[row]))
            for row, ids in enumerate(found)
        ]

    def _own(self, texts: Iterable[str]) -> list[str]:
        return [_folded(text) for text in texts] if self._taken_over else list(texts)

    def _begins(self, texts: Iterable[str]) -> list[list[int]]:
        found = self._tokenizer.encode_batch(self._own(texts), add_special_tokens=False)
        return [[begin for begin, _ in each.offsets] for each in found]

    def _counted(self, ids: list[int]) -> list[int]:
        return list(accumulate((self._lengths[each] for each in ids[:-1]), initial=0))

    def _characters(self, text: str) -> Sequence[int]:
        return list(accumulate(map(_width, text), initial=0)) if self._taken_over else range(len(text) + 1)


def _is_as_shipped(description: dict[str, Any]) -> bool:
    """Whether a token is, letter by letter, the part of the folded text that it stands for, unless it is the unknown one."""
    model = description["model"]
    return (
        (description["normalizer"] or {}).get("normalizers") == _STEPS
        and description["pre_tokenizer"] == _APART
        and not description["added_tokens"]
        and model["type"] == "Unigram"
        and not model["byte_fallback"]
    )


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", text).lower().split())


@lru_cache(1 << 14)
def _width(character: str) -> int:
    return len(_folded(character))
