"""The writing side on a real Redis: what one change leaves in each key, versions, limits, two writers at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
import redis

from contracts.exemplar import Exemplar
from embeddings import feed, keys, validation
from embeddings import store as store_module
from embeddings.errors import BankError, ExemplarError
from embeddings.normalise import normalise
from embeddings.server import check_server
from embeddings.store import PER_TRANSACTION, ExemplarStore
from embeddings.transaction import KEPT
from embeddings.views import VECTOR_VIEWS
from tests.integration.embeddings.tools import VIEWS, settings, store
from tests.unit.embeddings.bank_tools import exemplar

TEXT = "당일 지급 알바 모집합니다 010-1234-5678"
VECTOR_KEYS = {view: keys.vectors_key(VIEWS.fingerprint(view), view) for view in VECTOR_VIEWS}


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    """A plain client, to look at what was written."""
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
def bank(redis_url: str) -> Iterator[ExemplarStore]:
    """A store on an empty database."""
    with store(redis_url) as opened:
        yield opened


def control(client: Any) -> list[dict[bytes, bytes]]:
    """The entries of the control stream, oldest first."""
    return [fields for _, fields in client.xrange(keys.CONTROL)]


def replayed(client: Any) -> dict[str, Exemplar]:
    """The exemplars that the control stream leaves, the highest version of each, without the removed."""
    last: dict[str, Exemplar] = {}
    for fields in control(client):
        state = msgspec.json.decode(fields[b"value"], type=Exemplar)
        if state.id not in last or state.version > last[state.id].version:
            last[state.id] = state
    return {name: state for name, state in last.items() if state.state != "removed"}


def test_a_change_is_in_every_key(bank: ExemplarStore, client: Any) -> None:
    """Hash, vectors of each view, control, audit, version and epoch; contacts and author are filled in."""
    kept = bank.put(Exemplar(id="a", text=TEXT, label="job", note="전화번호 반복"), "kim")
    assert kept == Exemplar(
        id="a", text=TEXT, label="job", note="전화번호 반복", author="kim", version=1, contacts=("phone:01012345678",)
    )
    assert msgspec.json.decode(client.hget(keys.EXEMPLARS, "a"), type=Exemplar) == kept == bank.get("a")
    ((_, told),) = client.xrange(keys.CONTROL)
    assert (told[b"kind"], told[b"id"], told[b"version"]) == (b"exemplar", b"a", b"1")
    assert msgspec.json.decode(told[b"value"], type=Exemplar) == kept
    assert datetime.fromisoformat(told[b"at"].decode()).tzinfo is not None
    ((_, audited),) = client.xrange(keys.AUDIT)
    assert audited == {**told, b"change": b"added", b"author": b"kim"}
    assert (client.get(keys.VERSION), len(client.get(keys.EPOCH))) == (b"1", 16)
    assert {client.hlen(name) for name in VECTOR_KEYS.values()} == {1}


def test_every_key_has_the_hash_tag(bank: ExemplarStore, client: Any) -> None:
    """So that a cluster keeps them together."""
    bank.put(exemplar(), "kim")
    bank.set_max_action("review", "kim")
    bank.accept("kim")
    names = set(client.keys("*"))
    assert len(names) == 9
    assert all(name.startswith(b"{jikimi}:") for name in names)


def test_kept_vectors_are_within_two_thousandths(bank: ExemplarStore, client: Any) -> None:
    """float16, two bytes a dimension; cosine to the vector of before at least 0.998, and so with any other vector."""
    texts = [f"{TEXT} {number}번" for number in range(200)]
    bank.put_many([exemplar(f"e{number}", text) for number, text in enumerate(texts)], "kim")
    read = feed.read_vectors(client, VIEWS, [f"e{number}" for number in range(200)])
    probes = np.random.default_rng(0).standard_normal((50, 512)).astype(np.float32)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    for view, vectors in VIEWS.vectors([normalise(text) for text in texts]).items():
        kept = np.stack([each[view] for each in read])
        assert client.hstrlen(VECTOR_KEYS[view], "e0") == 2 * VIEWS.dimension(view)
        assert np.linalg.norm(kept, axis=1) == pytest.approx(1.0, abs=1e-6)
        assert np.abs(kept @ vectors.T - vectors @ vectors.T).max() <= 0.002
        probe = probes[:, : VIEWS.dimension(view)]
        assert np.abs(kept @ probe.T - vectors @ probe.T).max() <= 0.002


def test_versions_follow_each_other_through_every_kind_of_change(bank: ExemplarStore, client: Any) -> None:
    """Put, disable, enable, policy, remove: one version each, in the order of the stream."""
    bank.put(exemplar(), "kim")
    assert bank.disable("a", "lee").state == "disabled"
    assert bank.enable("a", "lee").state == "active"
    bank.set_max_action("review", "boss")
    assert bank.remove("a", "lee").state == "removed"
    assert [int(fields[b"version"]) for fields in control(client)] == [1, 2, 3, 4, 5]
    audit = [(fields[b"author"], fields[b"change"]) for _, fields in client.xrange(keys.AUDIT)]
    assert audit == [
        (b"kim", b"added"),
        (b"lee", b"disabled"),
        (b"lee", b"active"),
        (b"boss", b"set"),
        (b"lee", b"removed"),
    ]


def test_a_removal_leaves_nothing_but_its_trace(bank: ExemplarStore, client: Any) -> None:
    """Gone from the hash and from the vectors of every encoder; the control stream and the audit keep the last state."""
    other = keys.vectors_key("feedfeedfeedfeed", "semantic")
    bank.put(exemplar(), "kim")
    client.hset(other, "a", b"x")
    client.sadd(keys.VIEWS, other)
    bank.remove("a", "kim")
    assert bank.get("a") is None
    assert not client.exists(keys.EXEMPLARS, other, *VECTOR_KEYS.values())
    assert msgspec.json.decode(control(client)[-1][b"value"], type=Exemplar).state == "removed"


def test_a_new_text_leaves_no_vector_of_the_old(bank: ExemplarStore, redis_url: str, client: Any) -> None:
    """Neither in the hash of another encoder, nor where the writer has no encoder at all."""
    other = keys.vectors_key("feedfeedfeedfeed", "semantic")
    bank.put(exemplar(), "kim")
    client.hset(other, "a", b"x")
    client.sadd(keys.VIEWS, other)
    bank.put(exemplar(text="아주 다른 글입니다 여러분"), "kim")
    assert not client.hexists(other, "a")
    with ExemplarStore(settings(redis_url)) as plain:
        plain.put(exemplar(text="또 다른 글입니다 여러분"), "kim")
    assert not client.exists(*VECTOR_KEYS.values())


def test_contacts_are_those_of_the_text(bank: ExemplarStore) -> None:
    """A new text has new ones."""
    kept = bank.put(exemplar(text=TEXT), "kim")
    changed = bank.put(msgspec.structs.replace(kept, text="이제 카톡 alba77 로 문의 주세요"), "kim")
    assert (kept.contacts, changed.contacts) == (("phone:01012345678",), ("kakao:alba77",))


def test_a_bulk_import_is_in_transactions_of_500(bank: ExemplarStore, client: Any) -> None:
    """Each whole; versions go through; progress is told."""
    told: list[int] = []
    kept = bank.put_many([exemplar(f"e{number}") for number in range(1_201)], "kim", told.append)
    assert told == [500, 1_000, 1_201]
    assert PER_TRANSACTION == 500
    assert [each.version for each in kept] == list(range(1, 1_202))
    assert {each.id: each for each in bank.exemplars()} == {each.id: each for each in kept} == replayed(client)
    assert bank.count() == 1_201


BAD = [
    (exemplar(text="x" * 20_001), "length <= 20000"),
    (exemplar(text="😀!!"), "no letter"),
    (exemplar(text="ab\ud800c"), "surrogate"),
    (exemplar(text=""), "length >= 1"),
    (exemplar("x" * 129), "length <= 128"),
    (exemplar(label="Job!"), "label"),
    (exemplar(note="x" * 2_001), "note"),
    (exemplar(threshold=0.4), "floor of 0.5"),
    (exemplar(threshold=1.5), "threshold"),
    (exemplar(state="removed"), "use remove"),
    (exemplar(expires_at=datetime(2027, 1, 1)), "offset"),  # noqa: DTZ001
    (exemplar(communities=("x",) * 1_001), "1001 communities"),
]


@pytest.mark.parametrize(("bad", "said"), BAD, ids=[said for _, said in BAD])
def test_what_cannot_be_accepted_changes_nothing(bank: ExemplarStore, client: Any, bad: Exemplar, said: str) -> None:
    """One bad exemplar among good ones: an error that names what is wrong, and an empty Redis."""
    with pytest.raises(ExemplarError, match=said):
        bank.put_many([exemplar("good"), bad], "kim")
    assert client.dbsize() == 0


def test_the_number_of_exemplars_is_limited(bank: ExemplarStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of one that is there is still possible."""
    monkeypatch.setattr(store_module, "MAX_EXEMPLARS", 2)
    assert validation.MAX_EXEMPLARS >= 100_000
    bank.put_many([exemplar("a"), exemplar("b")], "kim")
    with pytest.raises(ExemplarError, match="3 exemplars would be too many"):
        bank.put(exemplar("c"), "kim")
    assert bank.put(exemplar("a", label="scam"), "kim").version == 3


