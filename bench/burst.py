"""A burst of 100 times the rate against a slow scorer: `python -m bench.burst`.

One worker whose scoring processes take a fixed time for each post gets a trickle, then two minutes of 100 times as much, far more than
it can score. Back-pressure must hold: no rebalance (the generation stays), flat memory, nothing lost. Saves
bench/results/burst.json; exit code 1 where it did not hold.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.faults.run import Options, Result, Run

RESULTS = Path(__file__).with_name("results")
FACTOR = 100
BEFORE_SECONDS, AFTER_SECONDS, DRAIN_SECONDS = 20.0, 10.0, 300.0
SAMPLE_SECONDS = 5.0
GROWTH_LIMIT_MIB = 60.0  # one fetch (16 MiB), its decoded records and three micro-batches are the working set


def main() -> int:
    """Run, save, print."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers and workers end with us
    given = _arguments()
    burst = given.seconds * given.rate * FACTOR
    options = Options(
        seed=given.seed,
        seconds=BEFORE_SECONDS + given.seconds + AFTER_SECONDS,
        rate=lambda at: float(given.rate * (FACTOR if 0 <= at - BEFORE_SECONDS < given.seconds else 1)),
        workers=1,
        seconds_per_post=given.microseconds / 1e6,
        drain_limit_seconds=burst * given.microseconds / 1e6 + DRAIN_SECONDS,
    )
    with tempfile.TemporaryDirectory(prefix="jikimi-burst-") as made:
        run = Run(options, Path(made), lambda line: print(line, flush=True))
        samples = Samples(run)
        result = run.execute()
        log = (Path(made) / "logs" / "worker-0.log").read_text()
    return _report(given, result, samples.stop(), log.count("generation adopted"))


def _report(given: argparse.Namespace, result: Result, memory: list[float], generations: int) -> int:
    growth = max(memory) - memory[0]
    # What waits behind a burst waits by intent; the limit for stalls is for faults, not for load.
    violations = [each for each in result.violations if "stalled" not in each]
    violations += [f"{generations} generations, not 1"] * (generations != 1)
    violations += [f"memory grew by {growth:.0f} MiB, the limit is {GROWTH_LIMIT_MIB:.0f}"] * (
        growth > GROWTH_LIMIT_MIB
    )
    summary = {
        "rate": given.rate,
        "burst_rate": given.rate * FACTOR,
        "burst_seconds": given.seconds,
        "scorer_microseconds_per_post": given.microseconds,
        "records": result.records,
        "generations": generations,
        "exits": result.exits,
        "slowest_record_seconds": result.slowest_record_seconds,
        "drain_seconds": result.drain_seconds,
        "memory_mib": [round(each, 1) for each in memory],
        "violations": violations,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "burst.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary))
    return int(bool(violations))


class Samples:
    """The worker's resident MiB, its child included, taken every few seconds once it has settled."""

    def __init__(self, run: Run) -> None:
        self._run, self._stop = run, threading.Event()
        self._values: list[float] = []
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> list[float]:
        """The samples."""
        self._stop.set()
        self._thread.join()
        return self._values

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            if self._run.watch.meter.moving:
                self._values += self._run.fleet.memory().values()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.burst", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=20.0, help="records a second before and after the burst")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of the burst")
    parser.add_argument("--microseconds", type=float, default=2_000.0, help="what a scoring process takes for one post")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
