r"""Bytes to records: each way to be bad has its own code, and what can be saved is saved."""

import json
import time

import msgspec
import pytest

from contracts import codec
from contracts.errors import DEAD_LETTER_CODES, DeadLetterCode, InvalidRecordError
from contracts.feedback import Feedback
from contracts.post import MAX_ID_CHARACTERS, MAX_REVISION, Deletion, Post
from tests.unit.contracts.records import AT, decision, flag

BAD: list[tuple[DeadLetterCode, bytes | None, bytes | None]] = [
    ("not-utf8", b"a", b'{"id": "a", "text": "\xff"}'),
    ("not-utf8", b"\xff", None),
    ("not-json", b"a", b""),
    ("not-json", b"a", b'{"id": "a", "text": "b"'),
    ("not-json", b"a", "안녕하세요".encode()),
    ("too-deep", b"a", b'{"id": "a", "text": "b", "x": ' + b"[" * 100 + b"]" * 100 + b"}"),
    ("too-deep", b"a", b'{"id": "a", "text": "b", "x": ' + b"[" * 100_000),
    ("wrong-shape", b"a", b"[]"),
    ("wrong-shape", b"a", b"null"),
    ("wrong-shape", b"a", b"12"),
    ("wrong-shape", b"a", b'"text"'),
    ("wrong-shape", b"a", b"true"),
    ("wrong-shape", b"a", b'{"id": 12, "text": "b"}'),
    ("wrong-shape", b"a", b'{"id": "a", "text": 5}'),
    ("wrong-shape", b"a", b'{"id": "a"}'),
    ("wrong-shape", b"a", b'{"id": "a", "text": "b", "revision": -1}'),
    ("wrong-shape", b"a", b'{"id": "a", "text": "b", "revision": 1.5}'),
    ("wrong-shape", b"a", b'{"id": "a", "text": "b", "revision": 1' + b"0" * 5_000 + b"}"),
    ("wrong-shape", b"a", b'{"id": "\\ud800", "text": "b"}'),
    ("id-missing", b"a", b"{}"),
    ("id-missing", b"a", b'{"text": "b"}'),
    ("id-missing", b"a", b'{"id": "", "text": "b"}'),
    ("id-missing", b"a", b'{"id": null, "text": "b"}'),
    ("id-missing", None, None),
    ("id-missing", b"", None),
    ("id-too-long", b"a", b'{"id": "' + b"a" * 129 + b'", "text": "b"}'),
    ("id-too-long", "가".encode() * 129, None),
]


@pytest.mark.parametrize(("code", "key", "value"), BAD)
def test_each_bad_record_has_its_code(code: DeadLetterCode, key: bytes | None, value: bytes | None) -> None:
    """Row by row; the message is a short sentence for people."""
    with pytest.raises(InvalidRecordError) as raised:
        codec.decode_post(key, value)
    assert raised.value.code == code
    assert 10 < len(str(raised.value)) < 300


def test_every_code_is_reached() -> None:
    """The table above leaves no code out."""
    assert {code for code, _, _ in BAD} == set(DEAD_LETTER_CODES)


def test_an_error_never_quotes_the_text() -> None:
    """What a member wrote must not reach a header or a log by way of an error."""
    for _, key, value in BAD:
        secret = (value or b"").replace(b'"b"', b'"TELL-NOBODY"')
        with pytest.raises(InvalidRecordError) as raised:
            codec.decode_post(key, secret if value is not None else None)
        assert "TELL-NOBODY" not in str(raised.value)


def test_a_full_post_is_decoded() -> None:
    """All fields arrive; unknown ones are ignored."""
    value = {
        "schema": 1,
        "id": "p1",
        "text": "본문",
        "title": "제목",
        "community": "역삼1동",
        "author_id": "u",
        "created_at": "어제",
        "revision": MAX_REVISION,
        "likes": {"count": 3},
    }
    assert codec.decode_post(b"p1", json.dumps(value).encode()) == Post(
        id="p1",
        text="본문",
        title="제목",
        community="역삼1동",
        author_id="u",
        created_at="어제",
        revision=MAX_REVISION,
    )


def test_a_null_value_is_a_deletion() -> None:
    """The key is the id."""
    assert codec.decode_post("글-1".encode(), None) == Deletion("글-1")


def test_an_empty_text_is_a_post() -> None:
    """It is decided (allow), not a dead letter."""
    assert codec.decode_post(None, b'{"id": "a", "text": ""}') == Post(id="a", text="")