@pytest.mark.parametrize("author", ["", "x" * 129])
def test_a_change_has_an_author(bank: ExemplarStore, author: str) -> None:
    """Of 1 to 128 characters."""
    with pytest.raises(ExemplarError, match="author"):
        bank.put(exemplar(), author)


def test_an_id_given_twice_is_refused(bank: ExemplarStore) -> None:
    """Which of them would count would be chance."""
    with pytest.raises(ExemplarError, match="2 times"):
        bank.put_many([exemplar(), exemplar(label="scam")], "kim")


@pytest.mark.parametrize("change", ["disable", "enable", "remove"])
def test_a_change_of_what_is_not_there_is_refused(bank: ExemplarStore, client: Any, change: str) -> None:
    """The error names the id."""
    with pytest.raises(ExemplarError, match="no exemplar 'none'"):
        getattr(bank, change)("none", "kim")
    assert client.dbsize() == 0


def test_the_kill_switch_is_kept_and_told(bank: ExemplarStore, client: Any) -> None:
    """`hide` until something is set; only the three actions."""
    assert bank.max_action() == "hide"
    bank.set_max_action("review", "boss")
    assert bank.max_action() == "review"
    assert client.hget(keys.POLICY, "max_action") == b"review"
    assert control(client)[-1][b"value"] == b'{"max_action":"review"}'
    with pytest.raises(ExemplarError, match="none of allow, review, hide"):
        bank.set_max_action("delete", "boss")  # type: ignore[arg-type]


