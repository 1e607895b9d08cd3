"""A scorer that hangs, dies, raises or gives NaN costs the post, not the worker."""

import ctypes
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec
import psutil
import pytest

from consumer.errors import ScorerStartError
from consumer.isolation import SMALLEST_PART, IsolatedScorer, Limits
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


class FrozenScorer(TinyScorer):
    """Signs with the number of objects at which the collector of its process no longer looks."""

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each."""
        return [msgspec.structs.replace(each, release=str(gc.get_freeze_count())) for each in super().score(items)]


def build_frozen() -> tuple[FrozenScorer, Callable[[], ScorerStatus]]:
    """The same for the child."""
    return FrozenScorer(lambda: STATUS), lambda: STATUS


def build_nothing() -> tuple[CrashingScorer, Callable[[], ScorerStatus]]:
    """A scorer whose head file is damaged, say."""
    raise RuntimeError("the head is cut short")


def build_signed() -> tuple[CrashingScorer, Callable[[], ScorerStatus]]:
    """A scorer that signs with its process, so that decisions tell which child made them."""
    return build(str(os.getpid()))


@pytest.fixture
def two() -> Iterator[IsolatedScorer]:
    """A scorer in two children, which sign."""
    with IsolatedScorer(build_signed, LIMITS, 2) as made:
        yield made


@pytest.fixture
def scorer() -> Iterator[IsolatedScorer]:
    """A scorer in a child."""
    with IsolatedScorer(build, LIMITS) as made:
        yield made


def batch(*texts: str, start: int = 0) -> list[tuple[Post, Source]]:
    """Posts with places."""
    return [(Post(id=f"p{n}", text=text), Source("posts", 0, n)) for n, text in enumerate(texts, start)]


def children() -> list[psutil.Process]:
    """The processes that score for this one."""
    servers = [each for each in psutil.Process().children() if "forkserver" in " ".join(each.cmdline())]
    return [child for server in servers for child in server.children()]


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
    assert scorer.status().restarts == (0 if word in (RAISE, NAN) else 2)


def test_a_poisonous_post_costs_its_time_once(scorer: IsolatedScorer) -> None:
    """Read again after a rebalance, it is known by its place, and no child dies of it."""
    posts = batch("산책", f"{HANG} 산책")
    first = outcome(scorer.score(posts))
    restarts, started = scorer.status().restarts, time.monotonic()
    assert outcome(scorer.score(posts)) == first
    assert scorer.status().restarts == restarts
    assert time.monotonic() - started < LIMITS.post


def test_several_poisonous_posts_in_one_batch(scorer: IsolatedScorer) -> None:
    """Each is found, none twice."""
    decisions = scorer.score(batch(f"{DIE} a", "b", f"{DIE} c", "d", f"{HANG} e"))
    assert [each.action for each in decisions] == ["review", "allow", "review", "allow", "review"]
    assert scorer.status().restarts == 4


def test_the_child_is_killed_from_outside(scorer: IsolatedScorer) -> None:
    """By the kernel for its memory, say: the next batch finds another child, and no post is blamed."""
    (child,) = children()
    child.kill()
    child.wait(5)
    assert outcome(scorer.score(batch("산책"))) == [("p0", "allow", ())]
    assert scorer.status().restarts == 1


def test_a_stopped_child_does_not_stop_the_worker(scorer: IsolatedScorer) -> None:
    """Questions of more bytes than a pipe holds find nobody who reads: another child answers them, in bounded time."""
    (child,) = children()
    child.suspend()
    posts = batch(*["산책 " * 5_000] * 100)  # 3.5 MB
    started = time.monotonic()
    assert outcome(scorer.score(posts)) == [(f"p{n}", "allow", ()) for n in range(100)]
    assert time.monotonic() - started < 60
    assert scorer.status().restarts == 1


@pytest.mark.parametrize("word", ["", HANG, DIE])
def test_what_is_asked_meanwhile_is_answered_next(word: str, two: IsolatedScorer) -> None:
    """A second question waits with the children, also where the first costs one of them."""
    first, second = [f"{word} 산책", *["산책"] * 99], ["사기 링크"] * 100
    two.ask(batch(*first))
    two.ask(batch(*second, start=100))
    hit = ("p0", "review", ("encoder",)) if word else ("p0", "allow", ())
    assert outcome(two.answer()) == [hit, *((f"p{n}", "allow", ()) for n in range(1, 100))]
    assert outcome(two.answer()) == [(f"p{n}", "hide", ()) for n in range(100, 200)]
    assert two.status().restarts == (2 if word else 0)


def test_small_questions_go_to_the_child_that_has_least_to_do(two: IsolatedScorer) -> None:
    """Two that are open at once are answered by two children, in the order in which they were asked."""
    two.ask(batch("산책"))
    two.ask(batch("산책", start=1))
    (first,), (second,) = two.answer(), two.answer()
    assert [first.post_id, second.post_id] == ["p0", "p1"]
    assert first.release != second.release


def test_a_question_and_an_answer_larger_than_a_pipe_pass_each_other(scorer: IsolatedScorer) -> None:
    """Neither side waits for the other to read."""
    large = batch(*["산책 " * 10_000] * 100) + batch(*["산책"] * 9_000, start=100)  # 4 MB to and from
    started = time.monotonic()
    scorer.ask(large)
    scorer.ask(large)
    assert [len(scorer.answer()), len(scorer.answer())] == [9_100, 9_100]
    assert scorer.status().restarts == 0
    assert time.monotonic() - started < 2 * LIMITS.batch


def test_release_and_bank_are_told(scorer: IsolatedScorer) -> None:
    """The child's own status reaches the worker."""
    told = scorer.status()
    assert (told.release, told.bank, told.exemplars) == (STATUS.release, STATUS.bank, STATUS.exemplars)
    assert told.memory_bytes > 1024 * 1024


