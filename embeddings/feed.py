"""The exemplar bank in Redis as a reader sees it: its state, all exemplars, the changes after a place in the stream, vectors."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.decision import Action
from contracts.exemplar import Exemplar, View
from contracts.times import parse_rfc3339
from embeddings import keys
from embeddings.views import VECTOR_VIEWS

log = logging.getLogger(__name__)

BEGINNING = "0-0"
_AT_ONCE = 500  # exemplars asked for in one call

_exemplar = msgspec.json.Decoder(Exemplar)
_policy = msgspec.json.Decoder(dict[Literal["max_action"], Action])


class State(NamedTuple):
    """What is in Redis: which history, how far it has come, and what workers are told."""

    epoch: str | None
    version: int
    position: str
    max_action: Action
    accepted: str | None


class Change(NamedTuple):
    """One entry of the control stream; neither `exemplar` nor `max_action` where it is `unreadable` or of a later kind."""

    position: str
    version: int
    at: datetime | None
    exemplar: Exemplar | None = None
    max_action: Action | None = None
    unreadable: bool = False


class Dimensioned(Protocol):
    """Where vectors of a view lie and how long they are; `Views` is one."""

    def fingerprint(self, view: View) -> str: ...  # noqa: D102
    def dimension(self, view: View) -> int: ...  # noqa: D102


def read_state(client: Any) -> State:  # noqa: ANN401  # see connection.connect
    """All of it at one moment."""
    with client.pipeline(transaction=True) as pipe:
        pipe.get(keys.EPOCH)
        pipe.get(keys.VERSION)
        pipe.xrevrange(keys.CONTROL, count=1)
        pipe.hgetall(keys.POLICY)
        epoch, version, last, policy = pipe.execute()
    return State(
        epoch.decode() if epoch else None,
        int(version or 0),
        last[0][0].decode() if last else BEGINNING,
        _action(policy.get(b"max_action")) or "hide",
        policy[b"accepted"].decode() if b"accepted" in policy else None,
    )


def read_changes(client: Any, position: str, block_ms: int | None = None) -> list[Change]:  # noqa: ANN401
    """At most 500 changes after `position`, oldest first; waits `block_ms`, if given, where there is none yet."""
    streams = client.xread({keys.CONTROL: position}, count=_AT_ONCE, block=block_ms)
    entries = [entry for _, listed in _pairs(streams) for entry in _flat(listed)]
    return [_change(place.decode(), fields) for place, fields in entries]


def scan_exemplars(client: Any) -> Iterator[list[Exemplar | str]]:  # noqa: ANN401
    """All exemplars in pieces, the disabled among them; the id alone where what is kept can't be read.

    One that is there throughout comes at least once, perhaps twice (HSCAN).
    """
    cursor = 0
    while True:
        cursor, found = client.hscan(keys.EXEMPLARS, cursor, count=_AT_ONCE)
        yield [read_exemplar(raw, _text(field)) or _text(field) for field, raw in found.items()]
        if cursor == 0:
            return


def read_exemplar(raw: bytes | None, exemplar_id: str) -> Exemplar | None:
    """The exemplar kept under an id; None, and a line in the log, where it can't be read."""
    if raw is None:
        return None
    try:
        exemplar = _exemplar.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("an exemplar can't be read", extra={"exemplar_id": exemplar_id, "error": type(error).__name__})
        return None
    if exemplar.id != exemplar_id:
        log.warning("an exemplar lies under another's id", extra={"exemplar_id": exemplar_id})
        return None
    return exemplar


def read_vectors(client: Any, views: Dimensioned, ids: Sequence[str]) -> list[dict[View, NDArray[np.float32]]]:  # noqa: ANN401
    """For each id the vectors that are kept and sound, of length 1 or 0, by view."""
    found: list[dict[View, NDArray[np.float32]]] = [{} for _ in ids]
    if not ids:
        return found
    with client.pipeline(transaction=False) as pipe:
        for view in VECTOR_VIEWS:
            pipe.hmget(keys.vectors_key(views.fingerprint(view), view), list(ids))
        for view, raws in zip(VECTOR_VIEWS, pipe.execute(), strict=True):
            for each, raw in zip(found, raws, strict=True):
                vector = unpack(raw, views.dimension(view))
                if vector is not None:
                    each[view] = vector
    return found


def pack(vector: NDArray[np.float32]) -> bytes:
    """`vector` as it is kept: float16, little-endian."""
    return vector.astype("<f2").tobytes()


def unpack(raw: bytes | None, dimension: int) -> NDArray[np.float32] | None:
    """The vector kept as `raw`, widened to float32 and scaled to length 1 again; None where it is none of `dimension`."""
    if raw is None or len(raw) != 2 * dimension:
        return None
    vector = np.frombuffer(raw, "<f2").astype(np.float32)
    length = np.linalg.norm(vector)
    if not np.isfinite(length):
        return None
    return vector / length if length > 0 else vector


def _change(position: str, fields: Mapping[bytes, bytes]) -> Change:
    get = {name.decode(errors="replace"): value for name, value in fields.items()}
    digits = get.get("version", b"")
    plain = Change(
        position,
        int(digits) if digits.isdigit() and len(digits) < 19 else -1,
        parse_rfc3339(_text(get.get("at", b""))),
    )
    if get.get("kind") == b"exemplar":
        exemplar = read_exemplar(get.get("value"), _text(get.get("id", b"")))
        return plain._replace(exemplar=exemplar, unreadable=exemplar is None)
    if get.get("kind") == b"policy":
        action = _policy_action(get.get("value", b""))
        return plain._replace(max_action=action, unreadable=action is None)
    return plain


def _policy_action(value: bytes) -> Action | None:
    try:
        return _policy.decode(value).get("max_action")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _action(raw: bytes | None) -> Action | None:
    try:
        return msgspec.convert(_text(raw), Action) if raw else None
    except msgspec.ValidationError:
        return None


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _pairs(streams: Any) -> Any:  # noqa: ANN401  # a list of pairs by RESP 2, a mapping by RESP 3
    return streams.items() if isinstance(streams, Mapping) else streams or ()


def _flat(listed: Any) -> Any:  # noqa: ANN401  # RESP 3 wraps the entries of a stream once more
    return listed[0] if listed and isinstance(listed[0], list) else listed
