"""Posts to decisions, with the shipped release."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from classifier.errors import ReleaseError
from classifier.policy import TEST_PHRASE
from classifier.release import Release
from classifier.scorer import Scorer
from contracts.codec import encode
from contracts.decision import Decision, Source
from contracts.exemplar import Exemplar
from contracts.post import Post
from embeddings.bank import Bank
from embeddings.encoder import Encoder
from embeddings.normalise import normalise
from embeddings.views import Views
from tests.unit.classifier.conftest import TroubledEncoder

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SPAM = "하루 두 시간 폰만 있으면 월 500 보장합니다 오픈톡 open.kakao.com/o/sAbC123 으로 오세요"
NORMAL = [
    "강아지 산책 같이 하실 분 계신가요? 저녁 7시쯤 공원에서요",
    "오늘 하늘 진짜 예쁘네요",
    "도서관 휴관일이 언제인지 아시는 분 있나요",
    "김장 처음 해봤는데 너무 힘들어요 ㅠㅠ",
]


def _scorer(release: Release, encoder: Encoder, *exemplars: Exemplar) -> Scorer:
    bank, views = Bank(), Views(encoder)
    for exemplar in exemplars:
        vectors = views.vectors([normalise(exemplar.text)])
        bank.apply(exemplar, {view: matrix[0] for view, matrix in vectors.items()})
    return Scorer(release, encoder, bank, clock=lambda: NOW)


def _items(texts: Sequence[str]) -> list[tuple[Post, Source]]:
    return [(Post(id=f"p{number}", text=text), Source("posts", 0, number)) for number, text in enumerate(texts)]


def _score(scorer: Scorer, *texts: str) -> list[Decision]:
    return scorer.score(_items(texts))


def test_one_decision_for_each_post_in_order(release: Release, encoder: Encoder) -> None:
    """Ids, revisions, communities and sources come back as they went in."""
    posts = [Post(id=f"p{at}", text=text, revision=at, community=f"c{at}") for at, text in enumerate(NORMAL)]
    sources = [Source("posts", 3, 100 + at) for at in range(len(posts))]
    decisions = _scorer(release, encoder).score(list(zip(posts, sources, strict=True)))
    assert [(each.post_id, each.revision, each.community, each.source) for each in decisions] == [
        (post.id, post.revision, post.community, source) for post, source in zip(posts, sources, strict=True)
    ]


def test_a_decision_says_what_decided_and_when(release: Release, encoder: Encoder) -> None:
    """Release, bank and time are those in use; every label has a probability of at most four places."""
    decision = _score(_scorer(release, encoder), NORMAL[0])[0]
    assert (decision.release, decision.bank, decision.decided_at, decision.degraded) == (release.name, "0-0", NOW, ())
    assert set(decision.labels) == set(release.head.labels)
    assert all(value == round(value, 4) for value in decision.labels.values())
    assert decision.action == "allow"
    assert encode(decision)


def test_a_copy_of_an_exemplar_is_hidden(release: Release, encoder: Encoder) -> None:
    """The exemplar is named as the reason; an equal contact and its nearness in other views are told too."""
    scorer = _scorer(release, encoder, Exemplar(id="e1", text=SPAM, label="scam"))
    decision = _score(scorer, f"  {SPAM}!!")[0]
    assert (decision.action, decision.flagged) == ("hide", ("scam",))
    assert {each.exemplar_id for each in decision.reasons} == {"e1"}


def test_a_benign_copy_cancels(release: Release, encoder: Encoder) -> None:
    """A post equal to a benign exemplar is not hidden for a bad one that is less near."""
    warning = f"조심하세요 이런 글 올라옵니다: {SPAM}"
    bad = Exemplar(id="bad", text=SPAM, label="notice", threshold=0.5)
    benign = Exemplar(id="good", text=warning, label="notice", polarity="benign")
    reasons = [
        {
            each.view
            for each in _score(_scorer(release, encoder, *exemplars), warning)[0].reasons
            if each.exemplar_id == "bad"
        }
        for exemplars in [(bad,), (bad, benign)]
    ]
    assert "lexical" in reasons[0]
    assert reasons[1] <= {"contact"}


def test_an_exemplar_never_moves_the_head(release: Release, encoder: Encoder) -> None:
    """Probabilities are the same with and without exemplars: the head sees the post only."""
    bare, full = _scorer(release, encoder), _scorer(release, encoder, Exemplar(id="e1", text=SPAM, label="scam"))
    assert _score(bare, SPAM)[0].labels == _score(full, SPAM)[0].labels


def test_the_kill_switch_works_at_once(release: Release, encoder: Encoder) -> None:
    """When the bank's control stream says `review`, nothing is hidden any more."""
    scorer = _scorer(release, encoder, Exemplar(id="e1", text=SPAM, label="scam"))
    assert _score(scorer, SPAM)[0].action == "hide"
    scorer.bank.max_action = "review"
    assert _score(scorer, SPAM)[0].action == "review"


