"""The exemplar bank in Redis as a writer sees it. Every change is one transaction: state, vectors, control stream, audit.

Writers watch the version counter, so changes have versions that follow each other without a gap, in the order of the control
stream. `docs/bank.md` has the whole protocol.
"""

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import msgspec
import numpy as np
import redis
from numpy.typing import NDArray

from contracts.decision import ACTIONS, Action
from contracts.exemplar import Exemplar, View
from embeddings import feed, keys
from embeddings.connection import address_of, connect, redis_errors
from embeddings.errors import ExemplarError
from embeddings.normalise import normalise
from embeddings.settings import BankSettings
from embeddings.transaction import Change, Plan, Watched, transact
from embeddings.validation import MAX_EXEMPLARS, checked
from embeddings.views import Views

PER_TRANSACTION = 500
MAX_AUTHOR = 128

Vectors = Mapping[View, NDArray[np.float32]]


class ExemplarStore:
    """Adds, changes and removes exemplars. With `views` it writes their vectors too, else workers make them.

    Safe to share between threads. Every call raises BankError where Redis is away, slow or refuses, and changes nothing then
    (but for an answer lost after EXEC, where the change may have been made; making it again is harmless).
    """

    def __init__(self, settings: BankSettings, views: Views | None = None) -> None:
        self.address = address_of(settings)
        self.timeout_seconds = settings.timeout_seconds
        self._views = views
        self.client: Any = connect(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()

    def put(self, exemplar: Exemplar, author: str) -> Exemplar:
        """Add an exemplar, or make it a new version of the one with its id. Returns it as kept. Raises ExemplarError."""
        return self.put_many([exemplar], author)[0]

    def put_many(
        self, exemplars: Sequence[Exemplar], author: str, progress: Callable[[int], None] = lambda _: None
    ) -> list[Exemplar]:
        """Add many, in transactions of 500, of which each is whole or not at all; `progress` is told how many are in.

        Raises ExemplarError for the first that can't be accepted, before anything is written.
        """
        valid = [checked(exemplar) for exemplar in exemplars]
        for exemplar_id, times in Counter(each.id for each in valid).items():
            if times > 1:
                raise ExemplarError(f"exemplar {exemplar_id!r} is given {times} times: leave one of them")
        kept: list[Exemplar] = []
        for start in range(0, len(valid), PER_TRANSACTION):
            kept += self._put(valid[start : start + PER_TRANSACTION], author)
            progress(len(kept))
        return kept

    def disable(self, exemplar_id: str, author: str) -> Exemplar:
        """Keep an exemplar without effect. Raises ExemplarError where there is none."""
        return self._alter(exemplar_id, author, "disabled")

    def enable(self, exemplar_id: str, author: str) -> Exemplar:
        """Bring a disabled exemplar into effect again. Raises ExemplarError where there is none."""
        return self._alter(exemplar_id, author, "active")

    def remove(self, exemplar_id: str, author: str) -> Exemplar:
        """Take an exemplar out; its last state stays in the audit. Raises ExemplarError where there is none."""
        return self._alter(exemplar_id, author, "removed")

    def get(self, exemplar_id: str) -> Exemplar | None:
        """The exemplar of that id; None where there is none, or what is kept can't be read."""
        with redis_errors(self.address):
            return feed.read_exemplar(self.client.hget(keys.EXEMPLARS, exemplar_id), exemplar_id)

    def exemplars(self) -> Iterator[Exemplar]:
        """All exemplars, the disabled among them, each once, in no order; those that can't be read are left out."""
        seen: set[str] = set()
        with redis_errors(self.address):
            for each in itertools.chain.from_iterable(feed.scan_exemplars(self.client)):
                if isinstance(each, Exemplar) and each.id not in seen:
                    seen.add(each.id)
                    yield each

    def count(self) -> int:
        """How many exemplars there are, the disabled among them."""
        with redis_errors(self.address):
            return int(self.client.hlen(keys.EXEMPLARS))

    def max_action(self) -> Action:
        """The strongest action that workers may take; `hide` where nothing was set."""
        with redis_errors(self.address):
            return feed.read_state(self.client).max_action

    def set_max_action(self, action: Action, author: str) -> None:
        """The kill switch: no worker goes beyond `action` from now on. Raises ExemplarError for an unknown one."""
        if action not in ACTIONS:
            raise ExemplarError(f"max_action {action!r} is none of {', '.join(ACTIONS)}")
        value = msgspec.json.encode({"max_action": action})
        self._transact(
            [],
            author,
            lambda _: Plan(
                [Change("policy", "max_action", value, "set")],
                lambda pipe: pipe.hset(keys.POLICY, "max_action", action),
            ),
        )

    def accept(self, author: str) -> str:
        """Tell all workers to go over to what Redis holds now, after it was emptied or restored; returns the new epoch.

        Until then they keep the bank that they have, and mark their decisions.
        """
        epoch = secrets.token_hex(8)

        def write(pipe: Any) -> None:  # noqa: ANN401
            pipe.set(keys.EPOCH, epoch)
            pipe.hset(keys.POLICY, "accepted", epoch)

        value = msgspec.json.encode({"accepted": epoch})
        self._transact([], author, lambda _: Plan([Change("epoch", "accepted", value, "accepted")], write))
        return epoch

    def write_back(self, exemplars: Sequence[Exemplar], vectors: Vectors, views: Views) -> int:
        """Keep vectors made by a worker, for those exemplars that are still as the worker read them; returns how many.

        `vectors` are (n, d) of each of `views`. Gives up where other writers are faster: the next worker that misses them tries again.
        """
        with redis_errors(self.address), self.client.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.VERSION)
                raws = pipe.hmget(keys.EXEMPLARS, [each.id for each in exemplars])
                rows = [
                    row
                    for row, (each, raw) in enumerate(zip(exemplars, raws, strict=True))
                    if feed.read_exemplar(raw, each.id) == each
                ]
                pipe.multi()
                if rows:
                    ids = [exemplars[row].id for row in rows]
                    _write_vectors(pipe, ids, {view: matrix[rows] for view, matrix in vectors.items()}, views)
                pipe.execute()
            except redis.WatchError:
                return 0
        return len(rows)

    def _put(self, exemplars: Sequence[Exemplar], author: str) -> list[Exemplar]:
        vectors = self._encoded(exemplars)
        kept: list[Exemplar] = []

        def prepare(watched: Watched) -> Plan:
            _check_room(watched)
            kept[:] = [
                msgspec.structs.replace(each, author=each.author or author)
                for each in _numbered(exemplars, watched.version)
            ]
            changes = [_change(each, "changed" if watched.held[each.id] else "added") for each in kept]
            return Plan(changes, lambda pipe: self._write(pipe, changes, watched, vectors))

        self._transact([each.id for each in exemplars], author, prepare)
        return kept

    def _alter(self, exemplar_id: str, author: str, state: Literal["active", "disabled", "removed"]) -> Exemplar:
        kept: list[Exemplar] = []

        def prepare(watched: Watched) -> Plan:
            held = watched.held[exemplar_id]
            if held is None:
                raise ExemplarError(
                    f"there is no exemplar {exemplar_id!r} that can be read; `jikimi exemplars list` shows those there are"
                )
            kept[:] = _numbered([msgspec.structs.replace(held, state=state)], watched.version)
            changes = [_change(kept[0], state)]
            if state == "removed":
                return Plan(changes, lambda pipe: _delete(pipe, exemplar_id, watched))
            return Plan(changes, lambda pipe: pipe.hset(keys.EXEMPLARS, exemplar_id, changes[0].value))

        self._transact([exemplar_id], author, prepare)
        return kept[0]

    def _transact(self, ids: Sequence[str], author: str, prepare: Callable[[Watched], Plan]) -> None:
        if not 0 < len(author) <= MAX_AUTHOR:
            raise ExemplarError(f"the author's name has {len(author)} characters; give 1 to {MAX_AUTHOR}")
        with redis_errors(self.address):
            transact(self.client, ids, author, prepare)

    def _encoded(self, exemplars: Sequence[Exemplar]) -> Vectors:
        return self._views.vectors([normalise(each.text) for each in exemplars]) if self._views else {}

    def _write(self, pipe: Any, changes: Sequence[Change], watched: Watched, vectors: Vectors) -> None:  # noqa: ANN401
        """New states with their vectors; no vector of an older text is left in any hash."""
        ids = [change.id for change in changes]
        pipe.hset(keys.EXEMPLARS, mapping={change.id: change.value for change in changes})
        written = _write_vectors(pipe, ids, vectors, self._views) if self._views else set()
        for name in sorted(watched.vector_keys - written):
            pipe.hdel(name, *ids)


