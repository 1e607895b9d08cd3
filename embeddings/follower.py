"""Keeps a bank in memory equal to the one in Redis: load, then follow the changes, in a thread of its own.

All calls to Redis are made here, none while a post is scored. Whatever happens to Redis, the bank in hand stays in use: it is
marked `degraded` while it can't be said to be up to date, and never gives way to an emptied or replaced one unasked.
"""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contracts.exemplar import Exemplar, View
from contracts.times import utc_now
from embeddings import feed, keys
from embeddings.bank import Bank
from embeddings.connection import redis_errors
from embeddings.errors import BankError
from embeddings.feed import Change, State
from embeddings.filling import Filler
from embeddings.propagation import Propagation
from embeddings.server import check_server
from embeddings.snapshot import Snapshot, read_snapshot, write_snapshot
from embeddings.store import ExemplarStore
from embeddings.views import Views

log = logging.getLogger(__name__)

BLOCK_MS = 500
"""How long one call waits for a change; between two calls it is checked that Redis is still the same."""

RETRY_SECONDS = 1.0
SNAPSHOT_SECONDS = 60.0

_EMPTIED = (
    "Redis was emptied or replaced; the bank in hand stays in use. Put the exemplars back (`jikimi exemplars import`), then let "
    "workers go over to it (`jikimi exemplars accept`)"
)
_BEHIND = (
    "Redis has an older bank than this worker (restored or failed over); the bank in hand stays in use. Let workers go over to "
    "the older one (`jikimi exemplars accept`), or put back what is missing first"
)


