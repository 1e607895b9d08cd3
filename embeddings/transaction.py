"""One change of the bank in Redis: what is written, what the control stream tells, what the audit keeps, in one MULTI.

Redis' optimistic locking (https://redis.io/docs/latest/develop/using-commands/transactions/): every writer watches the
version counter, so versions follow each other in the order of the control stream, whoever writes.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import redis

from contracts.exemplar import Exemplar
from contracts.times import utc_now
from embeddings import feed, keys
from embeddings.errors import BankError

KEPT = timedelta(hours=24)
"""How long a change stays in the control stream; a worker that was away for longer loads everything again."""

_TRY_SECONDS = 20.0


class Watched(NamedTuple):
    """What is in Redis while it is watched: exemplars by id, how many there are, the last version, the hashes of vectors."""

    held: Mapping[str, Exemplar | None]
    size: int
    version: int
    vector_keys: frozenset[str]


class Change(NamedTuple):
    """One entry of the control stream and of the audit; `value` is the whole new state as JSON, `what` was done to it."""

    kind: str
    id: str
    value: bytes
    what: str


class Plan(NamedTuple):
    """Changes, which get the versions that follow the one watched, and the commands that bring them about."""

    changes: Sequence[Change]
    write: Callable[[Any], None]


def transact(
    client: Any,  # noqa: ANN401  # see connection.connect
    ids: Sequence[str],
    author: str,
    prepare: Callable[[Watched], Plan],
) -> None:
    """Carry out what `prepare` plans for the state it is shown, again from the start where another writer was faster.

    Raises BankError where others were faster for 20 s on end.
    """
    deadline = time.monotonic() + _TRY_SECONDS
    while not _tried(client, ids, author, prepare):
        if time.monotonic() > deadline:
            raise BankError(
                f"other writers changed the bank for {_TRY_SECONDS:.0f} s on end: nothing was changed, try again"
            )
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  # so that writers do not keep in step


def _tried(client: Any, ids: Sequence[str], author: str, prepare: Callable[[Watched], Plan]) -> bool:  # noqa: ANN401
    with client.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.VERSION, keys.VIEWS)
            watched = _watched(pipe, ids)
            plan = prepare(watched)
            pipe.multi()
            plan.write(pipe)
            _tell(pipe, plan.changes, watched.version, author)
            pipe.execute()
        except redis.WatchError:
            return False
    return True


def _watched(pipe: Any, ids: Sequence[str]) -> Watched:  # noqa: ANN401
    raws = pipe.hmget(keys.EXEMPLARS, list(ids)) if ids else []
    return Watched(
        {each: feed.read_exemplar(raw, each) for each, raw in zip(ids, raws, strict=True)},
        pipe.hlen(keys.EXEMPLARS),
        int(pipe.get(keys.VERSION) or 0),
        frozenset(name.decode() for name in pipe.smembers(keys.VIEWS)),
    )


def _tell(pipe: Any, changes: Sequence[Change], version: int, author: str) -> None:  # noqa: ANN401
    now = utc_now()
    at, oldest = now.isoformat(), f"{int((now - KEPT).timestamp() * 1000)}-0"
    for number, change in enumerate(changes, start=version + 1):
        entry = {"kind": change.kind, "id": change.id, "version": number, "value": change.value, "at": at}
        pipe.xadd(keys.CONTROL, entry, minid=oldest, approximate=True)
        pipe.xadd(keys.AUDIT, {**entry, "change": change.what, "author": author})
    pipe.set(keys.VERSION, version + len(changes))
    pipe.set(keys.EPOCH, secrets.token_hex(8), nx=True)
