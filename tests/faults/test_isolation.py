"""A scorer that hangs, dies, raises or gives NaN costs the post, not the worker."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import psutil
import pytest

from consumer.errors import ScorerStartError
from consumer.isolation import IsolatedScorer, Limits
from consumer.scoring import ScorerStatus
from contracts.decision import Decision, Source
from contracts.post import Post
from tests.faults.scorer import HANG, NAN, RAISE, TinyScorer

LIMITS = Limits(batch=2.0, post=1.0, start=60.0)
STATUS = ScorerStatus(release="tiny", bank="7-0", exemplars=3)
DIE, HANG_IN_C = "!die", "!c-hang"


class CrashingScorer(TinyScorer):
    """Also dies by SIGSEGV, or hangs in C with the interpreter's lock held, as a stuck tokenizer may."""

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each, unless."""
        for post, _ in items:
            if DIE in post.text:
                os.kill(os.getpid(), signal.SIGSEGV)
            if HANG_IN_C in post.text:
                ctypes.PyDLL(None).sleep(3_600)
        return super().score(items)


def build(release: str = "tiny") -> tuple[CrashingScorer, Callable[[], ScorerStatus]]:
    """What the child runs."""
    status = ScorerStatus(release=release, bank="7-0", exemplars=3)
    return CrashingScorer(lambda: status), lambda: status


def build_nothing() -> tuple[CrashingScorer, Callable[[], ScorerStatus]]:
    """A scorer whose head file is damaged, say."""
    raise RuntimeError("the head is cut short")


@pytest.fixture
def scorer() -> Iterator[IsolatedScorer]:
    """A scorer in a child."""
    with IsolatedScorer(build, LIMITS) as made:
        yield made


def batch(*texts: str, start: int = 0) -> list[tuple[Post, Source]]:
    """Posts with places."""
    return [(Post(id=f"p{n}", text=text), Source("posts", 0, n)) for n, text in enumerate(texts, start)]


def outcome(decisions: list[Decision]) -> list[tuple[str, str, tuple[str, ...]]]:
    """What the tests compare."""
    return [(each.post_id, each.action, each.degraded) for each in decisions]


@pytest.mark.parametrize("word", [RAISE, NAN, HANG, HANG_IN_C, DIE])
def test_a_poisonous_post_goes_to_review_and_the_others_are_unharmed(word: str, scorer: IsolatedScorer) -> None:
    """Whatever the scorer does on it, every post has its decision, in order."""
    texts = ["산책", "사기 링크", f"{word} 산책", "급구", "산책"]
    expected = [
        ("p0", "allow", ()),
        ("p1", "hide", ()),
        ("p2", "review", ("encoder",)),
        ("p3", "review", ()),
        ("p4", "allow", ()),
    ]
    assert outcome(scorer.score(batch(*texts))) == expected
    assert scorer.restarts == (0 if word in (RAISE, NAN) else 2)


def test_a_poisonous_post_costs_its_time_once(scorer: IsolatedScorer) -> None:
    """Read again after a rebalance, it is known by its place, and no child dies of it."""
    posts = batch("산책", f"{HANG} 산책")
    first = outcome(scorer.score(posts))
    restarts, started = scorer.restarts, time.monotonic()
    assert outcome(scorer.score(posts)) == first
    assert scorer.restarts == restarts
    assert time.monotonic() - started < LIMITS.post


def test_several_poisonous_posts_in_one_batch(scorer: IsolatedScorer) -> None:
    """Each is found, none twice."""
    decisions = scorer.score(batch(f"{DIE} a", "b", f"{DIE} c", "d", f"{HANG} e"))
    assert [each.action for each in decisions] == ["review", "allow", "review", "allow", "review"]
    assert scorer.restarts == 4


def test_the_child_is_killed_from_outside(scorer: IsolatedScorer) -> None:
    """By the kernel for its memory, say: the next batch finds another child, and no post is blamed."""
    (child,) = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
    child.kill()
    child.wait(5)
    assert outcome(scorer.score(batch("산책"))) == [("p0", "allow", ())]
    assert scorer.status().restarts == 1


def test_release_and_bank_are_told(scorer: IsolatedScorer) -> None:
    """The child's own status reaches the worker."""
    told = scorer.status()
    assert (told.release, told.bank, told.exemplars) == (STATUS.release, STATUS.bank, STATUS.exemplars)
    assert told.memory_bytes > 1024 * 1024


def test_a_scorer_that_can_not_be_built_stops_the_worker() -> None:
    """A damaged release is an error at the start, with the limit in the message; not a stream of reviews."""
    with pytest.raises(ScorerStartError, match="60 s"), IsolatedScorer(build_nothing, LIMITS):
        pass


def test_settings_reach_the_child() -> None:
    """Through a partial, as the command line does."""
    with IsolatedScorer(partial(build, "other"), LIMITS) as scorer:
        (decision,) = scorer.score(batch("산책"))
    assert decision.release == "other"
