"""A schedule can be repeated, and a plan's records are what they say."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.decode import decode
from consumer.kafka import Partition, Record
from consumer.settings import TopicNames
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.post import Deletion, Post
from tests.faults.checker import Kind
from tests.faults.load import Plan
from tests.faults.schedule import CALM_SECONDS, KINDS, schedule

seeds = st.integers(0, 2**31)
TOPICS = TopicNames()


@given(seeds, st.floats(30, 1_200), st.integers(1, 6))
@settings(max_examples=50, deadline=None)
def test_a_schedule_is_reproducible_and_keeps_targets_apart(seed: int, seconds: float, workers: int) -> None:
    """Same seed, same faults; in order; one at a time on a target; over before the calm at the end."""
    faults = schedule(seed, seconds, workers)
    assert faults == schedule(seed, seconds, workers)
    assert [each.at for each in faults] == sorted(each.at for each in faults)
    free: dict[str, float] = {}
    for each in faults:
        assert each.at >= free.get(each.target, 0.0) - 0.1
        free[each.target] = each.at + each.seconds
        assert each.at + each.seconds <= seconds - CALM_SECONDS + 0.1
        assert each.kind in str(each)


def test_a_long_schedule_has_every_kind() -> None:
    """All kinds come, and more than one worker is hit."""
    faults = schedule(1, 3_600, 3)
    assert {each.kind for each in faults} == set(KINDS)
    assert {each.target for each in faults} >= {"worker-0", "worker-1", "worker-2", "kafka", "redis"}


@given(seeds, st.integers(0, 100_000))
@settings(max_examples=300, deadline=None)
def test_a_record_is_what_its_plan_says(seed: int, number: int) -> None:
    """The worker's own decoder finds in it what the plan expects."""
    plan = Plan(seed, TOPICS, {"!raise": 100_000})
    planned = plan.record(number)
    assert planned == plan.record(number)
    topic, key, value, headers = planned.outgoing
    record = Record(Partition(topic, 0), 5, 0, key, value, headers)
    assert plan.expected(record) == planned.expected
    content = decode(record, TOPICS.feedback).content
    kinds: dict[Kind, type] = {
        "post": Post,
        "edit": Post,
        "deletion": Deletion,
        "bad": InvalidRecordError,
        "verdict": Feedback,
    }
    assert isinstance(content, kinds[planned.expected.kind])
    if isinstance(content, Post):
        assert (content.id, content.revision) == (planned.expected.post_id, planned.expected.revision)
        assert ("!raise" in content.text) == (planned.expected.part == "encoder")
    elif isinstance(content, InvalidRecordError):
        assert content.code == planned.expected.code
