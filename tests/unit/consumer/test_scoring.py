"""The guard around the scorer, and the brake on our own failures."""

from collections.abc import Sequence

import pytest

from consumer.decode import Item
from consumer.errors import OwnFailuresError
from consumer.kafka import Partition, Record
from consumer.scoring import FailureBrake, ScorerStatus, decide
from contracts.decision import Decision, Source
from contracts.errors import InvalidRecordError
from contracts.post import Deletion, Post
from tests.unit.consumer.test_outputs import decision

STATUS = ScorerStatus(release="r", bank="5-0")


class Scorer:
    """Allows all, raises on "bad", and forgets one where told to."""

    def __init__(self, *, forgets: bool = False) -> None:
        self.forgets = forgets
        self.calls: list[int] = []

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each, or not."""
        self.calls.append(len(items))
        if any(post.text == "bad" for post, _ in items):
            raise RuntimeError
        decisions = [decision("allow") for _ in items]
        return decisions[1:] if self.forgets and len(items) > 1 else decisions


def items(*texts: str | None) -> list[Item]:
    """Posts with these texts; None is a deletion."""
    place = Partition("t", 0)
    return [
        Item(Record(place, n, 0, b"k", b"", ()), Deletion("gone") if text is None else Post(id=f"p{n}", text=text))
        for n, text in enumerate(texts)
    ]


def test_order_holds_over_posts_deletions_and_letters() -> None:
    """Decisions stand where their items stand; what needs none has None."""
    letter = Item(items("a")[0].record, InvalidRecordError("not-json", "why"))
    decisions = decide(Scorer(), [letter, *items("a", None, "b")], STATUS)
    assert [each and each.post_id for each in decisions] == [None, "p", "gone", "p"]


def test_a_post_that_raises_is_found_by_halves_and_reviewed() -> None:
    """The failing one is reviewed with what is known of it; the scorer is not asked once for each of the others."""
    scorer = Scorer()
    decisions = decide(scorer, items(*["ok"] * 99, "bad", *["ok"] * 28), STATUS)
    assert [n for n, each in enumerate(decisions) if each and each.degraded == ("encoder",)] == [99]
    assert len(decisions) == 128
    assert len(scorer.calls) <= 1 + 2 * 7


def test_a_scorer_that_forgets_a_post_is_not_trusted() -> None:
    """A wrong number of decisions is a failure like any other."""
    scorer = Scorer(forgets=True)
    assert len(decide(scorer, items("a", "b", "c"), STATUS)) == 3
    assert scorer.calls[0] == 3
    assert 1 in scorer.calls


def test_an_unreadable_creation_time_is_told_of_a_failed_post_too() -> None:
    """As the scorer does for the posts it decides."""
    (item,) = items("bad")
    dated = item._replace(content=Post(id="p", text="bad", created_at="yesterday"))
    (failed,) = decide(Scorer(), [dated], STATUS)
    assert failed is not None
    assert failed.degraded == ("encoder", "created_at")


def test_no_posts_no_call() -> None:
    """A batch of deletions does not touch the scorer."""
    scorer = Scorer()
    decide(scorer, items(None, None), STATUS)
    assert scorer.calls == []


def test_the_brake_counts_a_run_over_batches() -> None:
    """Success or not is looked at in order; a deletion neither adds nor breaks."""
    brake = FailureBrake(3)
    bad, good, gone = (
        decide(Scorer(), items("bad"), STATUS),
        decide(Scorer(), items("a"), STATUS),
        decide(Scorer(), items(None), STATUS),
    )
    brake.check([*bad, *bad, *good, *bad])
    brake.check([*gone, None, *bad])
    with pytest.raises(OwnFailuresError, match="3 posts in a row"):
        brake.check(bad)
