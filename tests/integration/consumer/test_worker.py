"""How a worker behaves at its limits: back-pressure, failures of our own, hangs, slots, damaged batches, health."""

import http.client
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from kafka.record.default_records import DefaultRecordBatch

from consumer.errors import EXIT_FAILED, EXIT_FENCED, EXIT_STUCK
from consumer.kafka import Outgoing, PlainProducer, TransactionalProducer
from consumer.kafka.plain import Compression
from consumer.run import run_worker
from consumer.settings import KafkaSettings
from consumer.worker import Worker
from contracts.decision import Decision, Source
from contracts.post import Post
from tests.integration.consumer.stream import STATUS, Stream, TinyScorer, post, wait_until
from tests.integration.consumer.test_exactly_once import assert_exactly_once, wait_ready


def sample(worker: Worker, line: str) -> bool:
    """Whether the worker's metrics hold `line`."""
    return line in worker.metrics.text().decode().splitlines()


class Broken:
    """A scorer that fails on everything."""

    def score(self, _: Sequence[tuple[Post, Source]], /) -> list[Decision]:
        """Always raises."""
        raise RuntimeError("no device")


def test_a_slow_scorer_does_not_rebalance_the_group(stream: Stream) -> None:
    """Back-pressure is not polling: batches in flight stay few and the group keeps its generation past a session."""
    most = 0
    stream.publish_posts(300)
    with stream.worker(TinyScorer(seconds_per_batch=0.4), batch_size=10) as worker:

        def done() -> bool:
            nonlocal most
            most = max(most, worker._in_flight.count)
            return sample(worker, "jikimi_posts_total 300.0")

        wait_until(done, 60)
        assert sample(worker, "jikimi_rebalances_total 1.0")
        assert sample(worker, "jikimi_recoveries_total 0.0")
    assert 1 <= most <= 5, "one scored, one published, and a bounded number before each"
    assert_exactly_once(stream, 300)


def test_a_run_of_our_own_failures_stops_the_worker(stream: Stream, caplog: pytest.LogCaptureFixture) -> None:
    """A scorer that fails on everything does not flood moderators: exit 1, the message names the limit, nothing published."""
    stream.publish_posts(100)
    with stream.worker_ending(EXIT_FAILED, Broken(), own_failures_limit=50):
        pass
    assert "the limit is 50" in "".join(str(vars(each).get("error")) for each in caplog.records)
    assert not stream.decisions()
    with stream.worker():
        stream.wait_for_outcomes(100)
    assert_exactly_once(stream, 100)


def test_a_scorer_that_hangs_ends_the_process(stream: Stream) -> None:
    """Past the limit the watchdog ends the process with its own code; another worker takes over."""
    stream.settings = stream.settings.model_copy(update={"score_limit_seconds": 1.0})
    process = stream.process(seconds_per_batch=600.0)
    wait_ready(process)
    stream.publish_posts(10)
    assert process.wait(60) == EXIT_STUCK
    with stream.worker():
        stream.wait_for_outcomes(10)
    assert_exactly_once(stream, 10)


def test_a_transaction_that_hangs_ends_the_process(stream: Stream) -> None:
    """A4: a commit that never comes back: the watchdog ends the process with its code, and its successor decides each record once."""
    stream.settings = stream.settings.model_copy(update={"publish_limit_seconds": 15.0, "batch_size": 50})
    process = stream.process(die="never_ends", die_at=2)
    wait_ready(process)
    stream.publish_posts(200)
    assert process.wait(90) == EXIT_STUCK
    with stream.worker():
        stream.wait_for_outcomes(200)
    assert_exactly_once(stream, 200)


def test_what_cannot_be_finished_in_time_is_told(stream: Stream) -> None:
    """A batch still scored when the grace ends: exit 1, nothing of it published, and it is read again."""
    scorer = TinyScorer(seconds_per_batch=8.0)
    with stream.worker_ending(EXIT_FAILED, scorer, shutdown_limit_seconds=0.5) as worker:
        stream.publish_posts(10)
        wait_until(lambda: worker._in_flight.count > 0, 30)
        worker.stop()
    with stream.worker():
        stream.wait_for_outcomes(10)
    assert_exactly_once(stream, 10)