def test_the_longest_id_is_accepted() -> None:
    """The limit itself is inside, counted in characters, not bytes."""
    longest = "가" * MAX_ID_CHARACTERS
    assert codec.decode_post(None, json.dumps({"id": longest, "text": ""}).encode()) == Post(id=longest, text="")
    assert codec.decode_post(longest.encode(), None) == Deletion(longest)


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\udc00\ud800"])
def test_a_lone_surrogate_becomes_the_replacement_character(escape: str) -> None:
    """A post with half a character is decided like any other, and can be encoded again."""
    post = codec.decode_post(None, f'{{"id": "a", "text": "앞 {escape} 뒤", "title": "{escape}"}}'.encode())
    assert isinstance(post, Post)
    marks = "\ufffd" * (len(escape) // 6)
    assert (post.text, post.title) == (f"앞 {marks} 뒤", marks)
    codec.encode(post)


def test_a_pair_of_surrogates_is_one_character() -> None:
    """Emoji in escapes stay what they are, also beside a lone half."""
    post = codec.decode_post(None, rb'{"id": "a", "text": "\ud83d\ude00 \ud800"}')
    assert isinstance(post, Post)
    assert post.text == "😀 \ufffd"


@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400, "1" + "0" * 10_000, "-1e-9999", "0.1e+400"])
def test_a_huge_number_in_an_ignored_field_harms_nobody(number: str) -> None:
    """Neither a float past the range nor more digits than Python converts."""
    value = f'{{"id": "a", "text": "\\ud800", "likes": {number}}}'.encode()
    assert codec.decode_post(None, value) == Post(id="a", text="\ufffd")
    plain = f'{{"id": "a", "text": "b", "likes": {number}}}'.encode()
    assert codec.decode_post(None, plain) == Post(id="a", text="b")


def test_brackets_in_text_are_not_depth() -> None:
    """A post full of brackets and escaped quotes is as shallow as any."""
    text = "[[[{{{" * 100 + '\\" [' * 50 + "\\"
    assert codec.decode_post(None, json.dumps({"id": "a", "text": text}).encode()) == Post(id="a", text=text)


def test_the_deepest_allowed_nesting_is_accepted() -> None:
    """The limit itself is inside."""
    inner = codec.MAX_DEPTH - 1
    value = b'{"id": "a", "text": "b", "x": ' + b"[" * inner + b"]" * inner + b"}"
    assert codec.decode_post(None, value) == Post(id="a", text="b")
    with pytest.raises(InvalidRecordError, match="nested deeper"):
        codec.decode_post(None, value.replace(b"[]", b"[[]]"))


def test_hostile_values_are_refused_in_time() -> None:
    """A megabyte of brackets or backslashes takes no quadratic time."""
    started = time.perf_counter()
    for hostile in (b"[" * 1_000_000, b'"' + b"\\" * 1_000_000, b'{"a":' * 200_000, b'["' * 500_000):
        with pytest.raises(InvalidRecordError):
            codec.decode_post(b"a", hostile)
    assert time.perf_counter() - started < 5


def test_feedback_is_decoded() -> None:
    """A verdict with all fields, and an undo."""
    value = {"id": "f1", "post_id": "p1", "revision": 0, "action": "allow", "labels": [], "moderator": "kim"}
    verdict = codec.decode_feedback(json.dumps({**value, "at": "2026-03-01T18:30:00+09:00", "undoes": "f0"}).encode())
    assert isinstance(verdict, Feedback)
    assert (verdict.id, verdict.undoes, verdict.at) == ("f1", "f0", AT)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("id-missing", {"post_id": None}),
        ("wrong-shape", {"id": ""}),
        ("wrong-shape", {"action": "delete"}),
        ("wrong-shape", {"at": "2026-03-01T18:30:00"}),
        ("wrong-shape", {"labels": ["Not A Label"]}),
    ],
)
def test_bad_feedback_has_a_code(code: DeadLetterCode, change: dict[str, object]) -> None:
    """Also an `at` without an offset: the fold compares moments."""
    value = {"id": "f1", "post_id": "p1", "revision": 0, "action": "allow", "labels": [], "moderator": "kim"}
    with pytest.raises(InvalidRecordError) as raised:
        codec.decode_feedback(json.dumps({**value, "at": "2026-03-01T09:30:00Z", **change}).encode())
    assert raised.value.code == code


def test_feedback_with_a_null_value_is_bad() -> None:
    """There is nothing to delete on that topic."""
    with pytest.raises(InvalidRecordError) as raised:
        codec.decode_feedback(None)
    assert raised.value.code == "wrong-shape"


def test_times_are_written_in_utc() -> None:
    """RFC 3339 with a Z; a field that is not set is not there."""
    written = json.loads(codec.encode(decision()))
    assert written["decided_at"] == "2026-03-01T09:30:00Z"
    bare = json.loads(codec.encode(flag(action="allow", text=msgspec.UNSET)))
    assert "text" not in bare
