"""What it costs to start a worker's two scoring processes, and to replace them: `python -m bench.start` (Linux).

Once as `jikimi worker` does, with libraries imported once for both, and once with each importing its own; by turns, each in a process of
its own, of which medians are told. Saves bench/results/start.json.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from consumer.isolation import IsolatedScorer, Limits
from consumer.scoring import ScorerProtocol, ScorerStatus
from contracts.decision import Source
from contracts.post import Post

# ruff: noqa: PLC0415  # torch is imported in the children alone, as in `jikimi worker`

RESULTS = Path(__file__).with_name("results") / "start.json"
TURNS = 3
SCORERS = 2
LIMITS = Limits(batch=20, post=5, start=120)
MODULES = {"once": ["jikimi.engine"], "each": []}
MIB = 1024 * 1024


def main() -> int:
    """Measure by turns, save, print; with a way of `MODULES` as argument, one turn of it."""
    if sys.argv[1:]:
        sys.stdout.write(json.dumps(_turn(MODULES[sys.argv[1]])))
        return 0
    turns: dict[str, list[dict[str, float]]] = {way: [] for way in MODULES}
    for _ in range(TURNS):
        for way, found in turns.items():
            command = [sys.executable, "-m", "bench.start", way]
            found.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    medians = {
        way: {name: statistics.median(each[name] for each in found) for name in found[0]}
        for way, found in turns.items()
    }
    RESULTS.write_text(json.dumps({"medians": medians, "turns": turns}, indent=1) + "\n", encoding="utf-8")
    print(*(f"libraries imported {way}: {middle}" for way, middle in medians.items()), sep="\n")
    return 0


def build() -> tuple[ScorerProtocol, Callable[[], ScorerStatus]]:
    """The shipped release with an empty bank, in a child."""
    from jikimi.engine import load_engine, use_one_thread
    from jikimi.settings import load_settings

    use_one_thread()
    engine = load_engine(load_settings())
    return engine.scorer, engine.status


def _turn(modules: list[str]) -> dict[str, float]:
    posts = [(Post(id=str(at), text="이사 견적 문의"), Source("posts", 0, at)) for at in range(1_000)]
    begun = time.monotonic()
    with IsolatedScorer(build, LIMITS, SCORERS, modules) as scorer:
        ready = time.monotonic() - begun
        family = psutil.Process().children(recursive=True)
        spent = sum(sum(each.cpu_times()[:2]) for each in family)
        held = sum(each.memory_full_info().pss for each in family) / MIB
        scorer.score(posts)
        for each in family:
            if each.ppid() != psutil.Process().pid:
                each.kill()
        begun = time.monotonic()
        scorer.score(posts)
        replaced = time.monotonic() - begun
    return {
        "ready_seconds": round(ready, 1),
        "processor_seconds": round(spent, 1),
        "memory_mib": round(held),
        "replaced_seconds": round(replaced, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
