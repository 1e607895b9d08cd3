"""Breaks things for minutes on real servers and checks every record: `python -m bench.faults --minutes 12 --seed 1`.

Starts a Kafka and a Redis of its own, three workers under a supervisor and a steady load; draws a schedule of faults from the
seed; then drains, reads everything back as a committed reader and checks it. Saves bench/results/faults-SEED.json; exit code
1 on any violation, each of which is printed.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.run import Options, Run
from tests.faults.schedule import GAP_SECONDS, LOADING_GAP_SECONDS, schedule

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run, save, print."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers and workers end with us
    given = _arguments()
    gap_seconds = LOADING_GAP_SECONDS if given.real else GAP_SECONDS
    faults = schedule(given.seed, given.minutes * 60, given.workers, gap_seconds=gap_seconds)
    if given.print:
        print(*faults, sep="\n")
        return 0
    options = Options(
        seed=given.seed,
        seconds=given.minutes * 60,
        rate=lambda _: given.rate,
        workers=given.workers,
        faults=faults,
        real=given.real,
    )
    with tempfile.TemporaryDirectory(prefix="jikimi-faults-") as made:
        result = Run(options, Path(given.dir or made), lambda line: print(line, flush=True)).execute()
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"faults-{'real-' * given.real}{given.seed}.json"
    path.write_text(result.as_json())
    records, count = sum(result.records[each] for each in ("post", "edit", "deletion", "bad", "verdict")), len(faults)
    print(
        f"{records} records, {count} faults {result.findings}, longest stall {result.longest_stall_with_kafka_there_seconds} s -> {path}"
    )
    print(*(f"VIOLATION {each}" for each in result.violations), sep="\n")
    return int(bool(result.violations))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=12.0, help="length of the load, from 1")
    parser.add_argument("--seed", type=int, default=1, help="of the records and the faults")
    parser.add_argument("--rate", type=float, default=700.0, help="records a second")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument(
        "--real",
        action="store_true",
        help="`jikimi worker` with the shipped release, not a tiny scorer, and fewer faults: it loads longer",
    )
    parser.add_argument("--dir", help="keep servers' data and logs in this folder")
    parser.add_argument("--print", action="store_true", help="print the schedule and stop")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
