"""The matcher against a plain reading of its rules, one pair at a time, for random banks after random changes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from embeddings import bank as bank_module
from embeddings import matcher
from embeddings.bank import Bank
from embeddings.matcher import match
from embeddings.views import VECTOR_VIEWS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
THRESHOLDS: dict[View, float] = {"semantic": 0.7, "lexical": 0.6}
COMMUNITIES = (None, "market", "free")
TEXT = "글자가 여섯보다 많은 예문"


@dataclass
class Held:
    """What a bank should hold of an exemplar."""

    exemplar: Exemplar
    vectors: dict[View, NDArray[np.float32]]


@pytest.fixture(autouse=True)
def small_pieces() -> Iterator[None]:
    """Pieces of a few rows and posts, and little room, so that borders and compaction come up all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matcher, "_ROWS_AT_ONCE", 7)
        patch.setattr(matcher, "_POSTS_AT_ONCE", 3)
        patch.setattr(matcher, "_CROWD", 4)
        patch.setattr(bank_module, "_MIN_CAPACITY", 4)
        yield


def unit(generator: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Vectors that are often near each other: of length 1 in four dimensions."""
    vectors = generator.standard_normal((count, 4)).astype(np.float32)
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def changed(generator: np.random.Generator, changes: int) -> tuple[Bank, dict[str, Held]]:
    """A bank after random changes, and what it should hold."""
    bank, held = Bank(), dict[str, Held]()
    for version in range(1, changes + 1):
        exemplar = random_exemplar(generator, version)
        vectors = {view: unit(generator, 1)[0] for view in VECTOR_VIEWS}
        bank.apply(exemplar, vectors)
        if exemplar.state == "active":
            held[exemplar.id] = Held(exemplar, vectors)
        else:
            held.pop(exemplar.id, None)
    return bank, held


def random_exemplar(generator: np.random.Generator, version: int) -> Exemplar:
    """One of thirty ids, in any state."""
    return Exemplar(
        id=f"e{generator.integers(30)}",
        text=TEXT,
        label=str(generator.choice(["job", "scam"])),
        polarity=generator.choice(["bad", "benign"]),
        state=generator.choice(["active", "active", "active", "disabled", "removed"]),
        version=version,
        threshold=(None, 0.3, 0.8)[int(generator.integers(3))],
        communities=() if generator.random() < 0.5 else ("market",),
        expires_at=None if generator.random() < 0.7 else NOW + timedelta(hours=int(generator.integers(-2, 3))),
    )


def expected(held: dict[str, Held], vectors: dict[View, NDArray[np.float32]], community: str | None, k: int) -> list[tuple[str, str, float]]:  # fmt: skip
    """(view, id, similarity) of all that should be found for one post, by the rules as written."""
    groups = defaultdict[tuple[str, str, str], list[tuple[float, str]]](list)
    for each in held.values():
        exemplar = each.exemplar
        if exemplar.expires_at is not None and exemplar.expires_at <= NOW:
            continue
        if exemplar.communities and community not in exemplar.communities:
            continue
        for view, default in THRESHOLDS.items():
            threshold = max(exemplar.threshold or default, 0.5)
            similarity = float(each.vectors[view] @ vectors[view])
            if similarity >= threshold - 0.1:
                groups[view, exemplar.label, exemplar.polarity].append((similarity, exemplar.id))
    return [
        (view, name, near) for (view, *_), found in groups.items() for near, name in sorted(found, reverse=True)[:k]
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), changes=st.integers(0, 120), posts=st.integers(1, 10), k=st.integers(1, 4))
def test_the_matcher_equals_the_plain_reading(seed: int, changes: int, posts: int, k: int) -> None:
    """The same exemplars in the same views with the same similarity, whatever was changed before."""
    generator = np.random.default_rng(seed)
    bank, held = changed(generator, changes)
    vectors = {view: unit(generator, posts) for view in VECTOR_VIEWS}
    communities = [COMMUNITIES[int(generator.integers(3))] for _ in range(posts)]
    found = match(bank, vectors, [()] * posts, communities, NOW, k, THRESHOLDS)
    assert bank.size == len(held)
    for post in range(posts):
        wanted = expected(held, {view: matrix[post] for view, matrix in vectors.items()}, communities[post], k)
        assert {(each.view, each.exemplar_id) for each in found[post]} == {(view, name) for view, name, _ in wanted}
        nearness = {(view, name): near for view, name, near in wanted}
        for each in found[post]:
            assert each.similarity == pytest.approx(nearness[each.view, each.exemplar_id], abs=1e-5)
        assert [each.similarity for each in found[post]] == sorted((e.similarity for e in found[post]), reverse=True)


@given(seed=st.integers(0, 2**32 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_the_order_of_changes_does_not_matter(seed: int) -> None:
    """Applied in any order and twice, the same changes leave the same exemplars: the highest version of each."""
    generator = np.random.default_rng(seed)
    states = [random_exemplar(generator, version) for version in range(1, 60)]
    vectors: dict[View, NDArray[np.float32]] = {view: unit(generator, 1)[0] for view in VECTOR_VIEWS}
    banks = []
    for order in (np.arange(59), generator.permutation(np.repeat(np.arange(59), 2))):
        bank = Bank()
        for number in order:
            bank.apply(states[number], vectors)
        banks.append(bank)
    first, second = ({each.id: each for each in bank.contents()[0]} for bank in banks)
    assert first == second
    last = {each.id: each for each in states}
    assert first == {name: each for name, each in last.items() if each.state == "active"}


def test_the_random_exemplars_are_of_every_kind() -> None:
    """The properties above are about something."""
    generator = np.random.default_rng(0)
    drawn = [random_exemplar(generator, 1) for _ in range(200)]
    assert {each.state for each in drawn} == {"active", "disabled", "removed"}
    assert {each.polarity for each in drawn} == {"bad", "benign"}
    assert {bool(each.communities) for each in drawn} == {True, False} == {bool(each.expires_at) for each in drawn}
