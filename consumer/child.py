"""One process with a scorer: started, asked, told of, and killed whatever it does.

It holds nothing that would be lost. Questions and answers are MessagePack over one pipe, its status comes over another.
"""

import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from queue import Queue

import msgspec
import psutil

from consumer import heap, logs
from consumer.errors import ScorerStartError
from consumer.lineage import die_with_parent
from consumer.scoring import Posts, ScorerProtocol, ScorerStatus, score_guarded
from contracts.decision import Decision, Source
from contracts.post import Post

Build = Callable[[], tuple[ScorerProtocol, Callable[[], ScorerStatus]]]

STATUS_SECONDS = 0.2
END_SECONDS = 5.0
MOST_WAITING = 2  # questions; the worker has no more than one waiting while another is answered
SEND_SECONDS = 5  # to a child that waits for questions; it reads 8 MB in milliseconds

# No fork of the worker itself: it would take over locks held by threads. The fork server has none, and does not touch the GPU, for no
# CUDA survives a fork. On macOS, where libraries that were loaded don't either, each child begins anew.
_context = (
    multiprocessing.get_context("forkserver") if sys.platform == "linux" else multiprocessing.get_context("spawn")
)
_posts = msgspec.msgpack.Decoder(list[tuple[Post, Source]])
_decisions = msgspec.msgpack.Decoder(list[Decision])
_status = msgspec.msgpack.Decoder(ScorerStatus)


class ChildLostError(Exception):
    """The child did not answer in time, or died."""


def import_once(modules: Sequence[str]) -> None:
    """Let children find `modules` imported (Linux). Heeded by the first child that this process starts; see `consumer.nursery`."""
    _context.set_forkserver_preload(["consumer.nursery.first", *modules, "consumer.nursery.last"])


class Child:
    """One process with the scorer that `build` makes there, and the two pipes to it. It is loading when it is made."""

    def __init__(self, build: Build, note: Callable[[ScorerStatus], None]) -> None:
        self._questions, questions = _context.Pipe()
        _bound_sending(self._questions)
        self._news, news = _context.Pipe(duplex=False)
        self._note = note
        self._process = _context.Process(target=_serve, args=(build, questions, news), name="scorer", daemon=True)
        self._started = time.monotonic()
        self._process.start()
        questions.close()
        news.close()

    def wait_ready(self, limit: float) -> None:
        """Return once it can score. Raises ScorerStartError `limit` seconds after its start."""
        try:
            self._note(_status.decode(self._receive(self._started + limit)))
        except ChildLostError as error:
            self.end()
            raise ScorerStartError(
                f"the scorer's process was not ready within {limit:g} s ({error}); its log above says why. A large model or bank "
                f"may need a longer score_start_limit_seconds"
            ) from None
        threading.Thread(target=self._listen, name="scorer-status", daemon=True).start()

    def ask(self, question: bytes) -> None:
        """Hand `question_of` posts over. Where it is gone, `answer` says so."""
        with suppress(OSError):
            self._questions.send_bytes(question)

    def answer(self, deadline: float) -> list[Decision]:
        """Its decisions of what was asked. Raises ChildLostError at `deadline` (monotonic seconds), or where it is gone."""
        try:
            return _decisions.decode(self._receive(deadline))
        except msgspec.MsgspecError as error:
            raise ChildLostError(f"its answer can't be read ({error})") from None

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.join(END_SECONDS)
        self._questions.close()

    def _receive(self, deadline: float) -> bytes:
        try:
            if self._questions.poll(max(0.0, deadline - time.monotonic())):
                return self._questions.recv_bytes()
        except (EOFError, OSError):
            self._process.join(END_SECONDS)
            raise ChildLostError(f"it ended with {self._process.exitcode}") from None
        raise ChildLostError("no answer in time")

    def _listen(self) -> None:
        try:
            while True:
                self._note(_status.decode(self._news.recv_bytes()))
        except (EOFError, OSError):
            self._news.close()


def _bound_sending(pipe: Connection) -> None:
    """Let a send fail where nobody reads for so long: a child that is stopped must not stop the worker. A pipe is a pair of sockets."""
    with socket.socket(fileno=os.dup(pipe.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS, 0))


def question_of(posts: Posts) -> bytes:
    """`posts` as a child is asked them."""
    return msgspec.msgpack.encode(posts)


def _serve(build: Build, questions: Connection, news: Connection) -> None:
    """The child: build, say that it is ready, then answer until the worker is gone."""
    die_with_parent()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the worker finishes first, and then ends this process
    logs.configure()
    _work_in_bulk()
    heap.keep_large_blocks()
    scorer, told = build()
    heap.settle()
    process = psutil.Process()

    def status() -> ScorerStatus:
        return replace(told(), memory_bytes=process.memory_info().rss)

    questions.send_bytes(msgspec.msgpack.encode(status()))
    threading.Thread(target=_tell, args=(status, news), name="status", daemon=True).start()
    for question in _read(questions):
        decisions = score_guarded(scorer, _posts.decode(question), status())
        questions.send_bytes(msgspec.msgpack.encode(decisions))


def _read(questions: Connection) -> Iterator[bytes]:
    """Questions until the worker is gone, read as they come: else both sides might wait for the other to read."""
    waiting: Queue[bytes | None] = Queue(MOST_WAITING)

    def receive() -> None:
        with suppress(EOFError, OSError):
            while True:
                waiting.put(questions.recv_bytes())
        waiting.put(None)

    threading.Thread(target=receive, name="questions", daemon=True).start()
    return iter(waiting.get, None)


def _tell(status: Callable[[], ScorerStatus], news: Connection) -> None:
    pause = threading.Event()
    try:
        while not pause.wait(STATUS_SECONDS):
            news.send_bytes(msgspec.msgpack.encode(status()))
    except OSError:
        return


def _work_in_bulk() -> None:
    """Be interrupted seldom: each time takes what this process has in the processor's cache (SCHED_BATCH of sched(7), Linux only)."""
    if sys.platform == "linux":
        with suppress(PermissionError):  # a sandbox may forbid it; then the process is only slower
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