class BankFollower:
    """Follows `store` with the vectors of `views` into `bank`; `snapshot` is the file for starts without Redis.

    Use it as a context manager, or `start` and `stop` it.
    """

    def __init__(self, store: ExemplarStore, views: Views, bank: Bank, snapshot: Path | None = None) -> None:
        self._store, self._bank, self._path = store, bank, snapshot
        self._views = views
        self._filler = Filler(store, views)
        self._block_ms = min(BLOCK_MS, int(store.timeout_seconds * 500))  # else waiting would look like a slow server
        self._held: State | None = None
        self._trouble: str | None = None
        self._unsure = True
        self._saved: State | None = None
        self._save_at = 0.0
        self._heard = time.monotonic()
        self._propagation = Propagation()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bank", daemon=True)

    @property
    def age_seconds(self) -> float:
        """Time since the bank was last known to be equal to Redis."""
        return time.monotonic() - self._heard

    @property
    def trouble(self) -> str | None:
        """Why the bank is degraded, for a person to read; None where it is not."""
        return self._trouble

    @property
    def skipped(self) -> int:
        """Exemplars and changes left out so far because they could not be read or encoded."""
        return self._filler.skipped

    @property
    def propagation(self) -> Propagation:
        """How fast changes came into effect here; what a load brought is not among them."""
        return self._propagation

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Have a bank in effect, then follow. Raises BankError where Redis is away and there is no snapshot."""
        self._restore()
        try:
            for warning in check_server(self._store):
                log.warning("Redis is not set up to keep the bank", extra={"warning": warning})
            with redis_errors(self._store.address):
                self._check()
        except BankError as error:
            if self._held is None:
                raise BankError(f"{error}; there is no snapshot to start with either (bank.snapshot)") from None
            self._degrade(str(error))
        self._thread.start()

    def stop(self) -> None:
        """End the thread, within the time limit of one call, and save the snapshot."""
        self._stopping.set()
        self._thread.join()
        self._save(at_once=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with redis_errors(self._store.address):
                    self._step()
            except BankError as error:
                self._degrade(str(error))
            except Exception as error:  # the thread must outlive whatever it meets
                log.exception("following the bank failed")
                self._degrade(f"following the bank failed: {type(error).__name__}")
            if self._trouble:
                self._stopping.wait(RETRY_SECONDS)
            self._save()

    def _step(self) -> None:
        """Bring the next changes into effect; without any, or where one is missing, look at the whole."""
        if self._unsure or self._held is None:
            self._check()
            return
        changes = feed.read_changes(self._store.client, self._held.position, self._block_ms)
        if not (changes and self._follow(self._held, changes)):
            self._check()

    def _follow(self, held: State, changes: Sequence[Change]) -> bool:
        """Apply changes as far as their versions follow each other; whether that is all of them."""
        following = [each for number, each in enumerate(changes, start=held.version + 1) if each.version == number]
        self._filler.fill_from_redis(self._bank, [each.exemplar for each in following if each.exemplar])
        self._filler.skip(sum(each.unreadable for each in following))
        for each in following:
            held = held._replace(
                version=each.version, position=each.position, max_action=each.max_action or held.max_action
            )
            if each.at:
                self._propagation = self._propagation.after(max((utc_now() - each.at).total_seconds(), 0.0))
        self._hold(held)
        return len(following) == len(changes)

    def _check(self) -> None:
        """Compare what is held with what Redis says it has: catch up, or hold on where it is of another history."""
        state, held = feed.read_state(self._store.client), self._held
        if held is None:
            self._load(state)
        elif held.epoch is not None and state.epoch != held.epoch:
            if state.epoch is not None and state.epoch == state.accepted:
                self._load(state)
            else:
                self._degrade(_EMPTIED)
        elif state.version < held.version:
            self._degrade(_BEHIND)
        elif state.version > held.version and not self._caught_up(held):
            self._reload(state)
        else:
            self._settle(state)

    def _caught_up(self, held: State) -> bool:
        """Whether the changes that were missed are still in the stream, and now in effect."""
        changes = feed.read_changes(self._store.client, held.position)
        return bool(changes) and self._follow(held, changes)

    def _reload(self, state: State) -> None:
        """Load what Redis has, unless that is nothing: an empty bank is only taken over when asked."""
        if self._bank.size and not self._store.client.hlen(keys.EXEMPLARS):
            self._degrade(_EMPTIED)
        else:
            self._load(state)

    def _load(self, state: State) -> None:
        """Load everything, at `state` or later, then take it over at once. Changes since `state` are followed again."""
        fresh = Bank(self._bank.device)
        for piece in feed.scan_exemplars(self._store.client):
            exemplars = [each for each in piece if isinstance(each, Exemplar)]
            self._filler.skip(len(piece) - len(exemplars))
            self._filler.fill_from_redis(fresh, exemplars)
        self._bank.adopt(fresh)
        self._hold(state)
        self._settle(state)
        log.info("the bank is loaded", extra={"exemplars": self._bank.size, "position": state.position})

    def _hold(self, state: State) -> None:
        """`state` is in effect."""
        self._held = state
        self._bank.max_action, self._bank.position = state.max_action, state.position
        self._heard = time.monotonic()

    def _settle(self, state: State) -> None:
        """Redis and the bank agree; or the bank is on its way there and looks again at once."""
        if self._held is None or self._held.version < state.version:
            return
        self._held = self._held._replace(epoch=state.epoch)
        self._heard = time.monotonic()
        if self._trouble:
            log.info("the bank follows Redis again", extra={"position": self._bank.position})
        self._unsure, self._trouble, self._bank.degraded = False, None, False

    def _degrade(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("the bank is degraded", extra={"trouble": trouble, "position": self._bank.position})
        self._unsure, self._trouble, self._bank.degraded = True, trouble, True

    def _restore(self) -> None:
        """Take over the snapshot, if there is one; what Redis says of it is asked next."""
        found = read_snapshot(self._path, self._views) if self._path else None
        if found:
            kept: dict[str, dict[View, NDArray[np.float32]]] = {
                each.id: {view: matrix[row] for view, matrix in found.vectors.items()}
                for row, each in enumerate(found.exemplars)
            }
            self._filler.fill(self._bank, found.exemplars, kept)
            self._hold(found.state)
            self._saved = found.state

    def _save(self, *, at_once: bool = False) -> None:
        """Write the snapshot where there is something new, once a minute at most."""
        if not self._path or self._held in {None, self._saved} or not (at_once or time.monotonic() >= self._save_at):
            return
        exemplars, vectors = self._bank.contents()
        try:
            write_snapshot(self._path, Snapshot(self._held, exemplars, vectors), self._views)
        except OSError as error:
            log.warning("the snapshot can't be written", extra={"path": str(self._path), "error": str(error)})
        self._saved, self._save_at = self._held, time.monotonic() + SNAPSHOT_SECONDS
