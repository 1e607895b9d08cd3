"""What the demo streams."""

import msgspec

from contracts.codec import decode_post
from contracts.errors import DEAD_LETTER_CODES, InvalidRecordError
from contracts.exemplar import Exemplar
from contracts.post import Deletion, Post
from jikimi.demo.records import Sent, one_round, sample_exemplars, sample_posts


def meaning(sent: Sent) -> Post | Deletion | str:
    """What a worker will read, or the code why it can't."""
    try:
        return decode_post(sent.key, sent.value)
    except InvalidRecordError as error:
        return error.code


def test_what_is_said_to_be_readable_is() -> None:
    """And nothing else; every code of a dead letter is met."""
    met = [(sent, meaning(sent)) for sent in one_round(0)]
    assert all(sent.readable != isinstance(found, str) for sent, found in met)
    assert {found for _, found in met if isinstance(found, str)} == set(DEAD_LETTER_CODES)


def test_there_are_edits_and_deletions_of_posts_sent_before() -> None:
    """Some of posts that are edited and then deleted."""
    seen: set[str] = set()
    edited: set[str] = set()
    deleted: set[str] = set()
    for found in map(meaning, one_round(0)):
        if isinstance(found, Deletion):
            assert found.id in seen
            deleted.add(found.id)
        elif isinstance(found, Post):
            (edited if found.revision else seen).add(found.id)
    assert len(seen) > 600
    assert edited <= seen
    assert min(len(edited), len(deleted)) > 20
    assert edited & deleted


def test_what_is_known_of_a_sample_is_not_sent() -> None:
    """Neither labels nor anything else that would tell the answer."""
    values = b"".join(sent.value or b"" for sent in one_round(0))
    assert not [name for name in ("labels", "kind", "exemplar", "topic") if f'"{name}"'.encode() in values]


def test_each_round_has_ids_of_its_own() -> None:
    """So that a long demo never repeats a post."""
    ids = [{found.id for found in map(meaning, one_round(number)) if isinstance(found, Post)} for number in range(3)]
    assert not ids[0] & ids[1]
    assert not ids[1] & ids[2]
    assert len(ids[0]) == len(ids[2])


def test_there_are_enough_samples() -> None:
    """At least 600 posts and 60 exemplars, with ids used once."""
    posts, exemplars = sample_posts(), msgspec.convert(sample_exemplars(), list[Exemplar])
    assert len({post["id"] for post in posts}) == len(posts) >= 600
    assert len({each.id for each in exemplars}) == len(exemplars) >= 60
