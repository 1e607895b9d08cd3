"""The scorer in a process of its own, so that a text on which it hangs, or dies, can be cut off.

No exception reaches a call that hangs in C, in a tokenizer or on a GPU; only the end of its process does. Ending the worker would
hand the text to the next worker, and so on through the group. So the worker keeps Kafka, a child keeps encoder, bank and head: a
child that answers too late is killed and another takes its place. Which text it was is found by giving them one by one.
"""

import ctypes
import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import msgspec
import psutil

from consumer import logs
from consumer.errors import ScorerStartError
from consumer.scoring import Posts, ScorerProtocol, ScorerStatus, failed_decision, score_guarded
from contracts.decision import Decision, Source
from contracts.post import Post

log = logging.getLogger(__name__)

Build = Callable[[], tuple[ScorerProtocol, Callable[[], ScorerStatus]]]

STATUS_SECONDS = 0.2
END_SECONDS = 5.0
REMEMBERED = 10_000
PR_SET_PDEATHSIG = 1  # prctl(2)

_spawn = multiprocessing.get_context("spawn")  # a fork would take over locks held by threads, and no CUDA survives one
_posts = msgspec.msgpack.Decoder(list[tuple[Post, Source]])
_decisions = msgspec.msgpack.Decoder(list[Decision])
_status = msgspec.msgpack.Decoder(ScorerStatus)


@dataclass(frozen=True)
class Limits:
    """In seconds: for a batch, for one post given alone, and for a child to be ready."""

    batch: float
    post: float
    start: float


class IsolatedScorer:
    """A scorer in a child. `score` for one thread, `status` for any.

    `build` makes the scorer in the child, so it must be picklable: a function of a module, with settings.
    """

    def __init__(self, build: Build, limits: Limits) -> None:
        self._build, self._limits = build, limits
        self._status = ScorerStatus(release="", bank="0-0", bank_stale=True)
        self._poison: dict[Source, None] = {}
        self._child: _Child | None = None
        self.restarts = 0

    def __enter__(self) -> Self:
        """Start the child and wait until it can score. Raises ScorerStartError."""
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def status(self) -> ScorerStatus:
        """What the child last said of release, bank and itself."""
        return replace(self._status, restarts=self.restarts)

    def score(self, items: Posts, /) -> list[Decision]:
        """Decisions of `items` in order; posts on which the scorer hangs or dies go to review. Raises ScorerStartError.

        Such a post is remembered by its place, so that it costs no time again where its batch is read again.
        """
        known = {source for _, source in items if source in self._poison}
        decisions = iter(self._score([each for each in items if each[1] not in known]))
        return [self._failed(*each) if each[1] in known else next(decisions) for each in items]

    def _score(self, items: Posts) -> list[Decision]:
        if not items:
            return []
        try:
            return self._ask(items, self._limits.batch)
        except _ChildLostError:
            return [self._score_one(each) for each in items]

    def _score_one(self, item: tuple[Post, Source]) -> Decision:
        try:
            return self._ask([item], self._limits.post)[0]
        except _ChildLostError:
            log.error("a post is cut off", extra={"post_id": item[0].id, "source": str(item[1])})  # noqa: TRY400
            self._remember(item[1])
            return self._failed(*item)

    def _failed(self, post: Post, source: Source) -> Decision:
        return failed_decision(post, source, self._status)

    def _remember(self, source: Source) -> None:
        self._poison[source] = None
        if len(self._poison) > REMEMBERED:
            del self._poison[next(iter(self._poison))]

    def _ask(self, items: Posts, limit: float) -> list[Decision]:
        """The child's answer. Raises _ChildLostError once there is another child."""
        if self._child is None:
            raise ScorerStartError("the scorer has not been started; use it in a `with` block")
        try:
            return self._child.ask(items, limit)
        except _ChildLostError as error:
            log.error("the scorer is started again", extra={"posts": len(items), "error": str(error)})  # noqa: TRY400  # no trace helps
            self.restarts += 1
            self._end()
            self._start()
            raise

    def _start(self) -> None:
        self._child = _Child(self._build, self._limits.start, self._note)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _note(self, status: ScorerStatus) -> None:
        self._status = status


class _ChildLostError(Exception):
    """The child did not answer in time, or died."""


class _Child:
    """One process with a scorer, and the two pipes to it: questions and answers, and its status."""

    def __init__(self, build: Build, limit: float, note: Callable[[ScorerStatus], None]) -> None:
        self._questions, questions = _spawn.Pipe()
        self._news, news = _spawn.Pipe(duplex=False)
        self._process = _spawn.Process(target=_serve, args=(build, questions, news), name="scorer", daemon=True)
        self._process.start()
        questions.close()
        news.close()
        try:
            note(_status.decode(self._receive(self._questions, limit)))
        except _ChildLostError as error:
            self.end()
            raise ScorerStartError(
                f"the scorer's process was not ready within {limit:g} s ({error}); its log above says why. A large model or bank "
                f"may need a longer score_start_limit_seconds"
            ) from None
        threading.Thread(target=self._listen, args=(note,), name="scorer-status", daemon=True).start()

    def ask(self, items: Posts, limit: float) -> list[Decision]:
        """The child's decisions. Raises _ChildLostError."""
        try:
            self._questions.send_bytes(msgspec.msgpack.encode(items))
        except OSError as error:
            raise _ChildLostError(f"it is gone ({error})") from None
        return _decisions.decode(self._receive(self._questions, limit))

    def end(self) -> None:
        """Kill it, whatever it does: it holds nothing that would be lost."""
        self._process.kill()
        self._process.join(END_SECONDS)
        self._questions.close()

    def _receive(self, pipe: Connection, limit: float) -> bytes:
        try:
            if pipe.poll(limit):
                return pipe.recv_bytes()
        except (EOFError, OSError):
            self._process.join(END_SECONDS)
            raise _ChildLostError(f"it ended with {self._process.exitcode}") from None
        raise _ChildLostError(f"no answer within {limit:g} s")

    def _listen(self, note: Callable[[ScorerStatus], None]) -> None:
        try:
            while True:
                note(_status.decode(self._news.recv_bytes()))
        except (EOFError, OSError):
            self._news.close()


def _serve(build: Build, questions: Connection, news: Connection) -> None:
    """The child: build, say that it is ready, then answer until the worker is gone."""
    _die_with_parent()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the worker finishes first, and then ends this process
    logs.configure()
    scorer, told = build()
    process = psutil.Process()

    def status() -> ScorerStatus:
        return replace(told(), memory_bytes=process.memory_info().rss)

    questions.send_bytes(msgspec.msgpack.encode(status()))
    threading.Thread(target=_tell, args=(status, news), name="status", daemon=True).start()
    while True:
        try:
            asked = _posts.decode(questions.recv_bytes())
        except EOFError:
            return
        questions.send_bytes(msgspec.msgpack.encode(score_guarded(scorer, asked, status())))


def _tell(status: Callable[[], ScorerStatus], news: Connection) -> None:
    pause = threading.Event()
    try:
        while not pause.wait(STATUS_SECONDS):
            news.send_bytes(msgspec.msgpack.encode(status()))
    except OSError:
        return


def _die_with_parent() -> None:
    """A child that hangs does not notice that the worker was killed; the kernel does (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
