"""Each evasion of docs/normalisation.md is undone by the part that the page names."""

import html
from pathlib import Path

import numpy as np
import pytest

from classifier.ngrams import code_points
from classifier.sounds import sounds
from embeddings.contacts import contact_keys
from embeddings.lexical import LexicalView
from embeddings.normalise import normalise

PAGE = Path(__file__).parents[3] / "docs/normalisation.md"


def _evasions() -> list[tuple[str, str, str]]:
    table = PAGE.read_text(encoding="utf-8").partition("| written | meant | by |\n| --- | --- | --- |\n")[2]
    rows = table.partition("\n\n")[0].splitlines()
    written, meant, by = zip(*(map(str.strip, html.unescape(row).strip("|").split("|")) for row in rows), strict=True)
    return list(zip(written, meant, by, strict=True))


EVASIONS = _evasions()


def test_the_page_names_every_part() -> None:
    """The table is read whole."""
    assert {by for _, _, by in EVASIONS} == {"normalise", "contact", "lexical", "sounds"}
    assert len(EVASIONS) > 20


@pytest.mark.parametrize(("written", "meant", "by"), EVASIONS)
def test_is_undone_where_the_page_says(written: str, meant: str, by: str) -> None:
    """What is written and what is meant come to the same there."""
    assert written != meant
    if by == "normalise":
        assert normalise(written) == normalise(meant)
    elif by == "contact":
        assert contact_keys(written) == contact_keys(meant) != ()
    elif by == "lexical":
        one, other = LexicalView().encode([normalise(written), normalise(meant)])
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert one.any()
    else:
        (one, _), (other, _) = (sounds(*code_points([normalise(each)])) for each in (written, meant))
        np.testing.assert_array_equal(one, other)
        assert len(one) > 0
