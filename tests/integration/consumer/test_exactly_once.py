"""Every consumed record has exactly one committed decision, whatever is killed, stopped or expelled, and whenever."""

import signal
import subprocess
import time

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove

from consumer.kafka import group_lag
from contracts.decision import Decision, Source
from tests.integration.consumer.stream import Stream, TinyScorer, wait_until


def assert_exactly_once(stream: Stream, count: int) -> None:
    """Each of `count` records on the posts topic has one committed decision, and the group has come to the end."""
    posts = stream.read(stream.topics.posts)
    assert len(posts) == count
    wanted = sorted(Source(*each.partition, each.offset) for each in posts)
    assert sorted(each.source for each in stream.decisions()) == wanted
    ends = {each.partition: each.offset + 1 for each in posts}
    lags = group_lag(stream.kafka, stream.settings.group, [stream.topics.posts])
    assert {each.partition: each.committed for each in lags if each.committed is not None} == ends


def wait_ready(process: subprocess.Popen[str]) -> None:
    """Wait until a worker process has its partitions."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


@pytest.mark.parametrize("place", ["before_send", "before_commit", "after_commit"])
def test_a_worker_killed_in_a_transaction(place: str, stream: Stream) -> None:
    """SIGKILL at any point of a transaction, a second worker in the group, then a restart: one decision per record."""
    stream.settings = stream.settings.model_copy(update={"batch_size": 50})
    killed = stream.process(die=place, die_at=3)
    wait_ready(killed)
    stream.publish_posts(400)
    second = stream.process()
    assert killed.wait(60) == -signal.SIGKILL
    again = stream.process()
    stream.wait_for_outcomes(400)
    for each in (second, again):  # one that still starts would end by SIGTERM itself, not by its answer to it
        wait_ready(each)
    stop(second, again)
    assert_exactly_once(stream, 400)
    written = len(stream.read_uncommitted(stream.topics.decisions))
    assert written > 400 if place == "before_commit" else written >= 400, (
        "the killed transaction's records reached the topic"
    )


def stop(*processes: subprocess.Popen[str]) -> None:
    """SIGTERM to all; each must end with exit code 0."""
    for process in processes:
        process.terminate()
    assert [process.wait(60) for process in processes] == [0] * len(processes)


def test_sigterm_finishes_and_leaves_the_group(stream: Stream) -> None:
    """SIGTERM in mid-stream: exit 0, whole transactions only, and the next worker need not wait for a session to end."""
    stream.settings = stream.settings.model_copy(update={"batch_size": 20, "session_timeout_ms": 60_000})
    first = stream.process(seconds_per_batch=1.0)
    wait_ready(first)
    stream.publish_posts(500)
    stream.wait_for_outcomes(40)
    stop(first)
    assert 40 <= len(stream.decisions()) < 500
    started = time.monotonic()
    with stream.worker():
        stream.wait_for_outcomes(500)
    assert time.monotonic() - started < 30, "the partitions were free at once"
    assert_exactly_once(stream, 500)


def test_workers_that_come_and_go(stream: Stream) -> None:
    """Rebalances in mid-stream, by joining and leaving: one decision per record."""
    scorer = TinyScorer(seconds_per_batch=0.02)
    changes = {"batch_size": 20}
    stream.publish_posts(1_000)
    with stream.worker(scorer, **changes):
        stream.wait_for_outcomes(100)
        with stream.worker(scorer, **changes):
            stream.wait_for_outcomes(400)
        stream.publish_posts(1_000, start=1_000)
        with stream.worker(scorer, **changes):
            stream.wait_for_outcomes(2_000)
    assert_exactly_once(stream, 2_000)


def test_a_worker_that_is_expelled(stream: Stream) -> None:
    """The broker removes the member in mid-stream: its transaction fails, it joins again, one decision per record."""
    with stream.worker(TinyScorer(seconds_per_batch=0.02), batch_size=20) as worker:
        stream.publish_posts(600)
        stream.wait_for_outcomes(100)
        admin = KafkaAdminClient(bootstrap_servers=stream.kafka.bootstrap_servers)
        for _ in range(2):
            member = worker._consumer.membership().member
            admin.remove_group_members(stream.settings.group, [MemberToRemove(member_id=member)])
            wait_until(lambda gone=member: worker._consumer.membership().member not in {gone, ""}, 30)  # type: ignore[misc]
        admin.close()
        stream.wait_for_outcomes(600)
    assert_exactly_once(stream, 600)


def test_a_zombie_that_wakes_up(stream: Stream) -> None:
    """SIGSTOP past the session time-out, another worker takes over, SIGCONT: the zombie commits nothing."""
    stream.settings = stream.settings.model_copy(update={"batch_size": 20})
    zombie = stream.process(seconds_per_batch=0.02)
    wait_ready(zombie)
    stream.publish_posts(600)
    stream.wait_for_outcomes(60)
    zombie.send_signal(signal.SIGSTOP)
    heir = stream.process()
    wait_ready(heir)
    stream.wait_for_outcomes(600)
    zombie.send_signal(signal.SIGCONT)
    stream.publish_posts(200, start=600)
    stream.wait_for_outcomes(800)
    stop(heir)
    assert_exactly_once(stream, 800)


def test_flags_are_in_the_same_transaction_as_decisions(stream: Stream) -> None:
    """After a kill before the commit, neither a flag nor a decision of that transaction is readable; both are in the log."""
    process = stream.process(die="before_commit")
    wait_ready(process)
    stream.publish_posts(5, text="사기")
    assert process.wait(60) == -signal.SIGKILL
    assert len(stream.read_uncommitted(stream.topics.flags)) >= 1
    assert not stream.flags()
    assert not stream.decisions()
    with stream.worker():
        stream.wait_for_outcomes(5)
    decided = {str(each.source) for each in stream.decisions()}
    assert decided == {each.cause_id for each in stream.flags()}
    assert len(decided) == len(stream.flags()) == 5


def test_output_keeps_the_order_of_a_post(stream: Stream) -> None:
    """Decisions of one post stay in the order of its records, for both are keyed alike."""
    stream.publish(*((b"same", msgspec.json.encode({"id": "same", "text": "a", "revision": n})) for n in range(200)))
    with stream.worker(batch_size=30):
        stream.wait_for_outcomes(200)
    records = stream.read(stream.topics.decisions)
    assert len({each.partition for each in records}) == 1
    revisions = [msgspec.json.decode(each.value or b"", type=Decision).revision for each in records]
    assert revisions == list(range(200))
