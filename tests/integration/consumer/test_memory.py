"""Memory is bounded by settings, not by how much was read; `python -m bench.memory` measures the shipped release."""

import json
import signal
import subprocess
from itertools import pairwise
from statistics import median

import psutil
import pytest

from tests.integration.consumer.stream import Stream, post, wait_until
from tests.integration.consumer.test_exactly_once import stop, wait_ready
from tests.integration.consumer.worker_process import Held

POSTS = 50_000  # in a round
ROUNDS = 3  # after one of warming up
# For 100,000 posts. A worker that kept one object of each post, however small, would hold 100,000 more; one that kept what the C heap
# holds of each fetch or record, megabytes. Seen: see docs/faults.md.
OBJECTS_LIMIT = 2_000
C_HEAP_LIMIT = 1024 * 1024
RESIDENT_LIMIT = (
    2 * 1024 * 1024
)  # in all rounds, were each as the median one: a leak grows in each, a huge page comes once
RESIDENT_STEP_LIMIT = 4 * 1024 * 1024  # in all rounds with such a step
TEXT = "동네 산책로에 새로 생긴 빵집 다녀왔어요. " * 12
CHUNK = 5_000
LARGE = "가" * 340_000  # as large as Kafka takes
LARGE_RECORDS = 600
LARGE_LIMIT = 800 * 1024 * 1024  # closed by their number of records alone, they took 1,235 MB here


@pytest.mark.timeout(600)
def test_memory_is_bounded_with_records_of_a_megabyte(stream: Stream) -> None:
    """However many wait, a micro-batch is closed by its bytes; most can't be read, so that they are kept whole for their dead letters."""
    for start in range(0, LARGE_RECORDS, 20):
        ids = ["" if number % 10 else f"p{number}" for number in range(start, start + 20)]
        stream.publish(*((b"k", post(each, LARGE)) for each in ids))
    process = stream.process(forget=True, seconds_per_batch=1.0)
    wait_ready(process)
    first, most = psutil.Process(process.pid).memory_info().rss, 0

    def done() -> bool:
        nonlocal most
        most = max(most, psutil.Process(process.pid).memory_info().rss)
        return stream.committed() >= LARGE_RECORDS

    wait_until(done, 200)
    stop(process)
    assert most - first < LARGE_LIMIT, (first, most)


@pytest.mark.timeout(600)  # 200,000 posts
def test_memory_stays_flat(stream: Stream) -> None:
    """After a round of warming up, three more of 50,000 posts leave no more objects and no more bytes behind."""
    process = stream.process(forget=True)
    wait_ready(process)
    found = [_after_round(stream, process, number) for number in range(1 + ROUNDS)]
    stop(process)
    first, last = found[0], found[-1]
    share = ROUNDS * POSTS / 100_000
    assert last.objects - first.objects < OBJECTS_LIMIT * share, found
    assert last.c_heap - first.c_heap < C_HEAP_LIMIT * share, found
    grown = [after.resident - before.resident for before, after in pairwise(found)]
    assert median(grown) * ROUNDS < RESIDENT_LIMIT, found
    assert sum(grown) < RESIDENT_STEP_LIMIT, found


def _after_round(stream: Stream, process: subprocess.Popen[str], number: int) -> Held:
    for start in range(number * POSTS, (number + 1) * POSTS, CHUNK):
        stream.publish_posts(CHUNK, start=start, text=TEXT)
    wait_until(lambda: stream.committed() >= (number + 1) * POSTS + number, 200)
    stream.publish_posts(1, start=-1 - number)  # alone in its batch: else what the last one left would differ each time
    wait_until(lambda: stream.committed() >= (number + 1) * (POSTS + 1), 30)
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    return Held(**json.loads(process.stdout.readline()))
