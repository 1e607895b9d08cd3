"""A moderator who keeps adding, changing and removing exemplars, and an operator who brings the bank back."""

import itertools
import threading
from collections.abc import Callable

from contracts.exemplar import Exemplar
from embeddings.errors import BankError
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore

PAUSE_SECONDS = 0.3
RETRY_SECONDS = 0.2
NAME = "fault suite"


class Moderator:
    """Works from a thread of its own. A change that Redis did not take, or did not answer, is made again until it does."""

    def __init__(self, settings: BankSettings) -> None:
        self._store = ExemplarStore(settings)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="moderator", daemon=True)
        self._failure: BaseException | None = None
        self._saved: dict[str, Exemplar] = {}
        self.refused = 0

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> dict[str, str]:
        """Stop; what the bank must hold, id -> text. Raises what ended the work."""
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure
        return {name: each.text for name, each in self._saved.items()}

    def held(self) -> dict[str, str]:
        """What Redis holds, id -> text."""
        return {each.id: each.text for each in self._store.exemplars()}

    def close(self) -> None:
        """Give the connections back."""
        self._store.close()

    def restore(self) -> str:
        """After Redis was emptied: import what was exported, and tell the workers to go over to it."""
        with self._lock:
            self._insist(lambda: self._store.put_many(list(self._saved.values()), NAME))
            self._insist(lambda: self._store.accept(NAME))
            return f"{len(self._saved)} exemplars imported"

    def _run(self) -> None:
        try:
            for number in itertools.count():
                if self._stop.wait(PAUSE_SECONDS):
                    return
                with self._lock:
                    self._change(number)
        except BaseException as error:  # noqa: BLE001  # raised again by stop
            self._failure = error

    def _change(self, number: int) -> None:
        if number % 7 == 6 and self._saved:
            name = next(iter(self._saved))
            self._insist(lambda: self._remove(name))
            del self._saved[name]
            return
        name = f"e{number - 5 if number % 7 == 5 else number}"  # every seventh is a new text of an earlier one
        exemplar = Exemplar(id=name, text=f"무료 상담방 들어오세요 {number}번 문의 환영", label="scam")
        self._insist(lambda: self._store.put(exemplar, NAME))
        self._saved[name] = exemplar

    def _remove(self, name: str) -> None:
        if self._store.get(name) is not None:  # else a try without an answer has done it, or Redis is empty
            self._store.remove(name, NAME)

    def _insist(self, act: Callable[[], object]) -> None:
        while True:
            try:
                act()
            except BankError:
                self.refused += 1
                if self._stop.wait(RETRY_SECONDS):
                    pass
            else:
                return
