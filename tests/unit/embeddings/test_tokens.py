"""The short way to tokens finds what the tokenizer finds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers

from embeddings.encoder import SHIPPED
from embeddings.normalise import normalise
from embeddings.tokens import Tokens

_SHIPPED = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
_TOKENS = Tokens(_SHIPPED)
_KOREAN = st.text(st.sampled_from("가각힣카톡ㅋㅏ ㅎ.,!?a1é가がΣ龘😀\u0301"), max_size=40)


def _ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


@given(st.lists(_KOREAN | st.text(max_size=40), max_size=4))
def test_ids_are_those_of_the_shipped_tokenizer(texts: list[str]) -> None:
    """The steps of its normaliser, taken by strings, give the same letters."""
    normalised = [normalise(text) for text in texts]

    assert _TOKENS.ids(normalised) == _ids(_SHIPPED, normalised)


@pytest.mark.parametrize("normalizer", [None, normalizers.NFC(), normalizers.Sequence([normalizers.Strip()])])
def test_another_normaliser_is_left_to_its_tokenizer(normalizer: Any) -> None:
    """Only the steps that are known are taken over."""
    tokenizer = Tokenizer(models.Unigram([("?", 0.0), ("가", -1.0), (" ", -1.0), ("각", -2.0)], unk_id=0))
    tokenizer.normalizer = normalizer
    texts = [" 가각 가 ", "가각", ""]

    assert Tokens(tokenizer).ids(texts) == _ids(tokenizer, texts)


@given(_KOREAN, st.integers(0, 50), st.integers(0, 50))
def test_a_part_is_the_tokens_that_begin_in_it(text: str, start: int, end: int) -> None:
    """As the tokenizer's offsets say, unknown letters and such as come apart included."""
    normalised = normalise(text)
    whole = _SHIPPED.encode(normalised, add_special_tokens=False)
    ids = [token for token, (begin, _) in zip(whole.ids, whole.offsets, strict=True) if start <= begin < end]

    (reading,) = _TOKENS.read([normalised])

    assert reading.ids == whole.ids
    assert reading.part(start, end) == ids


def test_an_empty_text_has_no_part() -> None:
    """Nor has any text of blanks."""
    for reading in _TOKENS.read(["", "  "]):
        assert reading.part(0, 100) == []
