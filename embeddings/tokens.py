"""Tokens of normalised texts, for a static model.

A tokenizer notes of each byte where it came from, through every step of its normaliser, which costs much of its time. Where it is
made as the shipped one is, strings take those steps faster, SentencePiece finds the best path (Kudo 2018) in less time,
and where a token begins is counted from the lengths of the tokens.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]  # made when it is imported
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import Punctuation

from embeddings.windows import Span

_STEPS = [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": ""}]
_APART = {"type": "Punctuation", "behavior": "Isolated"}
_PLANES = 0x20000  # past Unicode's first two planes each character is one letter

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Bags:
    """The tokens of texts: `ids` (tokens,) of all end to end, `ends` (texts + 1,) where each text's begin and, last, all end."""

    ids: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.ends) - 1

    def some(self, first: int, after: int) -> "Bags":
        """Those of the texts from `first` to before `after`."""
        ends = self.ends[first : after + 1]
        return Bags(self.ids[ends[0] : ends[-1]], ends - ends[0])


class Reading(NamedTuple):
    """The tokens of texts and where they begin.

    `begins` (tokens,) is the letter with which each begins, in the tokenizer's own form of all texts end to end; `letters`
    (characters + 1,) the letter with which each character begins; `starts` (texts + 1,) the character with which each text begins.
    """

    bags: Bags
    begins: Integers
    letters: Integers
    starts: Integers

    def parts(self, spans: Sequence[Span]) -> Bags:
        """The tokens that begin in each of `spans`."""
        of, begin, end = np.array(spans, np.int64).reshape(-1, 3).T
        edges = np.minimum(self.starts[of] + [begin, end], self.starts[of + 1])
        first, last = np.searchsorted(self.begins, self.letters[edges])
        sizes = last - first
        ends = _starts(sizes)
        return Bags(self.bags.ids[np.arange(ends[-1]) + np.repeat(first - ends[:-1], sizes)], ends)


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

    def bags(self, texts: Sequence[str]) -> Bags:
        """The tokens of each text."""
        return self._found(self._own(texts))[0]

    def read(self, texts: Sequence[str]) -> Reading:
        """The same, and where each begins."""
        own = self._own(texts)
        bags, told = self._found(own)
        own_starts = _starts([*map(len, own)])
        begins, widths = np.empty(len(bags.ids), np.int64), np.ones(own_starts[-1], np.uint8)
        if self._short_way:
            begins, widths = _begins(self._short_way.lengths[bags.ids], bags.ends, own_starts), _widths(texts)
        for row, offsets in told.items():
            begins[bags.ends[row] : bags.ends[row + 1]] = [own_starts[row] + begin for begin, _ in offsets]
        return Reading(bags, begins, _starts(widths), _starts([*map(len, texts)]))

    def _own(self, texts: Sequence[str]) -> list[str]:
        return [_folded(text) for text in texts] if self._short_way else list(texts)

    def _found(self, own: list[str]) -> tuple[Bags, dict[int, list[tuple[int, int]]]]:
        """The tokens, and, by text, the offsets of those of which the tokenizer itself was asked."""
        found: list[list[int]] = [[]] * len(own)
        slow: Sequence[int] = range(len(own))
        if self._short_way:
            found = self._short_way.ids(own)
            slow = [row for row, ids in enumerate(found) if self._short_way.unknown in ids]
        asked = self._tokenizer.encode_batch([own[row] for row in slow], add_special_tokens=False) if slow else []
        for row, each in zip(slow, asked, strict=True):
            found[row] = each.ids
        ends = _starts([*map(len, found)])
        ids = np.fromiter(chain.from_iterable(found), np.int64, ends[-1])
        return Bags(ids, ends), {row: each.offsets for row, each in zip(slow, asked, strict=True)}


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
        self.unknown: int = model["unk_id"]
        self.lengths = np.array([len(piece) for piece, _ in model["vocab"]], np.int64)
        """(tokens of the model,): letters of each."""

    def ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text; where `unknown` is among them, the tokenizer itself must be asked."""
        found: list[list[int]] = self._processor.encode(texts, out_type=int, num_threads=1)
        return found


def _is_as_shipped(description: dict[str, Any]) -> bool:
    """Whether a token is, letter by letter, the part of the folded text that it stands for, unless it is the unknown one."""
    model, signs = description["model"], Punctuation()
    return (
        (description["normalizer"] or {}).get("normalizers") == _STEPS
        and description["pre_tokenizer"] == _APART
        and not description["added_tokens"]
        and model["type"] == "Unigram"
        and not model["byte_fallback"]
        and model["unk_id"] is not None
        # As no token reaches across a sign, texts need not be taken apart at signs.
        and all(
            len(signs.pre_tokenize_str(piece)) == 1
            for number, (piece, _) in enumerate(model["vocab"])
            if number != model["unk_id"]
        )
    )


def _starts(sizes: ArrayLike) -> Integers:
    """Where things of `sizes` begin that stand end to end, and, last, where all end."""
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _begins(lengths: Integers, ends: Integers, text_starts: Integers) -> Integers:
    """Where tokens of `lengths` begin, given the tokens and the letters with which each text begins."""
    starts = _starts(lengths)
    return starts[:-1] + np.repeat(text_starts[:-1] - starts[ends[:-1]], np.diff(ends))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", text).lower().split())


def _widths(texts: Sequence[str]) -> NDArray[np.uint8]:
    """(characters of all texts,): letters of each in the shipped tokenizer's form."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    return _width_of_a_code()[np.minimum(codes, _PLANES)]


@cache
def _width_of_a_code() -> NDArray[np.uint8]:
    """(_PLANES + 1,): the last stands for all further planes."""
    return np.array([len(_folded(chr(code))) for code in range(_PLANES)] + [1], np.uint8)
