"""What the tests on a real Redis share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from embeddings.bank import Bank
from embeddings.follower import BankFollower
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from tests.unit.embeddings.bank_tools import small_views

VIEWS = small_views()


def settings(url: str, *, timeout_seconds: float = 5.0, cluster: bool = False) -> BankSettings:
    """Settings for a Redis at `url`."""
    return BankSettings(redis_url=SecretStr(url), timeout_seconds=timeout_seconds, cluster=cluster)


def store(url: str) -> ExemplarStore:
    """A store that writes vectors."""
    return ExemplarStore(settings(url), VIEWS)


@contextmanager
def following(url: str, snapshot: Path | None = None) -> Iterator[tuple[Bank, BankFollower]]:
    """A bank that follows the Redis at `url`."""
    bank = Bank()
    with ExemplarStore(settings(url)) as source, BankFollower(source, VIEWS, bank, snapshot) as follower:
        yield bank, follower


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether `holds()` becomes true within a limit that only a failure reaches."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
