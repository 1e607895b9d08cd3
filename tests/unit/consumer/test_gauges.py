"""What a look at a worker becomes in its metrics."""

from consumer.gauges import Gauges, Moment
from consumer.kafka import Partition
from consumer.metrics import Metrics
from consumer.scoring import ScorerStatus
from embeddings.propagation import Propagation

STATUS = ScorerStatus(release="r", bank="5000-0", max_action="review", memory_bytes=2048, restarts=2)
READY = {"partitions": True, "kafka": False}


def lines(gauges: Gauges, status: ScorerStatus = STATUS, lag: dict[Partition, int] | None = None) -> list[str]:
    """The metrics after one look."""
    return gauges.text(Moment(status, READY, lag or {}, 1)).decode().splitlines()


def test_the_scorer_the_kill_switch_and_each_check_are_told() -> None:
    """One series for each action and each check, 1 where it holds."""
    found = lines(Gauges(Metrics()))
    for line in (
        "jikimi_scorer_memory_bytes 2048.0",
        "jikimi_scorer_restarts_total 2.0",
        'jikimi_max_action{action="allow"} 0.0',
        'jikimi_max_action{action="review"} 1.0',
        'jikimi_max_action{action="hide"} 0.0',
        'jikimi_ready{check="partitions"} 1.0',
        'jikimi_ready{check="kafka"} 0.0',
        "jikimi_bank_version_milliseconds 5000.0",
    ):
        assert line in found


def test_a_second_look_counts_only_what_is_new() -> None:
    """Restarts and delays are totals of the scorer; looking twice does not count them twice."""
    gauges, propagation = Gauges(Metrics()), Propagation().after(0.3).after(0.4)
    first = ScorerStatus(release="r", bank="0-0", restarts=1, propagation=propagation)
    lines(gauges, first)
    assert "jikimi_exemplar_delay_seconds_count 2.0" in lines(gauges, first)
    later = lines(gauges, ScorerStatus(release="r", bank="0-0", restarts=3, propagation=propagation.after(0.5)))
    assert "jikimi_exemplar_delay_seconds_count 3.0" in later
    assert "jikimi_scorer_restarts_total 3.0" in later


def test_lag_is_replaced_as_a_whole() -> None:
    """A partition that went to another worker is not told any more."""
    gauges = Gauges(Metrics())
    assert 'jikimi_lag_records{partition="0",topic="t"} 7.0' in lines(gauges, lag={Partition("t", 0): 7})
    found = lines(gauges, lag={Partition("t", 1): 0, Partition("t", 2): 3})
    assert [line for line in found if line.startswith("jikimi_lag_records{")] == [
        'jikimi_lag_records{partition="1",topic="t"} 0.0',
        'jikimi_lag_records{partition="2",topic="t"} 3.0',
    ]
    assert "jikimi_assigned_partitions 2.0" in found
