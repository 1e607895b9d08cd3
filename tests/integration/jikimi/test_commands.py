"""Commands that need servers but no worker."""

import json
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.kafka import Outgoing, PlainProducer, Reader
from consumer.settings import KafkaSettings
from contracts.codec import decode_post, encode
from contracts.post import Post
from tests.integration.jikimi.cli import Cli
from tests.unit.contracts.records import decision, flag

POSTS = '{"id": "a", "text": "하나", "labels": ["job"]}\nno post\n{"id": "b", "text": "둘"}\n'


@pytest.fixture
def producer(kafka: str) -> Iterator[PlainProducer]:
    """To put records where a worker would."""
    with PlainProducer(KafkaSettings(bootstrap_servers=kafka)) as made:
        yield made


def test_topics_are_made_once(cli: Cli) -> None:
    """A second call finds them, with the partitions of the first."""
    topics = cli.json_lines("topics", "create", "--partitions", "9", "--json")[0]["topics"]
    assert [(each["created"], each["partitions"]) for each in topics] == [(False, 2)] * 5


def test_publish_sends_the_posts_and_names_the_bad_lines(cli: Cli, kafka: str) -> None:
    """Only a post's own fields are sent, keyed by its id; exit 1 says that a line was left out."""
    (cli.folder / "posts.jsonl").write_text(POSTS)
    done = cli.run("publish", "posts.jsonl", "--json", code=1)
    assert json.loads(done.stdout).items() >= {"published": 2, "refused": 1}.items()
    assert "posts.jsonl, line 2: " in done.stderr
    with Reader(KafkaSettings(bootstrap_servers=kafka), f"{cli.name}.posts") as reader:
        sent = {record.key: record.value for record in reader.read_all()}
    assert {key: decode_post(key, value) for key, value in sent.items()} == {
        b"a": Post(id="a", text="하나"),
        b"b": Post(id="b", text="둘"),
    }
    assert b"labels" not in b"".join(value or b"" for value in sent.values())


def test_publish_keeps_to_limit_and_rate(cli: Cli) -> None:
    """Thirty posts at fifty a second take more than half a second."""
    (cli.folder / "texts.txt").write_text("글\n" * 100)
    done = cli.json_lines("publish", "texts.txt", "--limit", "30", "--rate", "50", "--json")[0]
    assert done["published"] == 30
    assert done["seconds"] >= 29 / 50


def test_flags_tail_shows_what_is_there(cli: Cli, producer: PlainProducer) -> None:
    """From the beginning until caught up: as lines for people, and as the records themselves."""
    producer.send_all([Outgoing(f"{cli.name}.flags", b"k", encode(flag(post_id=name))) for name in "abc"])
    shown = cli.run("flags", "tail", "--from-beginning", "--until-caught-up")
    assert shown.stdout.count("알바 | 당일 지급") == 3
    assert "\x1b" not in shown.stdout
    as_json = cli.json_lines("flags", "tail", "--from-beginning", "--until-caught-up", "--json")
    assert [each["post_id"] for each in as_json] == ["a", "b", "c"]
    assert as_json[0] == json.loads(encode(flag(post_id="a")))
    assert len(cli.json_lines("flags", "tail", "--from-beginning", "--limit", "2", "--json")) == 2
    assert cli.run("flags", "tail", "--until-caught-up").stdout == ""


def test_decisions_tail_waits_for_new_ones_and_ends_quietly(cli: Cli, producer: PlainProducer) -> None:
    """A decision made while it runs is shown; Ctrl-C ends it with no traceback. A record that is none is passed over."""
    with cli.running("decisions", "tail") as tail:
        assert tail.stdout is not None
        deadline = time.monotonic() + 60
        while not (cli.folder / "stderr.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        topic = f"{cli.name}.decisions"
        while tail.poll() is None and time.monotonic() < deadline:
            # It begins at the end as it finds it, so an early record may be before that.
            producer.send_all([Outgoing(topic, b"k", b"none"), Outgoing(topic, b"k", encode(decision()))])
            if "글-1" in (line := _line_within(tail.stdout.fileno(), 1.0)):
                break
        assert line.startswith("review")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(20) == 130
    said = (cli.folder / "stderr.log").read_text()
    assert "is not as documented" in said
    assert "Traceback" not in said


def test_a_missing_topic_is_named_with_the_mend(cli: Cli) -> None:
    """Before `topics create`."""
    cli.environment["JIKIMI_WORKER__TOPICS__FLAGS"] = f"{cli.name}.other"
    assert "`jikimi topics create`" in cli.run("flags", "tail", code=1).stderr


def test_local_up_status_down(tmp_path: Path) -> None:
    """The variables that `up` prints point other commands at it; after `down` nothing runs."""
    cli = Cli("127.0.0.1:1", "redis://127.0.0.1:1", tmp_path)
    assert cli.run("local", "status", "--dir", "stack", "--json", code=1).stdout == '{"running": false}\n'
    up = cli.json_lines("local", "up", "--dir", "stack", "--kafka-port", "0", "--redis-port", "0", "--json")[0]
    try:
        assert up["env"]["JIKIMI_KAFKA__BOOTSTRAP_SERVERS"] == up["bootstrap_servers"]
        assert up["env"]["JIKIMI_BANK__REDIS_URL"] == up["redis_url"]
        assert cli.json_lines("local", "status", "--dir", "stack", "--json")[0] == up
        exports = cli.run("local", "status", "--dir", "stack").stdout.splitlines()
        assert exports == [f"export {name}={value}" for name, value in up["env"].items()]
        cli.environment.update(up["env"])
        assert cli.json_lines("topics", "create", "--json")[0]["topics"][0]["created"]
    finally:
        cli.run("local", "down", "--dir", "stack", "--delete-data")
    cli.run("local", "status", "--dir", "stack", code=1)


def _line_within(descriptor: int, seconds: float) -> str:

    ready, _, _ = select.select([descriptor], [], [], seconds)
    return os.read(descriptor, 65536).decode() if ready else ""
