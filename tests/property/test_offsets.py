"""A normalised text and its original are laid over each other, for every string there is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.normalise import normalise
from embeddings.offsets import normalise_with_offsets

DISGUISED = "가나카톡텔네요핝굮댕이씌발ㅋㅎㅅㄱㅇㅏㅣㅠrlh10o7口ﾡﷺaAk각각W .,~-_*^♥😀\u200b\ufe0f\u0301\u094d"

texts = st.text(st.characters(codec=None), max_size=60) | st.text(DISGUISED, max_size=40)


@given(texts)
@settings(max_examples=400)
def test_text_is_that_of_normalise(text: str) -> None:
    """Whoever keeps offsets compares the same text."""
    assert normalise_with_offsets(text)[0] == normalise(text)


@given(texts)
def test_offsets_rise_through_the_whole_original(text: str) -> None:
    """One offset a character and the end, none below the one before, none outside the original."""
    normalised, offsets = normalise_with_offsets(text)

    assert offsets.dtype == np.int32
    assert offsets.shape == (len(normalised) + 1,)
    assert offsets[-1] == len(text)
    assert (np.diff(offsets, prepend=0) >= 0).all()


@given(
    st.text("가나다라마바사", max_size=20),
    st.sampled_from(["카.톡", "ㅋr톡", "ㅋㅏ톡", "카\u200b톡", "카😀톡", "카토ㄱ"]),
)
def test_a_disguised_word_is_found_where_it_was_written(around: str, disguise: str) -> None:
    """The span of 카톡 in what is compared is that of the disguise in the original."""
    text = f"{around} {disguise} {around}"
    normalised, offsets = normalise_with_offsets(text)
    start = normalised.index("카톡")

    assert text[offsets[start] : offsets[start + 2]].rstrip() == disguise
