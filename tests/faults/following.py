"""The tiny scorer with a real bank that follows Redis; apart from it, since this loads torch."""

from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from consumer.scoring import ScorerStatus
from embeddings.bank import Bank
from embeddings.follower import BankFollower
from embeddings.lexical import LexicalView
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from embeddings.views import Views
from tests.faults.banks import release_of
from tests.faults.scorer import TinyScorer


def build(redis_url: str, snapshot: str, seconds_per_post: float) -> tuple[TinyScorer, Callable[[], ScorerStatus]]:
    """What a worker's child needs: the tiny scorer, and a real bank that follows Redis.

    The release is named after what the bank holds, so that the worker's own metrics tell it.
    """
    settings = BankSettings(redis_url=SecretStr(redis_url), snapshot=snapshot)
    views, bank = Views(LexicalView()), Bank()  # no large model to load at each start
    follower = BankFollower(ExemplarStore(settings, views), views, bank, Path(snapshot))
    follower.start()
    named: dict[str, str] = {}

    def status() -> ScorerStatus:
        position = bank.position
        if position not in named:
            named.clear()
            named[position] = release_of({each.id: each.text for each in bank.contents()[0]})
        return ScorerStatus(named[position], position, bank.size, follower.age_seconds, bank.degraded)

    return TinyScorer(status, seconds_per_post), status