def test_two_writers_at_once_leave_one_history(redis_url: str, client: Any) -> None:
    """Versions without a gap, every change in the stream, and hash and stream tell the same."""

    def write(name: str) -> None:
        with store(redis_url) as own:
            for number in range(25):
                own.put(exemplar(f"shared{number % 5}", f"{name}의 {number}번째 글입니다"), name)
                own.put(exemplar(f"{name}{number}"), name)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("kim", "lee", "park")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    versions = [int(fields[b"version"]) for fields in control(client)]
    assert versions == list(range(1, 151))
    assert int(client.get(keys.VERSION)) == 150
    with store(redis_url) as bank:
        held = {each.id: each for each in bank.exemplars()}
    assert held == replayed(client)
    assert len(held) == 80
    assert client.xlen(keys.AUDIT) == 150


def test_old_changes_are_trimmed_by_age_and_the_audit_is_not(bank: ExemplarStore, client: Any) -> None:
    """Entries of the control stream older than 24 hours go, in whole nodes of the stream."""
    old = int((datetime.now(UTC) - 2 * KEPT).timestamp() * 1000)
    with client.pipeline() as pipe:
        for number in range(1_000):
            for name in (keys.CONTROL, keys.AUDIT):
                pipe.xadd(name, {"kind": "old"}, id=f"{old}-{number}")
        pipe.execute()
    bank.put(exemplar(), "kim")
    assert client.xlen(keys.CONTROL) <= 101
    assert client.xlen(keys.AUDIT) == 1_001
    assert control(client)[-1][b"id"] == b"a"


def test_an_unreadable_exemplar_is_passed_over_and_can_be_overwritten(
    bank: ExemplarStore, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Its id is logged, its text is not."""
    bank.put(exemplar("good"), "kim")
    client.hset(
        keys.EXEMPLARS, mapping={"bad": '{"id":"bad","secret text', "other": '{"id":"x","text":"t","label":"job"}'}
    )
    assert [each.id for each in bank.exemplars()] == ["good"]
    assert bank.get("bad") is None
    logged = [(record.getMessage(), getattr(record, "exemplar_id", None)) for record in caplog.records]
    assert ("an exemplar can't be read", "bad") in logged
    assert "secret text" not in caplog.text
    assert bank.put(exemplar("bad"), "kim").version == 2
    assert bank.remove("bad", "kim").state == "removed"


def test_write_back_keeps_only_vectors_of_the_text_that_is_there(bank: ExemplarStore, client: Any) -> None:
    """A worker that read an older version, or one that is gone, writes nothing over the newer."""
    old = bank.put(exemplar(), "kim")
    bank.put(exemplar(text="아주 다른 글입니다 여러분"), "kim")
    before = {name: client.hgetall(name) for name in VECTOR_KEYS.values()}
    vectors = VIEWS.vectors([normalise(old.text)])
    assert bank.write_back([old], vectors, VIEWS) == 0
    assert bank.write_back([exemplar("gone")], vectors, VIEWS) == 0
    assert {name: client.hgetall(name) for name in VECTOR_KEYS.values()} == before


def test_a_server_that_may_forget_is_told(bank: ExemplarStore, client: Any) -> None:
    """Eviction is named with its mend."""
    before = client.config_get("maxmemory-policy")["maxmemory-policy"]
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert any("allkeys-lru" in warning and "noeviction" in warning for warning in check_server(bank))
    finally:
        client.config_set("maxmemory-policy", before)


def test_redis_away_is_an_error_with_the_address() -> None:
    """For every call, within the time limit."""
    with ExemplarStore(settings("redis://:hunter2@127.0.0.1:1/0", timeout_seconds=0.5)) as away:
        for call in (lambda: away.put(exemplar(), "kim"), away.count, away.max_action, lambda: list(away.exemplars())):
            with pytest.raises(BankError, match=r"127\.0\.0\.1:1/0 can't be reached") as raised:
                call()
            assert "hunter2" not in str(raised.value)