def _write_vectors(pipe: Any, ids: Sequence[str], vectors: Vectors, views: Views) -> set[str]:  # noqa: ANN401
    """Queue the vectors of `ids`; returns the names of the hashes they lie in."""
    names = {view: keys.vectors_key(views.fingerprint(view), view) for view in vectors}
    for view, name in names.items():
        pipe.hset(name, mapping={each: feed.pack(row) for each, row in zip(ids, vectors[view], strict=True)})
        pipe.sadd(keys.VIEWS, name)
    return set(names.values())


def _delete(pipe: Any, exemplar_id: str, watched: Watched) -> None:  # noqa: ANN401
    for name in (keys.EXEMPLARS, *sorted(watched.vector_keys)):
        pipe.hdel(name, exemplar_id)


def _numbered(exemplars: Sequence[Exemplar], version: int) -> list[Exemplar]:
    return [msgspec.structs.replace(each, version=number) for number, each in enumerate(exemplars, start=version + 1)]


def _change(exemplar: Exemplar, what: str) -> Change:
    return Change("exemplar", exemplar.id, msgspec.json.encode(exemplar), what)


def _check_room(watched: Watched) -> None:
    count = watched.size + sum(held is None for held in watched.held.values())
    if count > MAX_EXEMPLARS:
        raise ExemplarError(f"{count:,} exemplars would be too many, the limit is {MAX_EXEMPLARS:,}: remove some first")