def test_a_scorer_that_can_not_be_built_stops_the_worker() -> None:
    """A damaged release is an error at the start, with the limit in the message; not a stream of reviews."""
    with pytest.raises(ScorerStartError, match="60 s"), IsolatedScorer(build_nothing, LIMITS):
        pass


def test_what_a_child_has_loaded_is_not_looked_at_by_its_collector() -> None:
    """A full collection would stop it for a quarter of a second where torch is loaded."""
    with IsolatedScorer(build_frozen, LIMITS) as scorer:
        (decision,) = scorer.score(batch("산책"))
    assert int(decision.release) > 10_000


def test_settings_reach_the_child() -> None:
    """Through a partial, as the command line does."""
    with IsolatedScorer(partial(build, "other"), LIMITS) as scorer:
        (decision,) = scorer.score(batch("산책"))
    assert decision.release == "other"


def test_two_children_share_a_batch_and_its_order_stays(two: IsolatedScorer) -> None:
    """The first half is one child's, the second the other's; what is too little to share is given to one."""
    many = [f"{'사기' if number % 3 else '산책'} {number}" for number in range(2 * SMALLEST_PART + 1)]
    decisions = two.score(batch(*many))
    assert [each.post_id for each in decisions] == [f"p{number}" for number in range(len(many))]
    assert [each.action for each in decisions] == ["hide" if number % 3 else "allow" for number in range(len(many))]
    signed = [each.release for each in decisions]
    assert signed == [signed[0]] * SMALLEST_PART + [signed[-1]] * (SMALLEST_PART + 1)
    assert signed[0] != signed[-1]
    assert len({each.release for each in two.score(batch(*many[: 2 * SMALLEST_PART - 1]))}) == 1


@pytest.mark.parametrize("place", [0, -1])
def test_a_poisonous_post_costs_only_the_child_that_had_it(place: int, two: IsolatedScorer) -> None:
    """The other one goes on, and its half is not asked twice; cut otherwise, the next time, the batch costs nothing any more."""
    texts = ["산책"] * 2 * SMALLEST_PART
    texts[place] = f"{HANG} 산책"
    before = {str(each.pid) for each in children()}
    posts = batch(*texts)
    decisions = two.score(posts)
    assert [each.post_id for each in decisions if each.degraded] == [posts[place][0].id]
    assert decisions[~place].release in before
    assert len({str(each.pid) for each in children()} & before) == 1
    assert two.status().restarts == 2
    assert [each.degraded for each in two.score(posts[1:] + posts[:1])].count(("encoder",)) == 1
    assert two.status().restarts == 2


def test_both_children_are_lost_at_once(two: IsolatedScorer) -> None:
    """Each part finds another child, and no decision of one batch is taken for one of the next."""
    for each in children():
        each.kill()
    for start in (0, 1_000):
        decisions = two.score(batch(*["산책"] * 2 * SMALLEST_PART, start=start))
        assert [each.source.offset for each in decisions] == list(range(start, start + 2 * SMALLEST_PART))
    assert two.status().restarts == 2
    assert two.status().memory_bytes > 2 * 1024 * 1024


def test_a_signal_to_the_process_group_leaves_the_children_to_the_worker(scorer: IsolatedScorer) -> None:
    """It finishes what is in flight, for which it needs them."""
    for each in psutil.Process().children(recursive=True):
        if "forkserver" in " ".join(each.cmdline()):
            each.send_signal(signal.SIGTERM)
            each.send_signal(signal.SIGINT)
    assert outcome(scorer.score(batch("산책"))) == [("p0", "allow", ())]
    assert scorer.status().restarts == 0


def hang() -> None:
    """A worker whose child hangs: run by the next test in a process of its own."""
    with IsolatedScorer(build, Limits(batch=60, post=60, start=60)) as scorer:
        scorer.ask(batch(f"{HANG_IN_C} 산책"))
        sys.stdout.write("asked\n")
        sys.stdout.flush()
        scorer.answer()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_child_that_hangs_does_not_outlive_a_killed_worker() -> None:
    """Nor does the process that it was forked from."""
    command = [sys.executable, "-c", "from tests.faults.test_isolation import hang; hang()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"asked\n"
        family = psutil.Process(worker.pid).children(recursive=True)
        assert len(family) > 1
        worker.kill()
    _, left = psutil.wait_procs(family, timeout=10)
    assert left == []


def test_no_child_is_left_where_one_can_not_be_built() -> None:
    """The others are ended as well."""
    with pytest.raises(ScorerStartError), IsolatedScorer(build_nothing, LIMITS, 2):
        pass
    assert children() == []
