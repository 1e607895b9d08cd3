"""What the demo streams: sample posts with edits, deletions and records that can't be read among them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from contracts.codec import encode
from contracts.post import MAX_ID_CHARACTERS, Post
from contracts.times import utc_now
from jikimi.samples import SAMPLE_EXEMPLARS, SAMPLE_POSTS, SAMPLES

EDITED_TEXT = "글을 수정했어요. 앞에 쓴 내용은 지웠습니다. 불편 드려 죄송합니다."
EDIT_EVERY, DELETE_EVERY, MALFORMED_EVERY = 12, 15, 60  # of the posts with a label, of those too, of all posts

MALFORMED: tuple[tuple[bytes | None, bytes | None], ...] = (
    (b"broken-1", b'{"id": "broken-1", "text": "\xb0\xa1\xb3\xaa\xb4\xd9"}'),  # EUC-KR, not UTF-8
    (b"broken-2", '{"id": "broken-2", "text": "따옴표가 모자라요}'.encode()),
    (b"broken-3", '{"text": "id가 없어요"}'.encode()),
    (b"broken-4", json.dumps({"id": "x" * (MAX_ID_CHARACTERS + 1), "text": "id가 길어요"}).encode()),
    (b"broken-5", b'["not", "an", "object"]'),
    (b"broken-6", b'{"id": "broken-6", "text": ' + b"[" * 500 + b"]" * 500 + b"}"),
    (b"broken-7", b'{"id": "broken-7", "text": "a", "revision": "three"}'),
)
ODD_BUT_READABLE: tuple[tuple[str, bytes], ...] = (
    ("odd-1", rb'{"id": "odd-1%s", "text": "\ud83d half of an emoji"}'),
    ("odd-2", '{"id": "odd-2%s", "text": "🙏🙏🙏"}'.encode()),
)


@dataclass(frozen=True)
class Sent:
    """One record to send. `readable` says that it must be decided; otherwise it must become a dead letter."""

    key: bytes | None
    value: bytes | None
    readable: bool


def sample_posts() -> list[dict[str, Any]]:
    """The composed posts of both towns, alternating; with their labels, which are never sent."""
    towns = map(_read, SAMPLE_POSTS)
    return [post for pair in zip(*towns, strict=True) for post in pair]


def sample_exemplars() -> list[dict[str, Any]]:
    """The composed exemplars of both towns."""
    return [exemplar for name in SAMPLE_EXEMPLARS for exemplar in _read(name)]


def one_round(number: int) -> Iterator[Sent]:
    """All sample posts once, made at the moment they are taken; ids of later rounds carry the round's number."""
    mark = f"-{number}" if number else ""
    labelled = 0
    for place, sample in enumerate(sample_posts(), start=1):
        post_id = f"{sample['id']}{mark}"
        yield _post(post_id, sample)
        if sample["labels"]:
            labelled += 1
            if labelled % EDIT_EVERY == 0:
                yield _post(post_id, {**sample, "title": None, "text": EDITED_TEXT}, revision=1)
            if labelled % DELETE_EVERY == 0:
                yield Sent(post_id.encode(), None, readable=True)
        if place % MALFORMED_EVERY == 0:
            key, value = MALFORMED[(place // MALFORMED_EVERY - 1) % len(MALFORMED)]
            yield Sent(key, value, readable=False)
    for name, value in ODD_BUT_READABLE:
        yield Sent(f"{name}{mark}".encode(), value.replace(b"%s", mark.encode()), readable=True)


def endless() -> Iterator[Sent]:
    """Round after round."""
    for number in count():
        yield from one_round(number)


def _post(post_id: str, sample: dict[str, Any], revision: int = 0) -> Sent:
    post = Post(
        id=post_id,
        text=sample["text"],
        title=sample.get("title"),
        community=sample["community"],
        created_at=utc_now().isoformat(),
        revision=revision,
    )
    return Sent(post_id.encode(), encode(post), readable=True)


def _read(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]
