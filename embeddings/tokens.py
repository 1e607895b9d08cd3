"""Tokens of normalised texts, for a static model.

A tokenizer notes of each byte where it came from, through every step of its normaliser, which costs much of its time. Where it is
made as the shipped one is, strings take those steps faster, SentencePiece finds the best path (Kudo 2018) in a quarter of the time,
and where a token begins is counted from the lengths of the tokens.
"""

import json
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]  # made when it is imported
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import Punctuation

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
    """Reads texts for one thread at a time, as tokenizers do.

    Where two paths are equally good (ㅋ ㅋㅋ and ㅋㅋ ㅋ), the short way may take the other.
    """

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401  # tokenizers has no types
        description = json.loads(tokenizer.to_str())
        self._tokenizer, self._short_way = tokenizer, None
        if _is_as_shipped(description):
            self._tokenizer = Tokenizer.from_str(json.dumps(description | {"normalizer": None}))
            self._short_way = _ShortWay(description["model"])

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        if self._short_way is None:
            return [each.ids for each in self._slow(texts)]
        folded = [_folded(text) for text in texts]
        found = self._short_way.ids(folded)
        unknown = [row for row, ids in enumerate(found) if self._short_way.unknown in ids]
        for row, slow in zip(unknown, self._slow([folded[row] for row in unknown]), strict=True):
            found[row] = slow.ids
        return found

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """The same, and where each begins."""
        if self._short_way is None:
            return [
                Reading(each.ids, _begins(each), range(len(text) + 1))
                for each, text in zip(self._slow(texts), texts, strict=True)
            ]
        folded = [_folded(text) for text in texts]
        readings = []
        for text, own, ids in zip(texts, folded, self._short_way.ids(folded), strict=True):
            characters = list(accumulate(map(_width, text), initial=0))
            if self._short_way.unknown in ids:
                (slow,) = self._slow([own])
                readings.append(Reading(slow.ids, _begins(slow), characters))
            else:
                readings.append(Reading(ids, self._short_way.begins(ids), characters))
        return readings

    def _slow(self, texts: Sequence[str]) -> Any:  # noqa: ANN401
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)


class _ShortWay:
    """The best path through the tokens of a unigram model. Of an unknown token it can't be told how long it is: see `unknown`."""

    def __init__(self, model: dict[str, Any]) -> None:
        description = ModelProto()
        for number, (piece, score) in enumerate(model["vocab"]):
            kind = ModelProto.SentencePiece.UNKNOWN if number == model["unk_id"] else ModelProto.SentencePiece.NORMAL
            description.pieces.add(piece=piece, score=score, type=kind)
        description.trainer_spec.unk_piece = model["vocab"][model["unk_id"]][0]
        description.trainer_spec.unk_id = model["unk_id"]
        steps = description.normalizer_spec
        steps.add_dummy_prefix = steps.remove_extra_whitespaces = steps.escape_whitespaces = False
        self._processor: Any = SentencePieceProcessor(model_proto=description.SerializeToString())
        self._lengths = [len(piece) for piece, _ in model["vocab"]]
        self.unknown: int = model["unk_id"]

    def ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text; `unknown` is among them where the tokenizer itself must be asked."""
        found: list[list[int]] = self._processor.encode(texts, out_type=int, num_threads=1)
        return found

    def begins(self, ids: Sequence[int]) -> list[int]:
        """The letter at which each begins."""
        return list(accumulate((self._lengths[each] for each in ids[:-1]), initial=0))


def _is_as_shipped(description: dict[str, Any]) -> bool:
    """Whether a token is, letter by letter, the part of the folded text that it stands for, unless it is the unknown one."""
    model = description["model"]
    return (
        (description["normalizer"] or {}).get("normalizers") == _STEPS
        and description["pre_tokenizer"] == _APART
        and not description["added_tokens"]
        and model["type"] == "Unigram"
        and not model["byte_fallback"]
        and model["unk_id"] is not None
        # As no token reaches across a sign, texts need not be taken apart at signs.
        and all(len(Punctuation().pre_tokenize_str(piece)) == 1 for piece, _ in _others(model))
    )


def _others(model: dict[str, Any]) -> list[tuple[str, float]]:
    return [each for number, each in enumerate(model["vocab"]) if number != model["unk_id"]]


def _begins(encoding: Any) -> list[int]:  # noqa: ANN401
    return [begin for begin, _ in encoding.offsets]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", text).lower().split())


@lru_cache(1 << 14)
def _width(character: str) -> int:
    return len(_folded(character))
