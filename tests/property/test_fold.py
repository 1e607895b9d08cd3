"""The fold of the flags topic, for any flags in any order with any duplicates."""

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contracts.decision import ACTIONS
from contracts.flag import CAUSES, Cause, Flag, fold
from tests.unit.contracts.records import flag

START = datetime(2026, 3, 1, tzinfo=UTC)

flags = st.builds(
    flag,
    post_id=st.sampled_from(["a", "b", "c"]),
    revision=st.integers(0, 3),
    cause=st.sampled_from(CAUSES),
    cause_id=st.sampled_from(["x", "y"]),
    action=st.sampled_from(ACTIONS),
    decided_at=st.integers(0, 3).map(lambda seconds: START + timedelta(seconds=seconds)),
)


@given(st.lists(flags, max_size=20), st.randoms(use_true_random=False), st.data())
def test_order_and_duplicates_change_nothing(held: list[Flag], random: Random, data: st.DataObject) -> None:
    """Shuffled, and with any of them again, the state is the same."""
    again = held + (data.draw(st.lists(st.sampled_from(held), max_size=10)) if held else [])
    random.shuffle(again)
    assert fold(again) == fold(held)


@given(st.lists(flags, max_size=10), st.lists(flags, max_size=10), st.lists(flags, max_size=10))
def test_folding_is_associative(first: list[Flag], second: list[Flag], third: list[Flag]) -> None:
    """Winners folded with what comes next give what folding all at once gives, however the parts are taken."""
    whole = fold([*first, *second, *third])
    left = fold([*fold([*first, *second]).values(), *third])
    right = fold([*first, *fold([*second, *third]).values()])
    assert left == whole == right


@given(st.lists(flags, max_size=20))
def test_the_state_of_each_post_is_one_of_its_flags(held: list[Flag]) -> None:
    """Nothing is invented, no post is lost, and folding a state changes nothing."""
    state = fold(held)
    assert state.keys() == {each.post_id for each in held}
    assert all(winner in held and winner.post_id == post for post, winner in state.items())
    assert fold(state.values()) == state


@given(st.lists(flags, min_size=1, max_size=20), flags)
def test_a_deletion_wins(held: list[Flag], one: Flag) -> None:
    """Whatever came before or comes after, whatever its revision."""
    deletion = msgspec.structs.replace(one, cause="deleted", action="allow", revision=0)
    state = fold([*held, deletion])
    assert state[deletion.post_id].cause == "deleted"


@given(flags, st.integers(0, 3))
def test_an_edit_clears_a_flag(one: Flag, step: int) -> None:
    """A later revision decides, though a moderator spoke of the earlier one, and though it was decided before."""
    hidden = msgspec.structs.replace(one, cause="moderator", action="hide", revision=step)
    edited = msgspec.structs.replace(
        hidden, cause="post", action="allow", revision=step + 1, decided_at=START - timedelta(days=1)
    )
    assert fold([edited, hidden])[one.post_id].action == "allow"


@given(flags, st.sampled_from(CAUSES), st.sampled_from(CAUSES))
def test_causes_outrank_each_other(one: Flag, first: Cause, second: Cause) -> None:
    """Within a revision: deleted over moderator over retroactive over post, whatever the times."""
    rank = {"post": 0, "retroactive": 1, "moderator": 2, "deleted": 3}
    early = msgspec.structs.replace(one, cause=first, decided_at=START)
    late = msgspec.structs.replace(one, cause=second, decided_at=START + timedelta(hours=1))
    winner = fold([early, late])[one.post_id]
    assert winner.cause == max((first, second), key=rank.__getitem__)
    if first == second:
        assert winner is late
