"""The worker that `bench.pipeline` measures, in a process of its own: `python -m bench.worker_process '{"kafka": …, "worker": …, "scorer": …}'`.

`scorer` is "shipped", as `jikimi worker` has it (with the settings of the environment), or "encoder", which encodes and allows everything.
Either works in children, as many as `worker` says.
"""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from consumer import logs
from consumer.run import run_isolated_worker
from consumer.scoring import ScorerProtocol, ScorerStatus
from consumer.settings import KafkaSettings, WorkerSettings
from contracts.decision import Decision, Source
from contracts.post import Post
from contracts.times import utc_now

# ruff: noqa: PLC0415  # torch is imported in the children alone, as in `jikimi worker`


class EncodingScorer:
    """Normalises, encodes, and allows everything."""

    def __init__(self) -> None:
        from embeddings.encoder import load_encoder
        from embeddings.normalise import normalise
        from embeddings.settings import EncoderSettings

        self._normalise, self._encoder = normalise, load_encoder(EncoderSettings())

    def score(self, items: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """One decision each."""
        self._encoder.encode([self._normalise(post.whole_text) for post, _ in items])
        return [_allowed(post, source) for post, source in items]


def main() -> int:
    """Run the worker that the argument describes."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    logs.configure()
    kafka, worker = KafkaSettings(**given["kafka"]), WorkerSettings(**given["worker"])
    return run_isolated_worker(kafka, worker, partial(build, given["scorer"]), modules=["jikimi.engine"])


def build(scorer: str) -> tuple[ScorerProtocol, Callable[[], ScorerStatus]]:
    """The scorer, in a child."""
    if scorer == "shipped":
        from jikimi.engine import build_for_worker
        from jikimi.settings import load_settings

        return build_for_worker(load_settings())
    from jikimi.engine import use_one_thread

    use_one_thread()
    return EncodingScorer(), lambda: ScorerStatus(release="bench", bank="0-0")


def _allowed(post: Post, source: Source) -> Decision:
    return Decision(
        post_id=post.id,
        revision=post.revision,
        community=post.community,
        source=source,
        action="allow",
        flagged=(),
        labels={},
        reasons=(),
        evidence=(),
        release="bench",
        bank="0-0",
        degraded=(),
        decided_at=utc_now(),
    )


if __name__ == "__main__":
    sys.exit(main())
