"""Hashed n-grams of many sequences at once."""

import unicodedata
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.ngrams import GROWTH, code_points, hashed_ngrams, jamo, letters

BITS = 20
TEXTS = st.lists(st.text(max_size=12), min_size=1, max_size=6)


@settings(deadline=None)
@given(TEXTS)
def test_each_row_has_as_many_entries_as_its_text_has_n_grams(texts: list[str]) -> None:
    """No n-gram is lost, and none reaches over the border of two texts."""
    matrix = hashed_ngrams(*code_points(texts), (3, 4, 5, 6), BITS).matrix()
    counted = [sum(max(0, len(text) - size + 1) for size in (3, 4, 5, 6)) for text in texts]
    assert np.diff(matrix.indptr).tolist() == counted


@settings(deadline=None)
@given(TEXTS)
def test_a_row_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    """A text alone has the row that it has among others: training and scoring batch differently."""
    together = hashed_ngrams(*code_points(texts), (1, 2, 3, 4), BITS).matrix().toarray()
    alone = [hashed_ngrams(*code_points([text]), (1, 2, 3, 4), BITS).matrix().toarray()[0] for text in texts]
    np.testing.assert_array_equal(alone, together)


def test_equal_n_grams_share_a_column_and_different_ones_do_not() -> None:
    """`abab` has two bigrams, `ab` twice."""
    row = hashed_ngrams(*code_points(["abab"]), (2,), BITS).matrix()
    assert sorted(Counter(row.indices.tolist()).values()) == [1, 2]


@settings(deadline=None)
@given(TEXTS)
def test_a_product_is_that_of_the_matrix(texts: list[str]) -> None:
    """Scoring multiplies hits, training takes them as a matrix."""
    weights = np.random.default_rng(1).normal(size=(1 << 10, 5)).astype(np.float32)
    hits = hashed_ngrams(*code_points(texts), (1, 2), 10, usual=9).scaled(3.2)
    np.testing.assert_allclose(hits @ weights, hits.matrix() @ weights, atol=1e-4)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=8), min_size=1, max_size=4))
def test_jamo_are_those_of_unicode(texts: list[str]) -> None:
    """Taking syllables apart gives what canonical decomposition gives."""
    codes, lengths = jamo(*code_points(texts))
    parts = np.split(codes, np.cumsum(lengths)[:-1])
    assert ["".join(map(chr, part.tolist())) for part in parts] == [
        unicodedata.normalize("NFD", text) for text in texts
    ]


def test_rows_grow_to_the_usual_length_and_no_further() -> None:
    """A text of half the usual n-grams has a row a quarter shorter; one of twice as many is no longer than the usual one."""
    texts = ["".join(map(chr, range(0xAC00, 0xAC00 + count))) for count in (0, 50, 100, 200)]
    rows = hashed_ngrams(*code_points(texts), (1,), BITS, usual=100).matrix().toarray()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [0, 0.5**GROWTH, 1, 1], rtol=1e-5)


def test_letters_are_what_is_left_without_spaces_and_signs() -> None:
    """Digits and letters of any script stay; emoji go; a text of signs alone is empty."""
    codes, lengths = letters(*code_points(["대 출_상★담 1A", "?! 😀", "", "水ㅋ"]))
    assert "".join(map(chr, codes.tolist())) == "대출상담1A水ㅋ"
    assert lengths.tolist() == [6, 0, 0, 2]
