"""The parts of scoring put together: release, encoder, bank, and what keeps the bank up to date."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from classifier.release import Release, load_release
from classifier.scorer import Scorer
from consumer.scoring import ScorerStatus
from contracts.errors import JikimiError
from contracts.exemplar import Exemplar
from embeddings.bank import Bank
from embeddings.encoder import load_encoder
from embeddings.follower import BankFollower
from embeddings.normalise import normalise
from embeddings.settings import EncoderSettings
from embeddings.store import ExemplarStore
from embeddings.validation import checked
from embeddings.views import Views
from jikimi.settings import Settings

log = logging.getLogger(__name__)

EXEMPLARS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Engine:
    """What it takes to decide a post."""

    release: Release
    views: Views
    bank: Bank
    scorer: Scorer

    def status(self) -> ScorerStatus:
        """Release and bank in use, where nobody keeps the bank up to date."""
        return ScorerStatus(release=self.release.name, bank=self.bank.position, exemplars=self.bank.size)


def load_engine(settings: Settings) -> Engine:
    """Release and encoder of the settings, with an empty bank. Raises ReleaseError, EncoderError."""
    release = load_release(Path(settings.release) if settings.release else None)
    encoder = load_encoder(release.encoder_settings(settings.encoder))
    bank = Bank(_device(settings.encoder))
    return Engine(release, Views(encoder), bank, Scorer(release, encoder, bank))


def load_views(settings: Settings) -> Views:
    """The views of the release alone: enough to write exemplars."""
    release = load_release(Path(settings.release) if settings.release else None)
    return Views(load_encoder(release.encoder_settings(settings.encoder)))


def build_for_worker(settings: Settings) -> tuple[Scorer, Callable[[], ScorerStatus]]:
    """What each scoring process of a worker needs: a scorer whose bank follows Redis to the end of the process."""
    use_one_thread()
    try:
        engine = load_engine(settings)
        follower = _follower(engine, settings)
        follower.start()
    except JikimiError as error:
        log.error("the scorer can't start", extra={"error": str(error)})  # noqa: TRY400  # for people, no trace
        sys.exit(1)

    def status() -> ScorerStatus:
        return ScorerStatus(
            release=engine.release.name,
            bank=engine.bank.position,
            exemplars=engine.bank.size,
            bank_age_seconds=follower.age_seconds,
            bank_stale=engine.bank.degraded,
            max_action=engine.bank.max_action,
            propagation=follower.propagation,
        )

    return engine.scorer, status


def use_one_thread() -> None:
    """Let no library of this process use a second thread.

    It doubles the processor time of a small micro-batch, for it waits for work at full speed, and hardly shortens it; other cores are
    for other scoring processes.
    """
    torch.set_num_threads(1)
    threadpool_limits(1)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@contextmanager
def engine_on_redis(settings: Settings) -> Iterator[Engine]:
    """An engine with the exemplars that Redis has now. Raises BankError."""
    engine = load_engine(settings)
    with _follower(engine, settings):
        yield engine


def fill(engine: Engine, exemplars: Sequence[Exemplar]) -> None:
    """Bring exemplars that are in no Redis into effect. Raises ExemplarError."""
    for start in range(0, len(exemplars), EXEMPLARS_AT_ONCE):
        part = [checked(each) for each in exemplars[start : start + EXEMPLARS_AT_ONCE]]
        vectors = engine.views.vectors([normalise(each.text) for each in part])
        for row, each in enumerate(part):
            engine.bank.apply(each, {view: matrix[row] for view, matrix in vectors.items()})


def _follower(engine: Engine, settings: Settings) -> BankFollower:
    snapshot = Path(settings.bank.snapshot) if settings.bank.snapshot else None
    return BankFollower(ExemplarStore(settings.bank, engine.views), engine.views, engine.bank, snapshot)


def _device(settings: EncoderSettings) -> str:
    """The encoder's device, where the bank is compared too."""
    return "cuda" if settings.device != "cpu" and torch.cuda.is_available() else "cpu"
