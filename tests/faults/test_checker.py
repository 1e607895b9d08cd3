"""The checker finds what is planted, and nothing where nothing is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import dead_letter
from contracts.decision import Action, Decision, Source
from contracts.flag import Cause, Flag
from tests.faults.checker import Expected, Kind, Letter, Progress, Report, bank_differences, check, letter_of

D = TypeVar("D", bound=Decision)
FAR = Source("posts", 9, 99)
KINDS: tuple[Kind, ...] = ("post", "edit", "deletion", "bad", "verdict")
ACTIONS: tuple[Action, ...] = ("allow", "review", "hide")


@dataclass
class Run:
    """A run in which all went well, to plant faults in."""

    sent: dict[Source, Expected] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    def add(self, kind: Kind, action: Action) -> None:
        """One more record, and what must become of it."""
        number = len(self.sent)
        source = Source("posts", number % 3, number // 3)
        action = "allow" if kind == "deletion" else action
        expected = Expected(kind, f"p{number}", int(kind == "edit"), action, code="not-json" if kind == "bad" else "")
        self.sent[source] = expected
        decision = made(source, expected)
        cause: Cause = "deleted" if kind == "deletion" else "moderator" if kind == "verdict" else "post"
        if kind == "bad":
            self.letters.append(Letter(source, "not-json"))
        elif kind != "verdict":
            self.decisions.append(decision)
        if kind in ("verdict", "deletion", "edit") or (kind == "post" and action != "allow"):
            self.flags.append(flag_of(decision, cause))

    def check(self) -> Report:
        """The checker's view of it."""
        return check(self.sent, self.decisions, self.flags, self.letters, self.progress)


def made(source: Source, expected: Expected) -> Decision:
    """A decision as expected."""
    return Decision(
        post_id=expected.post_id,
        revision=expected.revision,
        community=None,
        source=source,
        action=expected.action or "allow",
        flagged=(),
        labels={},
        reasons=(),
        evidence=(),
        release="tiny",
        bank="0-0",
        degraded=(),
        decided_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def flag_of(decision: Decision, cause: Cause) -> Flag:
    """The flag of `decision`."""
    return Flag(**msgspec.structs.asdict(decision), cause=cause, cause_id=str(decision.source))


def run_of(records: Iterable[tuple[Kind, Action]]) -> Run:
    """A faultless run of `records`."""
    run = Run()
    for kind, action in records:
        run.add(kind, action)
    run.progress = [Progress("posts", each, 10, 10) for each in range(3)]
    return run


ALL = [(kind, action) for kind in KINDS for action in ACTIONS]
runs = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(ACTIONS)), min_size=1, max_size=40).map(run_of)


@given(runs, st.randoms(use_true_random=False))
def test_nothing_is_found_where_all_is_well(run: Run, random: object) -> None:
    """Whatever the records are and in whatever order they are read."""
    for each in (run.decisions, run.flags, run.letters):
        random.shuffle(each)  # type: ignore[attr-defined]
    assert run.check().ok


@given(runs, st.data())
def test_a_planted_loss_is_found(run: Run, data: st.DataObject) -> None:
    """Any one decision, flag or dead letter taken away is reported as lost, and nothing as doubled."""
    places: list[list[object]] = [each for each in (run.decisions, run.flags, run.letters) if each]  # type: ignore[misc]
    place = data.draw(st.sampled_from(places)) if places else []
    if not place:
        return
    place.pop(data.draw(st.integers(0, len(place) - 1)))
    report = run.check()
    assert report.lost
    assert not report.doubled


@given(runs, st.data())
def test_a_planted_double_is_found(run: Run, data: st.DataObject) -> None:
    """Any one decision, flag or dead letter read twice is reported once as doubled, and nothing as lost."""
    places: list[list[object]] = [each for each in (run.decisions, run.flags, run.letters) if each]  # type: ignore[misc]
    place = data.draw(st.sampled_from(places)) if places else []
    if not place:
        return
    place.append(data.draw(st.sampled_from(place)))
    report = run.check()
    assert len(report.doubled) == 1
    assert not report.lost


def _swap_flag(run: Run, **changes: object) -> None:
    run.flags[0] = msgspec.structs.replace(run.flags[0], **changes)


def _swap_decision(run: Run, **changes: object) -> None:
    run.decisions[0] = msgspec.structs.replace(run.decisions[0], **changes)


