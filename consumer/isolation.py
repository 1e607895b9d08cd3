"""The scorer in processes of its own, so that a text on which it hangs, or dies, can be cut off.

No exception reaches a call that hangs in C, in a tokenizer or on a GPU; only the end of its process does. Ending the worker would
hand the text to the next worker, and so on through the group. So the worker keeps Kafka, children keep encoder, bank and head: a
child that answers too late is killed and another takes its place. Which text it was is found by giving them one by one.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import NamedTuple, Self

from consumer.child import Build, Child, ChildLostError, import_once, question_of
from consumer.combined import combined
from consumer.errors import ScorerStartError
from consumer.scoring import Posts, ScorerStatus, failed_decision
from contracts.decision import Decision, Source
from contracts.post import Post

log = logging.getLogger(__name__)

REMEMBERED = 10_000
SMALLEST_PART = 50  # what is shared out between children; smaller ones cost more in messages than they save


@dataclass(frozen=True)
class Limits:
    """In seconds: for a batch, for one post given alone, and for a child to be ready."""

    batch: float
    post: float
    start: float


class IsolatedScorer:
    """A scorer in `count` children, which share each micro-batch. `ask` for one thread, `answer` for one, `status` for any.

    What is asked while the children are at work waits with them, so that they lose no time between two micro-batches. `build` makes the scorer in the child, so it must be picklable: a function of a module, with settings.
    `modules` that it needs are imported once for all children.
    """

    def __init__(self, build: Build, limits: Limits, count: int = 1, modules: Sequence[str] = ()) -> None:
        import_once(modules)
        self._limit = limits.batch
        self._poison: dict[Source, None] = {}
        self._asked: deque[_Asked] = deque()
        self._seats = [_Seat(build, limits, self._cut_off) for _ in range(count)]

    def __enter__(self) -> Self:
        """Start the children and wait until all can score. Raises ScorerStartError."""
        try:
            for each in self._seats:
                each.start()
            for each in self._seats:
                each.wait_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def status(self) -> ScorerStatus:
        """What the children last said of release, bank and themselves, as one."""
        return combined([each.status() for each in self._seats])

    def score(self, items: Posts, /) -> list[Decision]:
        """`ask`, and then `answer`."""
        self.ask(items)
        return self.answer()

    def ask(self, items: Posts, /) -> None:
        """See `TwoStepScorer.ask`; posts known to be poison are not handed over. Raises ScorerStartError."""
        known = {source for _, source in items if source in self._poison}
        parts = _parts([each for each in items if each[1] not in known], len(self._seats))
        # All before any is asked: where this raises, no answer is left over.
        questions = [question_of(each) for each in parts]
        seats = sorted(self._seats, key=lambda seat: seat.waiting)[: len(parts)]
        for seat, part, question in zip(seats, parts, questions, strict=True):
            seat.ask(part, question)
        self._asked.append(_Asked(items, known, seats))

    def answer(self) -> list[Decision]:
        """See `TwoStepScorer.answer`; posts on which the scorer hangs or dies go to review. Raises ScorerStartError.

        Such a post is remembered by its place, so that it costs no time again where its batch is read again.
        """
        items, known, seats = self._asked.popleft()
        deadline = time.monotonic() + self._limit
        decisions = iter([decision for seat in seats for decision in seat.answer(deadline)])
        return [failed_decision(*each, self.status()) if each[1] in known else next(decisions) for each in items]

    def _cut_off(self, post: Post, source: Source) -> Decision:
        log.error("a post is cut off", extra={"post_id": post.id, "source": str(source)})
        self._poison[source] = None
        if len(self._poison) > REMEMBERED:
            del self._poison[next(iter(self._poison))]
        return failed_decision(post, source, self.status())

    def _end(self) -> None:
        for each in self._seats:
            each.end()


class _Asked(NamedTuple):
    """What was asked: all posts, the places of those that were not handed over, and who has the others, in order."""

    items: Posts
    known: set[Source]
    seats: "Sequence[_Seat]"


class _Seat:
    """The place of one child: when one is lost, another takes it, and what it was asked is asked post by post."""

    def __init__(self, build: Build, limits: Limits, cut_off: Callable[[Post, Source], Decision]) -> None:
        self._build, self._limits, self._cut_off = build, limits, cut_off
        self._status = ScorerStatus(release="", bank="0-0", bank_stale=True)
        self._restarts = 0
        self._child: Child | None = None
        self._asked: deque[tuple[Posts, bytes]] = deque()
        self._asking = threading.Lock()  # while it is held, the child is asked nothing else and stays the same

    @property
    def waiting(self) -> int:
        """Questions that are not answered."""
        return len(self._asked)

    def start(self) -> None:
        self._child = Child(self._build, self._note)

    def wait_ready(self) -> None:
        self._held().wait_ready(self._limits.start)

    def end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def status(self) -> ScorerStatus:
        return replace(self._status, restarts=self._restarts)

    def ask(self, posts: Posts, question: bytes) -> None:
        with self._asking:
            self._held().ask(question)
            self._asked.append((posts, question))

    def answer(self, deadline: float) -> list[Decision]:
        """Decisions of what was asked first. Raises ScorerStartError."""
        posts, _ = self._asked[0]
        try:
            decisions = self._held().answer(deadline)
        except ChildLostError as error:
            with self._asking:
                self._replace(len(posts), error)
                decisions = [self._one(*each) for each in posts]
                for _, question in islice(self._asked, 1, None):
                    self._held().ask(question)
        self._asked.popleft()
        return decisions

    def _one(self, post: Post, source: Source) -> Decision:
        child = self._held()
        child.ask(question_of([(post, source)]))
        try:
            return child.answer(time.monotonic() + self._limits.post)[0]
        except ChildLostError as error:
            self._replace(1, error)
            return self._cut_off(post, source)

    def _replace(self, posts: int, error: ChildLostError) -> None:
        log.error("the scorer is started again", extra={"posts": posts, "error": str(error)})
        self._restarts += 1
        self.end()
        self.start()
        self.wait_ready()

    def _held(self) -> Child:
        if self._child is None:
            raise ScorerStartError("the scorer has not been started; use it in a `with` block")
        return self._child

    def _note(self, status: ScorerStatus) -> None:
        self._status = status


def _parts(items: Posts, most: int) -> list[Sequence[tuple[Post, Source]]]:
    """`items` in order as up to `most` parts of about the same length; one where they are few, none where there are none."""
    count = min(most, len(items) // SMALLEST_PART) or min(1, len(items))
    return [items[len(items) * at // count : len(items) * (at + 1) // count] for at in range(count)]
