r"""Records to structures and back: every value is JSON in UTF-8.

Decoding takes the fast way first (msgspec, microseconds). Only a record that fails is looked at again, slowly, to name what is
wrong with it or to save it: a lone surrogate in an escape (`"\ud800"`) is no character, yet no reason to leave a post undecided,
so it becomes U+FFFD.
"""

import json
import re
from typing import Any, TypeVar

import msgspec

from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.post import MAX_ID_CHARACTERS, Deletion, Post

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 20

Record = TypeVar("Record", Post, Feedback)

_post = msgspec.json.Decoder(Post)
_feedback = msgspec.json.Decoder(Feedback)
_encoder = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")
_string = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_lone_surrogate = re.compile("[\ud800-\udfff]")


def encode(record: msgspec.Struct) -> bytes:
    """`record` as UTF-8 JSON."""
    return _encoder.encode(record)


def decode_post(key: bytes | None, value: bytes | None) -> Post | Deletion:
    """The post of one record of the posts topic, or the deletion that a null value means. Raises InvalidRecordError."""
    if value is None:
        return _deletion(key)
    return _decode(value, _post, id_field="id")


def decode_feedback(value: bytes | None) -> Feedback:
    """The verdict of one record of the feedback topic. Raises InvalidRecordError."""
    if value is None:
        raise InvalidRecordError("wrong-shape", "a feedback record has a null value; send the verdict as JSON")
    return _decode(value, _feedback, id_field="post_id")


def _deletion(key: bytes | None) -> Deletion:
    if not key:
        raise InvalidRecordError("id-missing", "a deletion (null value) has no key; use the post id as the key")
    try:
        post_id = key.decode()
    except UnicodeDecodeError as error:
        raise InvalidRecordError("not-utf8", f"the key of a deletion is not UTF-8 at byte {error.start}") from None
    _check_id(post_id, "key")
    return Deletion(post_id)


def _decode(value: bytes, decoder: msgspec.json.Decoder[Record], id_field: str) -> Record:
    try:
        if _shallow(value):
            return decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _second_look(value, decoder.type, id_field)
    raise InvalidRecordError("too-deep", f"the JSON is nested deeper than {MAX_DEPTH}; posts need a depth of 1")


def _shallow(value: bytes) -> bool:
    if value.count(b"{") + value.count(b"[") <= MAX_DEPTH:
        return True
    depth = 0
    for byte in _string.sub(b"", value):
        depth += (byte in b"[{") - (byte in b"]}")
        if depth > MAX_DEPTH:
            return False
    return True


def _second_look(value: bytes, kind: type[Record], id_field: str) -> Record:
    data = _loads(value)
    if not isinstance(data, dict):
        raise InvalidRecordError("wrong-shape", f"the JSON is {_kind_of(data)}, an object is needed")
    if data.get(id_field) in (None, ""):
        raise InvalidRecordError(
            "id-missing", f"`{id_field}` is missing or empty; give 1 to {MAX_ID_CHARACTERS} characters"
        )
    if isinstance(data[id_field], str):
        _check_id(data[id_field], id_field)
    try:
        return msgspec.convert(_without_lone_surrogates(data), kind)
    except msgspec.ValidationError as error:
        raise InvalidRecordError("wrong-shape", str(error)) from None


def _loads(value: bytes) -> object:
    try:
        return json.loads(value.decode(), parse_int=_integer)
    except UnicodeDecodeError as error:
        raise InvalidRecordError(
            "not-utf8", f"the value is not UTF-8 at byte {error.start}; encode it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise InvalidRecordError("not-json", f"{error.msg.removesuffix(' at')} at character {error.pos}") from None


def _integer(digits: str) -> int | float:
    # Python refuses integers past 4,300 digits; as a float such a number is out of every field's range, and harmless in an ignored one.
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else float(digits)


def _check_id(post_id: str, where: str) -> None:
    if len(post_id) > MAX_ID_CHARACTERS:
        raise InvalidRecordError(
            "id-too-long", f"`{where}` has {len(post_id)} characters, the limit is {MAX_ID_CHARACTERS}"
        )
    if _lone_surrogate.search(post_id):
        raise InvalidRecordError("wrong-shape", f"`{where}` holds a lone surrogate, which no UTF-8 key can carry")


def _without_lone_surrogates(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _lone_surrogate.sub("\ufffd", item) if isinstance(item, str) else item for key, item in data.items()}


def _kind_of(data: object) -> str:
    return {list: "an array", str: "a string", type(None): "null", bool: "a boolean"}.get(type(data), "a number")
