"""The stall meter measures what a reader waits for."""

from consumer.kafka import Partition
from tests.faults.watch import Stall, StallMeter

P0, P1 = Partition("posts", 0), Partition("posts", 1)


def test_time_without_records_is_no_stall() -> None:
    """Nobody waits where nothing was sent."""
    meter = StallMeter()
    meter.sent(P0, 0, at=1.0)
    meter.decided(P0, 0, at=1.5)
    meter.sent(P0, 1, at=100.0)
    meter.decided(P0, 1, at=100.2)
    assert meter.stalls() == []


def test_a_partition_that_waits_while_others_move_is_found() -> None:
    """The stall is the partition's own, from its last progress on."""
    meter = StallMeter()
    for number in range(10):
        meter.sent(P0, number, at=float(number))
        meter.decided(P0, number, at=float(number))
        meter.sent(P1, number, at=float(number))
    meter.decided(P1, 0, at=10.0)
    meter.decided(P1, 9, at=10.5)
    assert meter.stalls()[0] == Stall(10.0, 0.0, P1)
    assert meter.waiting == 0


def test_one_record_that_is_passed_over_is_the_slowest() -> None:
    """Those after it came through, so the partition did not stall; the record waited all the same."""
    meter = StallMeter()
    for number in range(4):
        meter.sent(P0, number, at=1.0)
    for number in (0, 2, 3):
        meter.decided(P0, number, at=2.0)
    assert meter.slowest == 1.0
    meter.finish(at=9.0)
    assert meter.slowest == 8.0


def test_what_never_comes_is_a_stall_until_the_end() -> None:
    """A stuck partition is not overlooked because nothing ends it."""
    meter = StallMeter()
    meter.sent(P0, 0, at=1.0)
    meter.finish(at=31.0)
    assert meter.stalls() == [Stall(30.0, 1.0, P0)]


def test_a_decision_that_comes_before_its_post_is_read_is_no_progress_lost() -> None:
    """The two topics are read one after the other, so either may come first."""
    meter = StallMeter()
    meter.decided(P0, 5, at=1.0)
    meter.sent(P0, 5, at=2.0)
    meter.finish(at=50.0)
    assert meter.stalls() == []
    assert meter.slowest == 0.0


def test_an_outage_of_kafka_itself_is_not_counted() -> None:
    """Only the time of a stall in which Kafka was there, whatever the outages overlap with."""
    stall = Stall(20.0, 100.0, P0)
    assert stall.without([]) == 20.0
    assert stall.without([(90.0, 95.0), (130.0, 140.0)]) == 20.0
    assert stall.without([(90.0, 105.0), (103.0, 108.0), (104.0, 106.0), (118.0, 140.0)]) == 10.0
    assert stall.without([(0.0, 200.0)]) == 0.0