def test_a_stale_bank_is_told(release: Release, encoder: Encoder) -> None:
    """Decisions go on with the bank in hand and say so."""
    scorer = _scorer(release, encoder)
    scorer.bank.degraded = True
    assert [each.degraded for each in _score(scorer, *NORMAL)] == [("bank",)] * len(NORMAL)


@pytest.mark.parametrize("text", ["", "\u200b\u200b", "😀🎉", "!!! ~~ ...", "\ufeff\u2800"])
def test_an_empty_post_is_allowed_and_says_so(release: Release, encoder: Encoder, text: str) -> None:
    """Nothing to read is nothing to flag; the neighbours in the batch are decided as ever."""
    first, empty, last = _score(_scorer(release, encoder), NORMAL[0], text, NORMAL[1])
    assert (empty.action, empty.labels, [each.label for each in empty.evidence]) == ("allow", {}, ["empty"])
    assert first.labels
    assert last.labels


@pytest.mark.parametrize("trouble", [TroubledEncoder.RAISES, TroubledEncoder.NOT_A_NUMBER])
def test_a_failing_post_harms_no_other(
    release: Release, encoder: Encoder, troubled: TroubledEncoder, trouble: str
) -> None:
    """An exception or a vector that is not a number sends that post to review, alone."""
    texts = [*NORMAL * 3, trouble, *NORMAL]
    decisions = _score(_scorer(release, troubled), *texts)
    failed = decisions[len(NORMAL) * 3]
    assert (failed.action, failed.degraded, failed.labels) == ("review", (_part(trouble),), {})
    assert [each.label for each in failed.reasons] == ["degraded"]
    expected = _score(_scorer(release, encoder), *texts)
    for at, (decision, sound) in enumerate(zip(decisions, expected, strict=True)):
        if at != len(NORMAL) * 3:
            assert (decision.action, decision.degraded) == (sound.action, ())
            assert np.allclose(list(decision.labels.values()), list(sound.labels.values()), atol=2e-4)


def _part(trouble: str) -> str:
    return "encoder" if trouble == TroubledEncoder.RAISES else "head"


def test_the_test_phrase_is_always_flagged(release: Release, encoder: Encoder) -> None:
    """Anyone can check a live system with one post."""
    decision = _score(_scorer(release, encoder), f"{NORMAL[0]} {TEST_PHRASE}")[0]
    assert (decision.action, [each.label for each in decision.reasons]) == ("review", ["test-phrase"])


@pytest.mark.parametrize(
    ("created_at", "degraded", "kept"),
    [
        (None, (), False),
        ("2026-11-23T12:00:00+09:00", (), True),
        ("gestern", ("created_at",), False),
        ("", ("created_at",), False),
    ],
)
def test_the_time_of_a_post_is_carried_where_it_is_one(
    release: Release, encoder: Encoder, created_at: str | None, degraded: tuple[str, ...], kept: bool
) -> None:
    """A readable time travels in UTC; another text is told as degraded and costs nothing."""
    post = Post(id="p", text=NORMAL[0], created_at=created_at)
    decision = _scorer(release, encoder).score([(post, Source("posts", 0, 0))])[0]
    assert decision.degraded == degraded
    assert (b'"created_at":"2026-11-23T03:00:00Z"' in encode(decision)) == kept


@pytest.mark.parametrize("text", ["안녕", "네", "굿", "ok", "ㅋㅋㅋ", "1", "가나", "!a"])
def test_the_shortest_posts_are_scored_alone(release: Release, encoder: Encoder, text: str) -> None:
    """On a quiet stream a post of a syllable or two is a batch by itself; it has fewer letters than an n-gram."""
    (decision,) = _score(_scorer(release, encoder), text)
    assert (decision.action, decision.degraded) == ("allow", ())
    assert set(decision.labels) == set(release.head.labels)


def test_a_batch_decides_as_its_posts_alone(release: Release, encoder: Encoder) -> None:
    """The size of a batch moves no action."""
    texts = [*NORMAL, SPAM, "여기 사장 진짜 병신새끼임 가지마", "가" * 5_000]
    scorer = _scorer(release, encoder)
    alone = [_score(scorer, text)[0] for text in texts]
    assert [each.action for each in _score(scorer, *texts)] == [each.action for each in alone]


def test_no_posts_give_no_decisions(release: Release, encoder: Encoder) -> None:
    """An empty batch is no error."""
    assert _scorer(release, encoder).score([]) == []


def test_another_encoder_is_refused(release: Release, encoder: Encoder) -> None:
    """Vectors of another model would give probabilities that mean nothing."""
    other = TroubledEncoder(encoder)
    other.fingerprint = "0" * 16
    with pytest.raises(ReleaseError, match="jikimi train head"):
        _scorer(release, other)
