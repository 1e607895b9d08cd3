"""What the exemplar bank costs: `python -m bench.bank DATA [--sizes 1000 10000 100000]`.

Starts a Redis of its own. For each size: processor seconds to import, to load in a worker, and to match 1,000 posts, and
the worker's memory; then the delay from `put` to effect. Texts are reviews of nsmc. Saves bench/results/bank.json.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from pydantic import SecretStr

from contracts.exemplar import Exemplar
from embeddings.bank import MIN_LETTERS, Bank, letters_of
from embeddings.encoder import load_encoder
from embeddings.follower import BankFollower
from embeddings.matcher import match
from embeddings.normalise import normalise
from embeddings.settings import BankSettings, EncoderSettings
from embeddings.store import ExemplarStore
from embeddings.training.files import tabbed
from embeddings.views import Vectors, Views
from jikimi.engine import use_one_thread
from jikimi.local import ports, redis

RESULTS = Path(__file__).with_name("results") / "bank.json"
POSTS = 1_000
ADDS = 200


def main() -> int:
    """Measure each size, save, print."""
    given = _arguments()
    use_one_thread()
    views = Views(load_encoder(EncoderSettings(device="cpu")))
    texts = reviews(given.data, max(given.sizes) + POSTS)
    with tempfile.TemporaryDirectory(prefix="jikimi-bank-") as folder:
        port = ports.claim(0, "Redis", "")
        server = redis.start(Path(folder), port)
        try:
            settings = BankSettings(redis_url=SecretStr(f"redis://{ports.HOST}:{port}/0"), timeout_seconds=60)
            rows = [measure(texts[:POSTS], texts[POSTS : POSTS + size], settings, views) for size in given.sizes]
            rows.append(flood(views))
        finally:
            server.stop()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def reviews(data: Path, count: int) -> list[str]:
    """The first reviews that can be exemplars compared by vectors."""
    found = (row[2] for row in tabbed(data / "nsmc/nsmc_raw.tsv.xz"))
    return list(islice((text for text in found if len(letters_of(normalise(text))) >= MIN_LETTERS), count))


def measure(posts: list[str], texts: list[str], settings: BankSettings, views: Views) -> dict[str, float]:
    """A bank of `texts`."""
    exemplars = [Exemplar(id=f"e{row}", text=text, label=f"l{row % 5}") for row, text in enumerate(texts)]
    bank = Bank()
    with ExemplarStore(settings, views) as store, ExemplarStore(settings) as source:
        store.client.flushdb()
        importing = _seconds(lambda: store.put_many(exemplars, "bench"))
        before = psutil.Process().memory_info().rss
        follower = BankFollower(source, views, bank)
        loading = _seconds(follower.start)
        grown = psutil.Process().memory_info().rss - before
        vectors = views.vectors([normalise(text) for text in posts])
        matching = min(_seconds(lambda: _matched(bank, vectors)) for _ in range(3))
        delays = _delays(store, follower)
        follower.stop()
    row = {
        "exemplars": len(texts),
        "import_cpu_seconds": round(importing, 1),
        "load_cpu_seconds": round(loading, 1),
        "memory_mb": round(grown / 1e6),
        "match_1000_posts_cpu_seconds": round(matching, 3),
        "delay_ms_p50": round(1000 * float(np.percentile(delays, 50)), 1),
        "delay_ms_p99": round(1000 * float(np.percentile(delays, 99)), 1),
    }
    print(json.dumps(row), flush=True)
    return row


def _matched(bank: Bank, vectors: Vectors) -> None:
    match(bank, vectors, [()] * POSTS, [None] * POSTS, datetime.now(UTC), 3, {"semantic": 0.8, "lexical": 0.5})


def flood(views: Views) -> dict[str, float]:
    """A thousand posts of one campaign against a thousand exemplars of it: every pair is near."""
    texts = [
        f"소파 매트리스 집에서 바로 세탁해드립니다. 진드기까지 싹! 오늘 예약하면 만원 할인 {number}"
        for number in range(POSTS)
    ]
    vectors, bank = views.vectors([normalise(text) for text in texts]), Bank()
    for row, text in enumerate(texts):
        exemplar = Exemplar(id=f"e{row}", text=text, label="promotion", version=row + 1)
        bank.apply(exemplar, {view: matrix[row] for view, matrix in vectors.items()})
    result = {
        "flood_1000_posts_cpu_seconds": round(min(_seconds(lambda: _matched(bank, vectors)) for _ in range(3)), 3)
    }
    print(json.dumps(result), flush=True)
    return result


def _delays(store: ExemplarStore, follower: BankFollower) -> list[float]:
    seen = follower.propagation.changes
    for number in range(ADDS):
        store.put(Exemplar(id=f"new{number}", text=f"새로 올라온 예문 {number}번입니다", label="l0"), "bench")
    while (now := follower.propagation).changes < seen + ADDS:
        time.sleep(0.05)
    return list(now.since(seen))


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.bank", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
