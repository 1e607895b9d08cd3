"""The bank in memory: changes in place, versions, dead rows, compaction, and readers who are not disturbed."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.exemplar import View
from embeddings import bank as bank_module
from embeddings.bank import Bank, keys_of
from embeddings.errors import BankError
from embeddings.matcher import match
from tests.unit.embeddings.bank_tools import NOW, THRESHOLDS, bank_of, exemplar, matches_of, small_views

VECTORS: dict[View, NDArray[np.float32]] = {
    "semantic": np.eye(32, dtype=np.float32)[0],
    "lexical": np.eye(512, dtype=np.float32)[0],
}


def test_an_exemplar_is_in_effect_once_applied() -> None:
    """And an empty bank matches nothing."""
    text = exemplar().text
    assert matches_of(Bank(), text) == []
    found = matches_of(bank_of(exemplar()), text)
    assert {(each.exemplar_id, each.view) for each in found} == {("a", "semantic"), ("a", "lexical")}
    assert all(each.similarity == pytest.approx(1.0, abs=1e-6) for each in found)


def test_the_higher_version_wins_in_any_order() -> None:
    """An older state that comes late changes nothing, and neither does the same again."""
    new, old = exemplar(label="scam", version=7), exemplar(label="job", version=3)
    bank = bank_of(new)
    assert not bank.apply(old, VECTORS)
    assert not bank.apply(new, VECTORS)
    assert bank.get("a") == new
    assert bank.size == 1


def test_a_new_version_replaces_the_old_row() -> None:
    """The text of before is not matched any more."""
    bank = bank_of(exemplar(), exemplar(text="카드값 대신 내드립니다 급전 문의", label="scam", version=2))
    assert bank.size == 1
    assert matches_of(bank, exemplar().text) == []
    assert {each.label for each in matches_of(bank, "카드값 대신 내드립니다 급전 문의")} == {"scam"}


@pytest.mark.parametrize("state", ["disabled", "removed"])
def test_what_is_not_active_has_no_effect_and_comes_back(state: str) -> None:
    """Disabled and removed exemplars match nothing until a later version is active."""
    bank = bank_of(exemplar())
    assert bank.apply(exemplar(state=state, version=2), {})
    assert (bank.size, matches_of(bank, exemplar().text)) == (0, [])
    assert not bank.apply(exemplar(version=1), VECTORS)
    assert bank.apply(exemplar(version=3), VECTORS)
    assert bank.size == 1


def test_dead_rows_are_compacted_away() -> None:
    """Ten thousand changes of twenty exemplars keep the arrays small, and the last versions in effect."""
    bank = Bank()
    for version in range(10_000):
        bank.apply(exemplar(f"e{version % 20}", label=f"l{version % 7}", version=version + 1), VECTORS)
    moment = bank.moment()
    assert moment is not None
    assert moment.rows.capacity == bank_module._MIN_CAPACITY
    assert bank.size == 20
    assert [bank.get(f"e{number}").version for number in range(20)] == list(range(9_981, 10_001))  # type: ignore[union-attr]


def test_the_bank_grows_past_its_first_capacity() -> None:
    """Three thousand exemplars are all there, each with its own vector."""
    bank, generator = Bank(), np.random.default_rng(0)
    vectors = generator.standard_normal((3_000, 32)).astype(np.float32)
    for row, vector in enumerate(vectors):
        bank.apply(exemplar(f"e{row}", version=row + 1), {**VECTORS, "semantic": vector})
    exemplars, held = bank.contents()
    assert [each.id for each in exemplars] == [f"e{row}" for row in range(3_000)]
    assert np.array_equal(held["semantic"], vectors)


def test_a_moment_is_not_disturbed_by_later_changes() -> None:
    """Whoever compares keeps the exemplars that there were, through a change, a removal and compaction."""
    bank = bank_of(exemplar("a"), exemplar("b", version=2))
    moment = bank.moment()
    bank.apply(exemplar("a", state="removed", version=3), {})
    for version in range(4, 3_000):
        bank.apply(exemplar("b", version=version), VECTORS)
    assert moment is not None
    assert moment.alive.tolist() == [True, True]
    assert [each.id for each in moment.rows.exemplars[: moment.count]] == ["a", "b"]


def test_readers_always_find_an_exemplar_that_is_being_rewritten() -> None:
    """While one thread writes new versions, a match never misses the exemplar and never sees it twice."""
    views, bank = small_views(), bank_of(exemplar())
    vectors = views.vectors([exemplar().text])
    stop = threading.Event()

    def rewrite() -> None:
        version = 2
        while not stop.is_set():
            bank.apply(exemplar(version=version), {view: matrix[0] for view, matrix in vectors.items()})
            version += 1

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(500):
            found = match(bank, vectors, [()], [None], NOW, 3, THRESHOLDS)[0]
            assert sorted(each.view for each in found) == ["lexical", "semantic"]
    finally:
        stop.set()
        writer.join()


def test_adopting_takes_over_everything_at_once() -> None:
    """What the other bank holds replaces what was held, its versions too."""
    bank, fresh = bank_of(exemplar("a", version=9), exemplar("b")), bank_of(exemplar("a", version=2))
    bank.adopt(fresh)
    assert (bank.size, bank.get("b")) == (1, None)
    assert bank.apply(exemplar("a", version=3), VECTORS)


def test_vectors_of_another_encoder_are_refused() -> None:
    """A vector of another length, or none, is an error and changes nothing."""
    bank = bank_of(exemplar())
    wrongs: list[dict[View, NDArray[np.float32]]] = [
        {**VECTORS, "semantic": np.ones(31, np.float32)},
        {"lexical": VECTORS["lexical"]},
    ]
    for wrong in wrongs:
        with pytest.raises(BankError, match="semantic"):
            bank.apply(exemplar("b"), wrong)
    assert bank.size == 1


def test_short_exemplars_have_their_text_as_key() -> None:
    """From six letters on an exemplar is compared by vectors; contacts are keys in any case."""
    assert keys_of(exemplar(text="개♡새 끼!")) == ({"text:개새끼"}, True)
    assert keys_of(exemplar(text="여섯글자입니다")) == (set(), False)
    assert keys_of(exemplar(text="카톡 ab12 문의")) == ({"kakao:ab12"}, False)


def test_expiry_is_judged_at_the_time_of_the_match() -> None:
    """An exemplar works before it expires and not after, without any change to the bank."""
    bank = bank_of(exemplar(expires_at=NOW))
    assert matches_of(bank, exemplar().text, now=NOW - timedelta(seconds=1))
    assert not matches_of(bank, exemplar().text, now=NOW)