WRONG: dict[str, tuple[Kind, Callable[[Run], object]]] = {
    "flag that says other than its decision": ("edit", lambda run: _swap_flag(run, bank="9-9")),
    "flag of another cause": ("deletion", lambda run: _swap_flag(run, cause="post")),
    "flag of a verdict with another action": ("verdict", lambda run: _swap_flag(run, action="allow")),
    "flag of a record never sent": ("edit", lambda run: run.flags.append(_elsewhere(run.flags[0]))),
    "flag of an allowed post": ("bad", lambda run: run.flags.append(flag_of(made(*_first(run)), "post"))),
    "decision of a record never sent": ("post", lambda run: run.decisions.append(_elsewhere(run.decisions[0]))),
    "decision of a verdict": ("verdict", lambda run: run.decisions.append(made(*_first(run)))),
    "decision of a bad record": ("bad", lambda run: run.decisions.append(made(*_first(run)))),
    "decision of another post": ("post", lambda run: _swap_decision(run, post_id="else")),
    "decision of another revision": ("edit", lambda run: _swap_decision(run, revision=7)),
    "decision with another action": ("post", lambda run: _swap_decision(run, action="allow")),
    "dead letter of a good record": ("post", lambda run: run.letters.append(Letter(_first(run)[0], "not-json"))),
    "dead letter with another code": (
        "bad",
        lambda run: run.letters.__setitem__(0, Letter(_first(run)[0], "not-utf8")),
    ),
    "dead letter of a record never sent": ("bad", lambda run: run.letters.append(Letter(FAR, "not-json"))),
}


def _first(run: Run) -> tuple[Source, Expected]:
    return next(iter(run.sent.items()))


def _elsewhere(decision: D) -> D:
    return msgspec.structs.replace(decision, source=FAR)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_planted_wrong_is_found(name: str) -> None:
    """One thing that must not be, among records that are as they should be."""
    kind, plant = WRONG[name]
    run = run_of([(kind, "hide"), *ALL])
    assert run.check().ok
    plant(run)
    assert run.check().wrong


def test_a_failed_post_must_say_which_part_failed() -> None:
    """A post that the scorer can't take goes to review and is marked degraded; review alone is not enough."""
    run = run_of([("post", "review")])
    (source,) = run.sent
    run.sent[source] = run.sent[source]._replace(part="encoder")
    assert run.check().wrong


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_stuck_partition_is_found(committed: int, behind: int) -> None:
    """The group's offset short of the end, or none at all in a partition that has records."""
    run = run_of(ALL)
    run.progress[1] = Progress("posts", 1, committed, committed + behind)
    assert len(run.check().stuck) == 1
    run.progress[1] = Progress("posts", 1, None, behind)
    assert len(run.check().stuck) == 1
    run.progress[1] = Progress("posts", 1, None, 0)
    assert run.check().ok


def test_a_run_without_records_proves_nothing() -> None:
    """So it is not a success."""
    assert not check({}, [], [], [], []).ok


def test_the_report_names_what_it_found() -> None:
    """Counts first, then examples with their places."""
    run = run_of([("post", "hide")])
    run.decisions.clear()
    assert "1 records: 1 lost" in str(run.check())
    assert "no decision of post posts/0/0" in str(run.check())


def test_a_dead_letter_names_its_source() -> None:
    """By the headers of the contract; without them it can't be checked, and says so."""
    headers = [
        (dead_letter.SOURCE_TOPIC, b"posts"),
        (dead_letter.SOURCE_PARTITION, b"2"),
        (dead_letter.SOURCE_OFFSET, b"7"),
        (dead_letter.ERROR_CODE, b"not-json"),
    ]
    assert letter_of(headers) == Letter(Source("posts", 2, 7), "not-json")
    with pytest.raises(KeyError):
        letter_of(headers[1:])


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=3)), st.text(min_size=1, max_size=4))
def test_a_bank_is_compared_with_what_was_saved(saved: dict[str, str], name: str) -> None:
    """Equal, one missing, one too many, one changed."""
    held = {**saved, name: "x"}
    assert bank_differences(held, held) == []
    less = {each: text for each, text in held.items() if each != name}
    assert bank_differences(held, less) == [f"exemplar {name} is missing"]
    assert bank_differences(less, held) == [f"exemplar {name} was never saved"]
    assert bank_differences(held, {**held, name: "y"}) == [f"exemplar {name} differs"]
