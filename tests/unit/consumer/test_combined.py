"""Several scoring processes told of as one."""

import pytest

from consumer.combined import combined
from consumer.gauges import Gauges, Moment
from consumer.metrics import Metrics
from consumer.scoring import ScorerStatus
from contracts.decision import Action
from embeddings.propagation import Propagation


def status(**fields: object) -> ScorerStatus:
    """One process."""
    return ScorerStatus(**{"release": "r", "bank": "5-0", **fields})  # type: ignore[arg-type]


def test_the_bank_that_is_furthest_behind_is_shown() -> None:
    """By number, not by letter; stale where any is, and as old as the oldest."""
    new = status(bank="10-2", exemplars=7, bank_age_seconds=0.1)
    old = status(bank="9-11", exemplars=6, bank_age_seconds=3.0, bank_stale=True)
    for each in ([new, old], [old, new]):
        told = combined(each)
        assert (told.bank, told.exemplars, told.bank_age_seconds, told.bank_stale) == ("9-11", 6, 3.0, True)


@pytest.mark.parametrize(
    ("actions", "shown"),
    [(("review", "review"), "review"), (("review", "hide"), "hide"), (("allow", "review"), "review")],
)
def test_the_kill_switch_shows_when_all_have_it(actions: tuple[Action, Action], shown: Action) -> None:
    """A process that may still hide makes the worker one that may."""
    assert combined([status(max_action=each) for each in actions]).max_action == shown


def test_memory_and_restarts_are_summed() -> None:
    """Of one process it is what that one says."""
    assert combined([status(memory_bytes=3, restarts=1), status(memory_bytes=4, restarts=2)]).memory_bytes == 7
    assert combined([status(restarts=1), status(restarts=2)]).restarts == 3
    assert combined([status(exemplars=3, memory_bytes=5)]) == status(exemplars=3, memory_bytes=5)


def test_a_change_is_counted_once_when_the_last_process_has_it() -> None:
    """Also where one of them was started again and counts from nothing."""
    gauges = Gauges(Metrics())

    def counted(*delays: tuple[float, ...]) -> float:
        parts = [status(propagation=Propagation(len(each), each)) for each in delays]
        text = gauges.text(Moment(combined(parts), {}, {}, 0)).decode().splitlines()
        (line,) = [each for each in text if each.startswith("jikimi_exemplar_delay_seconds_count")]
        return float(line.split()[1])

    assert counted((0.1, 0.2), (0.1,)) == 1
    assert counted((0.1, 0.2), (0.1, 0.3)) == 2
    assert counted((0.1, 0.2), ()) == 2
    assert counted((0.1, 0.2, 0.3), (0.4,)) == 3
    assert counted((0.1, 0.2, 0.3), (0.4,)) == 3
    assert combined([status(propagation=Propagation(1, (each,))) for each in (0.1, 0.9)]).propagation.delays == (0.9,)
