"""The policy, as a table of cases."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import pytest

from classifier.errors import PolicyError
from classifier.policy import MAX_EVIDENCE, TEST_PHRASE, Policy, decide, load_policy
from classifier.release import POLICY, SHIPPED
from contracts.decision import Action
from contracts.exemplar import View

SAFE = {"semantic": "review", "lexical": "hide", "contact": "review"}
RULES = {
    "schema": 1,
    "max_action": "hide",
    "default": {"exemplar": {"semantic": "review", "lexical": "review", "contact": "review"}, "head": "allow"},
    "labels": {
        "scam": {"exemplar": SAFE, "head": "review"},
        "trade": {"exemplar": SAFE, "head": "review"},
        "abuse": {"exemplar": SAFE, "head": "hide"},
    },
    "communities": {
        "market": {"trade": {"head": "allow"}},
        "quiet": {"trade": {"exemplar": dict.fromkeys(SAFE, "allow")}},
    },
}


class Near(NamedTuple):
    """An exemplar near a post."""

    exemplar_id: str
    label: str
    view: View
    similarity: float
    threshold: float = 0.8
    polarity: Literal["bad", "benign"] = "bad"


@dataclass
class Case:
    """What stands around a post, and what follows."""

    name: str
    action: Action
    reasons: list[str]
    evidence: list[str]
    matches: tuple[Near, ...] = ()
    head: tuple[tuple[str, float], ...] = ()
    community: str | None = None
    text: str = "안녕하세요"
    max_action: Action = "hide"
    limit: Action = "hide"


COPY = Near("e1", "scam", "lexical", 0.95)
REWORDED = Near("e2", "scam", "semantic", 0.85)
EQUAL = Near("e3", "trade", "contact", 1.0, 1.0)

CASES = [
    Case("nothing is near", "allow", [], []),
    Case("a copy is hidden", "hide", ["e1"], [], (COPY,)),
    Case("a reworded copy is reviewed", "review", ["e2"], [], (REWORDED,)),
    Case("an equal contact is reviewed", "review", ["e3"], [], (EQUAL,)),
    Case(
        "the strongest action wins, the rest is evidence",
        "hide",
        ["e1"],
        ["e2", "scam"],
        (COPY, REWORDED),
        (("scam", 0.6),),
    ),
    Case("equal actions carry together", "review", ["e2", "scam"], [], (REWORDED,), (("scam", 0.6),)),
    Case("a near miss is evidence", "allow", [], ["e4"], (Near("e4", "scam", "lexical", 0.79),)),
    Case("a threshold reached exactly counts", "hide", ["e4"], [], (Near("e4", "scam", "lexical", 0.8),)),
    Case("the head reviews", "review", ["trade"], [], (), (("trade", 0.5),)),
    Case("the head hides where it is opted into", "hide", ["abuse"], [], (), (("abuse", 0.5),)),
    Case("a probability near its threshold is evidence", "allow", [], ["trade"], (), (("trade", 0.3),)),
    Case("a low probability is not told", "allow", [], [], (), (("trade", 0.2),)),
    Case("a community may want what others do not", "allow", [], ["trade"], (), (("trade", 0.9),), "market"),
    Case("and its exemplars work all the same", "review", ["e3"], ["trade"], (EQUAL,), (("trade", 0.9),), "market"),
    Case(
        "a community may be left alone by exemplars", "review", ["trade"], ["e3"], (EQUAL,), (("trade", 0.9),), "quiet"
    ),
    Case("an unknown label is reviewed by exemplars", "review", ["e5"], [], (Near("e5", "gossip", "lexical", 0.9),)),
    Case("and never by the head", "allow", [], ["gossip"], (), (("gossip", 0.9),)),
    Case(
        "a nearer benign exemplar cancels",
        "allow",
        [],
        ["e1"],
        (COPY, Near("b", "scam", "lexical", 0.97, polarity="benign")),
    ),
    Case(
        "a benign one less near does not",
        "hide",
        ["e1"],
        [],
        (COPY, Near("b", "scam", "lexical", 0.94, polarity="benign")),
    ),
    Case(
        "nor one of equal likeness", "hide", ["e1"], [], (COPY, Near("b", "scam", "lexical", 0.95, polarity="benign"))
    ),
    Case("nor one of another view", "hide", ["e1"], [], (COPY, Near("b", "scam", "semantic", 0.99, polarity="benign"))),
    Case(
        "nor one of another label", "hide", ["e1"], [], (COPY, Near("b", "trade", "lexical", 0.99, polarity="benign"))
    ),
    Case(
        "benign never cancels the head",
        "review",
        ["scam"],
        ["e1"],
        (COPY, Near("b", "scam", "lexical", 0.97, polarity="benign")),
        (("scam", 0.7),),
    ),
    Case(
        "a benign match alone says nothing", "allow", [], [], (Near("b", "scam", "lexical", 0.97, polarity="benign"),)
    ),
    Case(
        "the kill switch weakens, and all that reach it carry",
        "review",
        ["e1", "e2"],
        [],
        (COPY, REWORDED),
        max_action="review",
    ),
    Case(
        "the kill switch stops everything", "allow", [], ["e1", "abuse"], (COPY,), (("abuse", 0.9),), max_action="allow"
    ),
    Case("the policy's own limit holds too", "review", ["e1"], [], (COPY,), limit="review"),
    Case("the test phrase is flagged", "review", ["test-phrase"], [], text=f"아무 글 {TEST_PHRASE} 끝"),
    Case("the test phrase beside a copy", "hide", ["e1"], ["test-phrase"], (COPY,), text=TEST_PHRASE),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_policy(case: Case) -> None:
    """Each case ends in its action, with what carried it as reasons and the rest as evidence."""
    policy = msgspec.convert({**RULES, "max_action": case.limit}, Policy)
    head = dict(case.head)
    verdict = decide(
        policy, case.community, case.text, case.matches, head, dict.fromkeys(head, 0.5), max_action=case.max_action
    )
    assert verdict.action == case.action
    assert sorted(each.exemplar_id or each.label for each in verdict.reasons) == sorted(case.reasons)
    assert sorted(each.exemplar_id or each.label for each in verdict.evidence) == sorted(case.evidence)
    assert set(verdict.flagged) == {each.label for each in verdict.reasons if each.kind != "policy"}


def test_a_flood_of_matches_stays_bounded() -> None:
    """A hundred exemplars near one post give a decision of bounded size, the strongest first."""
    matches = [Near(f"e{number}", "scam", "lexical", 0.8 + number / 1000) for number in range(100)]
    verdict = decide(msgspec.convert(RULES, Policy), None, "글", matches, {}, {}, max_action="hide")
    assert [each.exemplar_id for each in verdict.reasons] == [
        f"e{number}" for number in range(99, 99 - MAX_EVIDENCE, -1)
    ]


def test_the_shipped_policy_is_safe_on_the_first_day() -> None:
    """The head sends to review at most, and a copy of an exemplar may be hidden."""
    policy = load_policy(SHIPPED / POLICY)
    assert {rule.head for rule in policy.labels.values()} == {"review"}
    assert {rule.exemplar.lexical for rule in policy.labels.values()} == {"hide"}
    assert policy.default.head == "allow"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("schema = 2", "schema"),
        ('schema = 1\nmax_action = "delete"', "max_action"),
        ("schema = 1\n[[[", "policy.toml"),
        ('schema = 1\nmax_action = "hide"\nmax_acton = "hide"', "max_acton"),
    ],
)
def test_a_broken_policy_is_refused_with_the_mend(tmp_path: Path, text: str, named: str) -> None:
    """The error names what is wrong and where to read what is right; nothing is taken silently."""
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=named) as caught:
        load_policy(path)
    assert "docs/policy.md" in str(caught.value)
