"""`jikimi dead-letters` on a real Kafka, with a real worker where a record is tried again."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from consumer.dead_letters import dead_letter_of
from consumer.errors import KafkaError
from consumer.kafka import Outgoing, Partition, PlainProducer, Record
from consumer.kafka.types import Headers
from consumer.letters import Choice, Letter, read_letters
from consumer.replay import LETTERS_AT_ONCE, Replay
from contracts import dead_letter
from contracts.errors import DeadLetterCode, InvalidRecordError
from tests.integration.consumer.stream import Stream, post
from tests.integration.jikimi.cli import Cli

TRACE: Headers = (("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),)
WORDS = "비밀-본문"
NOT_JSON = f'{{"text": "{WORDS}'.encode()


def write_letters(
    stream: Stream,
    values: Sequence[bytes | None],
    code: DeadLetterCode = "not-json",
    topic: str | None = None,
    attempts: int = 1,
) -> None:
    """Letters as a worker writes them."""
    place = Partition(topic or stream.topics.posts, 0)
    before = (*TRACE, (dead_letter.ATTEMPTS, str(attempts - 1).encode()))
    records = [Record(place, at, 0, f"k{at}".encode(), value, before) for at, value in enumerate(values)]
    with PlainProducer(stream.kafka) as producer:
        producer.send_all(
            [dead_letter_of(each, InvalidRecordError(code, "why"), stream.topics.dead_letters) for each in records]
        )


def numbered(count: int) -> list[bytes]:
    """Values that tell letters apart."""
    return [f'{{"broken": {number}'.encode() for number in range(count)]


def values_on_posts(stream: Stream) -> list[bytes | None]:
    """What a committed reader finds on the posts topic, sorted."""
    return sorted((record.value for record in stream.read(stream.topics.posts)), key=lambda value: value or b"")


def test_a_record_is_tried_three_times_and_then_parked(cli: Cli, stream: Stream) -> None:
    """Each replay makes one letter more, with its own headers and one more try; the fourth is refused with the mend."""
    stream.publish((b"k", NOT_JSON), headers=TRACE)
    with stream.worker():
        for attempts in (1, 2, 3):
            stream.wait_for_outcomes(attempts)
            letters = cli.json_lines("dead-letters", "list", "--json")
            assert sorted(each["attempts"] for each in letters) == list(range(1, attempts + 1))
            if attempts < 3:
                done = cli.json_lines("dead-letters", "replay", "--all", "--json")[0]
                assert done == {"replayed": 1, "replayed_before": attempts - 1, "refused": {}, "missing": 0}
        refused = cli.run("dead-letters", "replay", "--all", "--json", code=1)
        assert json.loads(refused.stdout) == {
            "replayed": 0,
            "replayed_before": 2,
            "refused": {"parked": 1},
            "missing": 0,
        }
        assert "--max-attempts" in refused.stderr
        assert len(stream.read(stream.topics.posts)) == 3
    states = [each["state"] for each in cli.json_lines("dead-letters", "list", "--json")]
    assert sorted(states) == ["parked", "replayed", "replayed"]
    last = max(stream.dead_letters(), key=lambda record: dict(record.headers)[dead_letter.ATTEMPTS])
    assert (last.key, last.value) == (b"k", NOT_JSON)
    assert last.headers[:1] == TRACE


def test_what_can_be_read_now_is_decided(cli: Cli, stream: Stream) -> None:
    """A letter that an older worker could not read, say."""
    write_letters(stream, [post("p1", "급구")])
    assert "1 replayed" in cli.run("dead-letters", "replay", "--all").stdout
    with stream.worker():
        stream.wait_for_outcomes(2)
    [record] = stream.read(stream.topics.decisions)
    assert record.headers[:1] == TRACE
    assert [each.post_id for each in stream.decisions()] == ["p1"]


def test_no_letter_is_sent_twice(cli: Cli, stream: Stream) -> None:
    """Not by a second run; not after a run that broke off between two transactions, or in the middle of one."""
    values = numbered(LETTERS_AT_ONCE + 100)
    write_letters(stream, values)
    letters = list(read_letters(stream.kafka, stream.topics.dead_letters, Choice()))
    with pytest.raises(ZeroDivisionError), replay(stream) as run:
        run.run(_breaking_off(letters, LETTERS_AT_ONCE + 50), _unexpected)
    assert len(values_on_posts(stream)) == LETTERS_AT_ONCE
    # A process that was killed just before its commit: all is with the broker, nothing is decided.
    killed = stream.producer(f"{stream.settings.group}-dead-letters")
    killed.begin()
    for each in letters:
        killed.send(Outgoing(stream.topics.posts, each.record.key, each.record.value))
    killed.flush()
    done = cli.json_lines("dead-letters", "replay", "--all", "--json")[0]
    assert (done["replayed"], done["replayed_before"]) == (100, LETTERS_AT_ONCE)
    assert values_on_posts(stream) == sorted(values)
    assert cli.json_lines("dead-letters", "replay", "--all", "--json")[0]["replayed"] == 0
    killed.close()
    assert values_on_posts(stream) == sorted(values)


def test_of_two_replays_at_a_time_the_later_one_does_it(stream: Stream) -> None:
    """The earlier one is told so, and sends nothing any more."""
    write_letters(stream, numbered(10))
    letters = list(read_letters(stream.kafka, stream.topics.dead_letters, Choice()))
    with replay(stream) as first, replay(stream) as second:
        with pytest.raises(KafkaError, match="took over"):
            first.run(letters, _unexpected)
        assert second.run(letters, _unexpected).total() == 10
    assert values_on_posts(stream) == sorted(numbered(10))


def test_code_time_and_name_choose(cli: Cli, stream: Stream) -> None:
    """Filters are met all at once; what is chosen by none of them needs --all, and a name that is no letter is said."""
    write_letters(stream, numbered(3))
    write_letters(stream, [b"\xb0\xa1"], code="not-utf8")
    letters = cli.json_lines("dead-letters", "list", "--json")
    by_code = cli.json_lines("dead-letters", "list", "--code", "not-utf8", "--code", "id-missing", "--json")
    assert [each["code"] for each in by_code] == ["not-utf8"]
    assert len(letters) == 4
    last = by_code[0]["failed_at"]
    assert cli.json_lines("dead-letters", "list", "--since", last, "--json") == by_code
    assert len(cli.json_lines("dead-letters", "list", "--until", last, "--json")) == 3
    assert len(cli.json_lines("dead-letters", "list", "--since", "1h", "--json")) == 4
    assert cli.run("dead-letters", "list", "--until", "1h").stdout == ""
    chosen = next(each["letter"] for each in letters if each["code"] == "not-json")
    done = cli.run("dead-letters", "replay", chosen, "9/99", "--json", code=1)
    assert json.loads(done.stdout) == {"replayed": 1, "replayed_before": 0, "refused": {}, "missing": 1}
    assert "--all" in cli.run("dead-letters", "replay", code=2).stderr
    cli.run("dead-letters", "replay", "--code", "not-utf8")
    assert values_on_posts(stream)[-1] == b"\xb0\xa1"
    assert len(values_on_posts(stream)) == 2


def test_what_was_cut_or_is_of_another_stream_is_refused_with_the_mend(cli: Cli, stream: Stream) -> None:
    """Sending the first half of a record would make a wrong one of it."""
    write_letters(stream, [b'"' * (dead_letter.MAX_VALUE_BYTES + 1)])
    write_letters(stream, [b"{"], topic="somebody.elses")
    with PlainProducer(stream.kafka) as producer:
        producer.send_all([Outgoing(stream.topics.dead_letters, None, b"no worker wrote this")])
    done = cli.run("dead-letters", "replay", "--all", "--json", code=1)
    assert json.loads(done.stdout)["refused"] == {"cut": 1, "foreign": 1}
    assert "its producer must publish the record again" in done.stderr
    assert values_on_posts(stream) == []
    assert {each["state"] for each in cli.json_lines("dead-letters", "list", "--json")} == {"cut", "foreign"}


def test_a_text_is_shown_only_where_it_is_asked_for(cli: Cli, stream: Stream) -> None:
    """`list` and `show` have none; `show --value` has it without control characters, and the very bytes in Base64."""
    value = f'{{"text": "{WORDS}\x1b[2J'.encode() + b"\xff"
    write_letters(stream, [value])
    listed = cli.run("dead-letters", "list")
    assert "why" in listed.stdout
    assert "1 waiting" in listed.stderr
    name = listed.stdout.split()[0]
    shown = cli.run("dead-letters", "show", name).stdout
    assert "traceparent" in shown
    for said in (listed.stdout, listed.stderr, shown, cli.run("dead-letters", "show", name, "--json").stdout):
        assert WORDS not in said
    asked = cli.run("dead-letters", "show", name, "--value").stdout
    assert f'{{"text": "{WORDS}\\x1b[2J\\xff' in asked
    [as_json] = cli.json_lines("dead-letters", "show", name, "--value", "--json")
    assert base64.b64decode(as_json["value_base64"]) == value
    assert "list" in cli.run("dead-letters", "show", "0/999", code=1).stderr


@contextmanager
def replay(stream: Stream) -> Iterator[Replay]:
    """A run in this process."""
    with Replay(stream.kafka, stream.settings) as run:
        yield run


def _breaking_off(letters: list[Letter], after: int) -> Iterator[Letter]:
    yield from letters[:after]
    raise ZeroDivisionError


def _unexpected(letter: Letter, state: str) -> None:
    raise AssertionError(f"{letter.name} is {state}")