def test_a_second_worker_on_a_named_slot_of_this_host_is_refused(
    stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    """Same slot, same host: the second ends at once and says what to do; the first is undisturbed."""
    with stream.worker(slot="a"):
        settings = stream.settings.model_copy(update={"slot": "a"})
        assert run_worker(stream.kafka, settings, TinyScorer(), lambda: STATUS) == EXIT_FAILED
        stream.publish_posts(10)
        stream.wait_for_outcomes(10)
    assert "slot a of group" in "".join(str(vars(each).get("error")) for each in caplog.records)


def test_two_workers_on_one_slot_of_two_hosts(stream: Stream, tmp_path: Path) -> None:
    """Same slot on two hosts: the older is fenced and ends with its own code; one decision per record all the same."""
    with stream.worker_ending(EXIT_FENCED, slot="a", batch_size=20) as old:
        stream.publish_posts(20)
        stream.wait_for_outcomes(20)
        with stream.worker(slot="a", slot_folder=str(tmp_path / "host2"), batch_size=20):
            for start in range(20, 420, 20):
                stream.publish_posts(20, start=start)
            stream.wait_for_outcomes(420)
            wait_until(lambda: not old.live()["stages"], 60)
    assert_exactly_once(stream, 420)


def test_workers_without_a_slot_find_their_own(stream: Stream) -> None:
    """Two plain workers on one host get two slots and share the partitions."""
    with stream.worker() as one, stream.worker() as two:
        wait_until(lambda: len(one._consumer.assigned()) == len(two._consumer.assigned()) == 2, 30)
        stream.publish_posts(200)
        stream.wait_for_outcomes(200)
    assert_exactly_once(stream, 200)


def test_a_damaged_batch_stops_the_worker_and_is_named(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad CRC at a place: what came before is committed, the worker ends and names partition, offset and the mend."""
    stream.publish((b"k", post("before")))
    (before,) = stream.read(stream.topics.posts)
    stream.publish((b"k", post("damaged")))
    monkeypatch.setattr(DefaultRecordBatch, "validate_crc", lambda batch: batch.base_offset != before.offset + 1)
    with stream.worker_ending(EXIT_FAILED):
        pass
    monkeypatch.undo()
    said = "".join(str(vars(each).get("error")) for each in caplog.records)
    assert f"{before.partition} at offset {before.offset + 1}" in said
    assert "--reset-offsets" in said
    assert [each.post_id for each in stream.decisions()] == ["before"]


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_compression_can_be_read(codec: Compression, stream: Stream) -> None:
    """The libraries for all codecs of Kafka are there."""
    with PlainProducer(stream.kafka, compression=codec) as producer:
        producer.send_all([Outgoing(stream.topics.posts, b"k", post(f"p{n}", "가" * 100)) for n in range(20)])
    with stream.worker():
        stream.wait_for_outcomes(20)
    assert_exactly_once(stream, 20)


def test_the_lag_of_every_partition_is_known_from_the_start(stream: Stream) -> None:
    """A partition with nothing to read has a lag of 0, one that waits has its posts, and transaction markers are no posts."""
    stream.publish_posts(30)
    scorer = TinyScorer(seconds_per_batch=2.0)
    with stream.worker(scorer, batch_size=5) as worker:
        wait_until(lambda: len(lag(worker)) == 4, 30)
        assert sum(lag(worker).values()) > 0
        scorer.seconds_per_batch = 0.0
        wait_until(lambda: set(lag(worker).values()) == {0.0}, 30)
        producer = stream.producer()
        producer.begin()
        producer.send(Outgoing(stream.topics.posts, b"k", post("replayed")))
        producer.flush()
        producer.commit()
        producer.close()
        stream.wait_for_outcomes(31)
        wait_until(lambda: set(lag(worker).values()) == {0.0}, 30)
    assert_exactly_once(stream, 31)


def lag(worker: Worker) -> dict[str, float]:
    """Lag by what names the partition."""
    lines = worker.metrics_text().decode().splitlines()
    samples = [line.rsplit(" ", 1) for line in lines if line.startswith("jikimi_lag_records{")]
    return {place: float(records) for place, records in samples}


def test_a_failed_transaction_is_a_recovery_and_no_rebalance(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one generation the worker goes back to what is committed: counted apart, and each record is decided once."""
    failures = iter([True])
    flush = TransactionalProducer.flush

    def failing(producer: TransactionalProducer) -> None:
        flush(producer)
        if next(failures, False):
            raise RuntimeError("lost on the way")

    monkeypatch.setattr(TransactionalProducer, "flush", failing)
    with stream.worker() as worker:
        stream.publish_posts(20)
        stream.wait_for_outcomes(20)
        wait_until(lambda: sample(worker, "jikimi_recoveries_total 1.0"), 10)
        assert sample(worker, "jikimi_rebalances_total 1.0")
        assert sample(worker, "jikimi_transactions_failed_total 1.0")
    assert_exactly_once(stream, 20)


def test_decisions_are_counted_by_community(stream: Stream) -> None:
    """Action and community of each decision, and the labels of those that are not allow."""
    stream.publish(
        (b"a", post("a", community="mapo")), (b"b", post("b", "사기", community="mapo")), (b"c", post("c", "급구"))
    )
    with stream.worker() as worker:
        stream.wait_for_outcomes(3)
        wait_until(lambda: sample(worker, "jikimi_posts_total 3.0"), 10)
        for line in (
            'jikimi_decisions_total{action="allow",community="mapo"} 1.0',
            'jikimi_decisions_total{action="hide",community="mapo"} 1.0',
            'jikimi_decisions_total{action="review",community=""} 1.0',
            'jikimi_flagged_labels_total{action="hide",community="mapo",label="scam"} 1.0',
        ):
            assert sample(worker, line)


def test_the_health_endpoint_tells_the_state(stream: Stream) -> None:
    """Live and ready once the partitions are there, 404 elsewhere, and metrics in Prometheus' format."""
    with stream.worker() as worker:
        wait_until(lambda: worker.ready()["partitions"], 30)
        host = stream.health[-1]
        assert get(host, "/live") == (200, b'{"stages": true}\n')
        assert get(host, "/ready") == (200, b'{"partitions": true, "kafka": true, "bank": true}\n')
        status, text = get(host, "/metrics")
        assert status == 200
        assert b"# TYPE jikimi_posts_total counter" in text
        assert b'jikimi_ready{check="kafka"} 1.0' in text
        assert get(host, "/else")[0] == 404


def get(host: str, path: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_what_is_not_as_it_should_be_is_refused_with_the_mend(stream: Stream, caplog: pytest.LogCaptureFixture) -> None:
    """Missing topics, no Kafka, a taken port: exit 1 and a message that says what to do."""
    settings = stream.settings
    missing = settings.model_copy(update={"topics": settings.topics.model_copy(update={"flags": "nowhere"})})
    nobody = KafkaSettings(bootstrap_servers="127.0.0.1:1", connect_timeout_ms=300)
    assert run_worker(stream.kafka, missing, TinyScorer(), lambda: STATUS) == EXIT_FAILED
    assert run_worker(nobody, settings, TinyScorer(), lambda: STATUS) == EXIT_FAILED
    with stream.worker():
        port = int(stream.health[-1].rpartition(":")[2])
        taken = settings.model_copy(update={"health_port": port})
        assert run_worker(stream.kafka, taken, TinyScorer(), lambda: STATUS) == EXIT_FAILED
    said = [str(vars(each)["error"]) for each in caplog.records if "exit_code" in vars(each)]
    for part, text in zip(("jikimi topics create", "is it running", "health_port"), said, strict=True):
        assert part in text
    assert all(each.levelno == logging.ERROR for each in caplog.records if "exit_code" in vars(each))
