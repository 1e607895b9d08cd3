"""`jikimi load` on a real Kafka."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from consumer.kafka import Outgoing, PlainProducer, Reader
from contracts.codec import encode
from contracts.flag import fold
from jikimi.load import run
from tests.integration.consumer.stream import Stream, wait_until
from tests.integration.jikimi.cli import Cli
from tests.unit.contracts.records import decision

RATE, SECONDS = 50, 3


def test_every_post_is_matched_and_no_flag_is_left(cli: Cli, stream: Stream) -> None:
    """Exit 0 without limits that are missed, 1 with one that can't be held; other posts are not counted."""
    with stream.worker():
        stream.publish_posts(20, text="급구")
        arguments = "load", "--rate", str(RATE), "--minutes", str(SECONDS / 60), "--json"
        [found] = cli.json_lines(*arguments)
        assert (found["sent"], found["decided"], found["doubled"]) == (RATE * SECONDS, RATE * SECONDS, 0)
        assert (found["drop_rate"], found["missed"]) == (0.0, [])
        latency = found["latency_ms"]
        assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
        missed = json.loads(cli.run(*arguments, "--p50", "0.01", code=1).stdout)["missed"]
        assert len(missed) == 1
        assert "the limit is 0.01 ms" in missed[0]
        marked = {each.post_id for each in stream.decisions() if each.post_id.startswith("load-")}
        assert len(marked) == 2 * RATE * SECONDS
        ours = {each.post_id for each in stream.flags() if each.post_id in marked}
        assert ours

        def all_deleted() -> bool:
            states = fold(stream.flags())
            return all(states[post_id].cause == "deleted" for post_id in ours)

        wait_until(all_deleted, 30)


def test_lost_and_doubled_decisions_are_counted(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that leaves out every tenth post and decides another tenth twice."""
    monkeypatch.setattr(run, "DRAIN_SECONDS", 3.0)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        faulty = threads.submit(_decide_badly, stream, stop)
        try:
            report = run.run_load(stream.kafka, stream.topics, RATE, SECONDS)
        finally:
            stop.set()
        faulty.result()
    sent = RATE * SECONDS
    assert (report.sent, report.decided, report.doubled) == (sent, sent * 9 // 10, sent // 10)
    assert report.drop_rate == pytest.approx(0.1)


def _decide_badly(stream: Stream, stop: threading.Event) -> None:
    with Reader(stream.kafka, stream.topics.posts) as reader, PlainProducer(stream.kafka) as producer:
        while not stop.is_set():
            for record in reader.read(0.1):
                key = record.key or b""
                times = {b"0": 0, b"1": 2}.get(key[-1:], 1)
                value = encode(msgspec.structs.replace(decision(), post_id=key.decode(), action="allow"))
                producer.send_all([Outgoing(stream.topics.decisions, key, value)] * times)
