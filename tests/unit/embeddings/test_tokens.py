"""The short way to tokens finds what the tokenizer finds."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from embeddings import tokens as module
from embeddings.encoder import SHIPPED
from embeddings.normalise import normalise
from embeddings.tokens import Bags, Tokens
from jikimi.demo.records import sample_posts

_SHIPPED = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
_MODEL = json.loads(_SHIPPED.to_str())["model"]
_TOKENS = Tokens(_SHIPPED)
_KOREAN = st.text(st.sampled_from("가각힣카톡ㅋㅏ ㅎ.,!?a1é가がΣ龘😀\u0301"), max_size=40)


def _lists(bags: Bags) -> list[list[int]]:
    return [bags.ids[start:end].tolist() for start, end in pairwise(bags.ends)]


def _joined(ids: list[int]) -> str:
    return "".join(_MODEL["vocab"][each][0] for each in ids)


def _ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


@given(st.lists(_KOREAN | st.text(max_size=40), max_size=4))
def test_ids_are_those_of_the_shipped_tokenizer(texts: list[str]) -> None:
    """The steps of its normaliser, taken by strings, give the same letters, and another library the same best path."""
    normalised = [normalise(text) for text in texts]

    for ids, expected in zip(_lists(_TOKENS.bags(normalised)), _ids(_SHIPPED, normalised), strict=True):
        assert sorted(ids) == sorted(expected)  # of two paths that are equally good either may be taken
        assert _joined(ids) == _joined(expected)


def test_ids_of_the_sample_posts_are_those_of_the_shipped_tokenizer() -> None:
    """In the same order, for Korean as it is written."""
    texts = [normalise(post["text"]) for post in sample_posts()]

    assert _lists(_TOKENS.bags(texts)) == _ids(_SHIPPED, texts)


def test_ties_are_the_same_tokens() -> None:
    """The mean of a text doesn't depend on which way is taken; numbers are not squeezed, so they make such ties."""
    texts = ["111111111", "1000000", "ㅋㅋ ㅋ ㅋㅋ", "66666 66666"]

    assert list(map(sorted, _lists(_TOKENS.bags(texts)))) == list(map(sorted, _ids(_SHIPPED, texts)))


def _another(change: dict[str, Any]) -> Any:
    description = json.loads(_SHIPPED.to_str())
    return Tokenizer.from_str(json.dumps({**description, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"normalizer": None},
        {"normalizer": {"type": "NFC"}},
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "WhitespaceSplit"}},
        {"model": {**_MODEL, "vocab": [*_MODEL["vocab"], [",\u1100", 0.0]]}},
        {
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "model": {
                "type": "WordPiece",
                "unk_token": "?",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"?": 0, "\u1100": 1, "##\u1100": 2, "##\u1161": 3, "##\u11a8": 4, "##,": 5, "##龘": 6},
            },
        },
    ],
)
def test_a_tokenizer_made_in_another_way_is_left_to_itself(change: dict[str, Any]) -> None:
    """Its tokens, and where they begin, are what it says, though it has some of the steps of the shipped one."""
    tokenizer, text = _another(change), " 가각 가,가 龘"
    expected = tokenizer.encode(text, add_special_tokens=False)

    reading = Tokens(tokenizer).read(["앞", text])

    assert _lists(reading.bags)[1:] == _lists(Tokens(tokenizer).bags([text])) == [expected.ids]
    assert len(expected.ids) > 1
    for end in range(len(text) + 1):
        begun = [token for token, (begin, _) in zip(expected.ids, expected.offsets, strict=True) if begin < end]
        assert _lists(reading.parts([(1, 0, end)])) == [begun]


@given(
    st.lists(_KOREAN, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=3)
)
def test_a_part_is_the_tokens_that_begin_in_it(texts: list[str], cuts: list[tuple[int, int]]) -> None:
    """As the tokenizer's offsets say, unknown letters and such as come apart included."""
    normalised = [normalise(text) for text in texts]
    wholes = [_SHIPPED.encode(each, add_special_tokens=False) for each in normalised]
    spans = [(at, min(cut), max(cut)) for at in range(len(texts)) for cut in cuts]

    reading = _TOKENS.read(normalised)

    assume(_lists(reading.bags) == [whole.ids for whole in wholes])  # but for ties
    assert _lists(reading.parts(spans)) == [
        [token for token, (begin, _) in zip(wholes[at].ids, wholes[at].offsets, strict=True) if start <= begin < end]
        for at, start, end in spans
    ]


def test_an_empty_text_has_no_part() -> None:
    """Nor has any text of blanks."""
    reading = _TOKENS.read(["", "  "])

    assert _lists(reading.bags) == _lists(reading.parts([(0, 0, 100), (1, 0, 100)])) == [[], []]
    assert _lists(reading.parts([])) == []


def test_characters_past_the_second_plane_are_one_letter() -> None:
    """What the table of widths takes for granted."""
    for plane in range(2, 17):
        assert {len(module._folded(chr(code))) for code in range(plane << 16, (plane + 1) << 16)} == {1}
