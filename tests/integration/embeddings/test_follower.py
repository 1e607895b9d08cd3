"""The reading side on a real Redis: load, follow, mend what is missing, never swap to an emptied bank."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import redis

from contracts.exemplar import Exemplar
from embeddings import feed, keys
from embeddings.bank import Bank
from embeddings.errors import EncoderError
from embeddings.follower import BankFollower
from embeddings.propagation import KEPT_DELAYS, Propagation
from embeddings.store import ExemplarStore
from embeddings.views import VECTOR_VIEWS, Views
from tests.integration.embeddings.tools import VIEWS, eventually, following, settings, store
from tests.unit.embeddings.bank_tools import LetterCounts, exemplar, matches_of

VECTOR_KEYS = {view: keys.vectors_key(VIEWS.fingerprint(view), view) for view in VECTOR_VIEWS}
ROOT = Path(__file__).parents[3]


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    """A plain client, to do what no writer of ours would."""
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
def writer(redis_url: str) -> Iterator[ExemplarStore]:
    """A store on an empty database."""
    with store(redis_url) as opened:
        yield opened


def test_what_was_there_and_what_comes_is_in_effect(redis_url: str, writer: ExemplarStore) -> None:
    """Loaded, added, changed, disabled, enabled, removed; the position is the stream id of the last change."""
    writer.put(exemplar("old"), "kim")
    with following(redis_url) as (bank, follower):
        assert (bank.size, bank.degraded, follower.trouble) == (1, False, None)
        writer.put(exemplar("new", "카드값 대신 내드립니다 급전 문의", "scam"), "kim")
        assert eventually(lambda: bank.size == 2)
        assert {each.label for each in matches_of(bank, "카드값 대신 내드립니다 급전 문의")} == {"scam"}
        writer.disable("new", "kim")
        assert eventually(lambda: bank.size == 1)
        writer.enable("new", "kim")
        writer.remove("old", "kim")
        assert eventually(lambda: bank.get("new") is not None and bank.get("old") is None)
        assert bank.position == feed.read_state(writer.client).position
        assert follower.age_seconds < 30
    assert bank.get("new") == writer.get("new")


def test_an_empty_redis_is_a_start_like_any_other(redis_url: str, writer: ExemplarStore) -> None:
    """The first exemplar ever is followed; nothing is degraded."""
    with following(redis_url) as (bank, _):
        assert (bank.size, bank.degraded, bank.position) == (0, False, feed.BEGINNING)
        writer.put(exemplar(), "kim")
        assert eventually(lambda: bank.size == 1)
        assert not bank.degraded


def test_an_exemplar_works_in_another_process_within_a_second(redis_url: str, writer: ExemplarStore) -> None:
    """Added here, in effect there; the best of five, for the machine may be busy with other tests."""
    command = [sys.executable, "-m", "tests.integration.embeddings.follower_process", redis_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("0 ")
            delays = []
            for number in range(1, 6):
                added = time.time()
                writer.put(exemplar(f"e{number}"), "kim")
                size, at = process.stdout.readline().split()
                assert int(size) == number
                delays.append(float(at) - added)
            assert min(delays) < 1.0
        finally:
            process.kill()


def test_the_delay_of_each_change_is_known(redis_url: str, writer: ExemplarStore) -> None:
    """For the metrics: the delays of what is new since the reader last looked, each once."""
    with following(redis_url) as (bank, follower):
        writer.put_many([exemplar(f"e{number}") for number in range(7)], "kim")
        assert eventually(lambda: bank.size == 7)
        first = follower.propagation
        assert first.changes == len(first.since(0)) == 7
        assert all(0 <= delay < 30 for delay in first.delays)
        assert first.since(7) == ()
        writer.put(exemplar("e7"), "kim")
        assert eventually(lambda: bank.size == 8)
        assert follower.propagation.since(7) == follower.propagation.delays[-1:]


def test_delays_are_bounded_and_survive_a_new_start() -> None:
    """The last 200 are kept; a count below the reader's own is another follower's, all of whose delays are new."""
    many = Propagation()
    for number in range(KEPT_DELAYS + 5):
        many = many.after(float(number))
    assert many.changes == KEPT_DELAYS + 5
    assert many.since(0) == tuple(float(number) for number in range(5, KEPT_DELAYS + 5))
    assert Propagation().after(1.0).since(100) == (1.0,)


def test_the_kill_switch_reaches_the_bank(redis_url: str, writer: ExemplarStore) -> None:
    """At the start, and while following."""
    writer.set_max_action("review", "boss")
    with following(redis_url) as (bank, _):
        assert bank.max_action == "review"
        writer.set_max_action("allow", "boss")
        assert eventually(lambda: bank.max_action == "allow")


def test_missing_vectors_are_made_and_written_back(redis_url: str, client: Any) -> None:
    """At the load and while following; the next worker finds them."""
    with ExemplarStore(settings(redis_url)) as plain:
        plain.put(exemplar("a"), "kim")
        with following(redis_url) as (bank, _):
            assert bank.size == 1
            plain.put(exemplar("b"), "kim")
            assert eventually(lambda: bank.size == 2)
    for name in VECTOR_KEYS.values():
        assert set(client.hkeys(name)) == {b"a", b"b"}
    assert client.smembers(keys.VIEWS) == {name.encode() for name in VECTOR_KEYS.values()}


@pytest.mark.parametrize(
    "broken",
    [b"", b"\x00", b"\x00" * 66, np.full(32, np.nan, "<f2").tobytes(), np.full(32, np.inf, "<f2").tobytes()],
    ids=["empty", "odd", "too long", "nan", "infinite"],
)
def test_broken_vectors_are_as_good_as_missing(
    redis_url: str, writer: ExemplarStore, client: Any, broken: bytes
) -> None:
    """Of the wrong size or not finite: made anew, and the bank matches as if nothing had been."""
    writer.put(exemplar(), "kim")
    sound = client.hget(VECTOR_KEYS["semantic"], "a")
    client.hset(VECTOR_KEYS["semantic"], "a", broken)
    with following(redis_url) as (bank, _):
        assert {each.view for each in matches_of(bank, exemplar().text)} == {"semantic", "lexical"}
    assert client.hget(VECTOR_KEYS["semantic"], "a") == sound


def test_what_cannot_be_read_is_skipped_and_counted(
    redis_url: str, writer: ExemplarStore, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """In the hash and in the stream; its id is logged; everything else works."""
    writer.put(exemplar("good"), "kim")
    client.hset(keys.EXEMPLARS, "bad", "{")
    with following(redis_url) as (bank, follower):
        assert (bank.size, follower.skipped) == (1, 1)
        version = int(client.incr(keys.VERSION))
        client.xadd(
            keys.CONTROL, {"kind": "exemplar", "id": "worse", "version": version, "value": "\xff", "at": "never"}
        )
        version = int(client.incr(keys.VERSION))
        client.xadd(keys.CONTROL, {"kind": "of a later release", "version": version})
        writer.put(exemplar("more"), "kim")
        assert eventually(lambda: bank.size == 2)
        assert follower.skipped == 2
        assert not bank.degraded
    logged = {getattr(record, "exemplar_id", None) for record in caplog.records}
    assert {"bad", "worse"} <= logged


def test_an_exemplar_that_cannot_be_encoded_harms_no_other(redis_url: str) -> None:
    """The encoder fails on one text of three."""

    class Fussy(LetterCounts):
        def encode(self, texts: Any) -> Any:
            if any("독약" in text for text in texts):
                raise EncoderError("vectors of 1 texts are not finite")
            return super().encode(texts)

    texts = {"a": "첫째 예문입니다 여러분", "poison": "독약 같은 예문입니다", "b": "둘째 예문입니다 여러분"}
    with ExemplarStore(settings(redis_url)) as plain:
        plain.put_many([exemplar(name, text) for name, text in texts.items()], "kim")
        bank = Bank()
        with BankFollower(plain, Views(Fussy()), bank) as follower:
            assert {each.id for each in bank.contents()[0]} == {"a", "b"}
            assert follower.skipped == 1
            assert not bank.degraded


def test_a_gap_in_the_stream_means_loading_again(redis_url: str, writer: ExemplarStore, client: Any) -> None:
    """Changes that were trimmed before they were read: additions, changes and removals are all caught up."""
    writer.put_many([exemplar("stays"), exemplar("goes"), exemplar("changes")], "kim")
    with following(redis_url) as (bank, _):
        with client.pipeline(transaction=True) as pipe:  # as a writer would, but with its entries trimmed at once
            changed = exemplar("changes", label="scam", version=6)
            pipe.hset(keys.EXEMPLARS, "changes", msgspec.json.encode(changed))
            pipe.hset(keys.EXEMPLARS, "comes", msgspec.json.encode(exemplar("comes", version=5)))
            pipe.hdel(keys.EXEMPLARS, "goes")
            pipe.set(keys.VERSION, 6)
            pipe.xtrim(keys.CONTROL, maxlen=0)
            pipe.execute()
        assert eventually(lambda: {each.id for each in bank.contents()[0]} == {"stays", "changes", "comes"})
        assert bank.get("changes") == changed
        writer.put(exemplar("next"), "kim")
        assert eventually(lambda: bank.get("next") is not None)
        assert not bank.degraded


def test_many_changes_at_once_are_followed(redis_url: str, writer: ExemplarStore) -> None:
    """More than one reading of the stream holds."""
    with following(redis_url) as (bank, _):
        writer.put_many([exemplar(f"e{number}") for number in range(1_300)], "kim")
        assert eventually(lambda: bank.size == 1_300)
        assert not bank.degraded


def test_an_emptied_redis_does_not_empty_the_bank(redis_url: str, writer: ExemplarStore, client: Any) -> None:
    """The bank in hand stays and is marked, also while someone fills Redis again; it goes over when it is told to."""
    writer.put_many([exemplar("a"), exemplar("b")], "kim")
    with following(redis_url) as (bank, follower):
        client.flushdb()
        assert eventually(lambda: bank.degraded)
        assert "emptied" in str(follower.trouble)
        assert bank.size == 2
        writer.put(exemplar("c"), "kim")
        time.sleep(1.5)  # time enough to go over, were it wrong
        assert bank.degraded
        assert {each.id for each in bank.contents()[0]} == {"a", "b"}
        writer.accept("boss")
        assert eventually(lambda: not bank.degraded)
        assert {each.id for each in bank.contents()[0]} == {"c"}
        writer.put(exemplar("d"), "kim")
        assert eventually(lambda: bank.size == 2)


def test_losing_only_the_exemplars_does_not_empty_the_bank(redis_url: str, writer: ExemplarStore, client: Any) -> None:
    """The hash evicted or deleted by hand: a reload that would find nothing is not taken over."""
    writer.put(exemplar("a"), "kim")
    with following(redis_url) as (bank, _):
        client.delete(keys.EXEMPLARS)
        client.incr(keys.VERSION)
        assert eventually(lambda: bank.degraded)
        assert bank.size == 1


def test_an_older_redis_does_not_take_the_bank_back(redis_url: str, writer: ExemplarStore, client: Any) -> None:
    """Restored from a dump, or a replica that lagged took over: what it does not know stays in effect, marked."""
    writer.put(exemplar("a"), "kim")
    dump = {name: client.dump(name) for name in client.keys("*")}
    writer.put(exemplar("b"), "kim")
    with following(redis_url) as (bank, follower):
        assert bank.size == 2
        with client.pipeline(transaction=True) as pipe:
            pipe.flushdb()
            for name, content in dump.items():
                pipe.restore(name, 0, content)
            pipe.execute()
        assert eventually(lambda: bank.degraded)
        assert "older" in str(follower.trouble)
        assert bank.size == 2
        writer.accept("boss")
        assert eventually(lambda: not bank.degraded)
        assert bank.size == 1


def test_a_hand_written_exemplar_is_loaded(redis_url: str, client: Any) -> None:
    """The least that another program may write: id, text and label, with no vectors and no version."""
    client.hset(keys.EXEMPLARS, "x", '{"id":"x","text":"당일 지급 알바 010-1234-5678","label":"job"}')
    with following(redis_url) as (bank, _):
        assert bank.get("x") == Exemplar(id="x", text="당일 지급 알바 010-1234-5678", label="job")
        assert [each.view for each in matches_of(bank, "고민 마시고 편하게 문자 남겨요 010.1234.5678")] == ["contact"]
