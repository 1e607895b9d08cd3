"""Matches and probabilities to an action, by label and community. `docs/policy.md` tells the file; nothing here knows a label."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Protocol

import msgspec

from classifier.errors import PolicyError
from contracts.decision import ACTIONS, Action, Reason
from contracts.exemplar import Label, View

TEST_PHRASE = "지킴이-시험-문구-이-글은-표시되어야-합니다-7319"
"""A post that holds it is always flagged: `review`, with a reason of kind `policy` and label `test-phrase`."""

MAX_FILE_BYTES = 1024 * 1024
MAX_EVIDENCE = 16
"""Reasons, and evidence, of one decision at most; the strongest come first."""

_NEAR = 0.5  # a probability from half its threshold on is told as evidence


class Match(Protocol):
    """An exemplar that is near the post in a view, whether or not it reaches its threshold."""

    @property
    def exemplar_id(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def polarity(self) -> Literal["bad", "benign"]: ...  # noqa: D102
    @property
    def view(self) -> View: ...  # noqa: D102
    @property
    def similarity(self) -> float: ...  # noqa: D102
    @property
    def threshold(self) -> float: ...  # noqa: D102


class ViewActions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a match does, by view."""

    semantic: Action
    lexical: Action
    contact: Action


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done for one label: by matches of exemplars, and by the head."""

    exemplar: ViewActions
    head: Action


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a community differs from the rule of a label."""

    exemplar: ViewActions | None = None
    head: Action | None = None


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy file. `default` is for labels without a rule, `communities` is community -> label -> what differs."""

    schema: Literal[1]
    max_action: Action
    default: Rule
    labels: dict[Label, Rule] = {}
    communities: dict[Annotated[str, msgspec.Meta(max_length=128)], dict[Label, Override]] = {}

    def rule(self, label: str, community: str | None) -> Rule:
        """The rule for `label` in `community`."""
        rule = self.labels.get(label, self.default)
        override = self.communities.get(community or "", {}).get(label)
        if override is None:
            return rule
        return Rule(exemplar=override.exemplar or rule.exemplar, head=override.head or rule.head)


class Verdict(NamedTuple):
    """What a decision says beside names and times."""

    action: Action
    flagged: tuple[str, ...]
    reasons: tuple[Reason, ...]
    evidence: tuple[Reason, ...]


_NOTHING = Verdict("allow", (), (), ())


def load_policy(path: Path) -> Policy:
    """The policy in a TOML file. Raises PolicyError that names the field and what it may be."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_FILE_BYTES:
            raise PolicyError(f"{path.name} has {len(raw):,} bytes, the limit is {MAX_FILE_BYTES:,}")
        return msgspec.convert(tomllib.loads(raw.decode()), Policy)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PolicyError(f"{path.name} is no policy: {error}. docs/policy.md tells what may stand there") from error


def decide(
    policy: Policy,
    community: str | None,
    text: str,
    matches: Sequence[Match],
    probabilities: Mapping[str, float],
    thresholds: Mapping[str, float],
    *,
    max_action: Action,
) -> Verdict:
    """The strongest action that anything carries, and what carried it.

    `text` is the original, searched for the test phrase. `probabilities` and `thresholds` are the head's, by label. `max_action`
    is the kill switch of the control stream; the policy's own limit holds as well. A benign exemplar that is nearer than a
    bad one of its label, in the same view, cancels that match; it never touches the head.
    """
    near = [label for label, probability in probabilities.items() if probability >= thresholds[label] * _NEAR]
    if not near and not matches and TEST_PHRASE not in text:
        return _NOTHING
    limit = _weaker(max_action, policy.max_action)
    carried = [
        *_of_test_phrase(text),
        *_of_matches(policy, community, matches),
        *(_of_head(policy.rule(label, community), label, probabilities[label], thresholds[label]) for label in near),
    ]
    if not carried:
        return _NOTHING
    capped = [(_weaker(action, limit), reason) for action, reason in carried]
    strongest = max((action for action, _ in capped), key=ACTIONS.index)
    reasons = [reason for action, reason in capped if action == strongest != ACTIONS[0]]
    evidence = [reason for action, reason in capped if reason not in reasons]
    flagged = dict.fromkeys(reason.label for reason in reasons if reason.kind != "policy")
    return Verdict(strongest, tuple(flagged), _strongest(reasons), _strongest(evidence))


def _of_test_phrase(text: str) -> Iterable[tuple[Action, Reason]]:
    if TEST_PHRASE in text:
        yield "review", Reason(kind="policy", label="test-phrase", score=1.0, threshold=1.0)


def _of_matches(policy: Policy, community: str | None, matches: Sequence[Match]) -> Iterable[tuple[Action, Reason]]:
    benign: dict[tuple[str, str], float] = {}
    for match in matches:
        if match.polarity == "benign":
            key = match.label, match.view
            benign[key] = max(match.similarity, benign.get(key, -1.0))
    for match in matches:
        if match.polarity == "bad":
            cancelled = benign.get((match.label, match.view), -1.0) > match.similarity
            holds = _score(match.similarity) >= _score(match.threshold) and not cancelled
            actions = policy.rule(match.label, community).exemplar
            yield (getattr(actions, match.view) if holds else "allow"), _exemplar_reason(match)


def _exemplar_reason(match: Match) -> Reason:
    return Reason(
        kind="exemplar",
        label=match.label,
        view=match.view,
        score=_score(match.similarity),
        threshold=_score(match.threshold),
        exemplar_id=match.exemplar_id,
    )


def _of_head(rule: Rule, label: str, probability: float, threshold: float) -> tuple[Action, Reason]:
    reason = Reason(kind="classifier", label=label, score=_score(probability), threshold=_score(threshold))
    return (rule.head if probability >= threshold else "allow"), reason


def _strongest(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.score)[:MAX_EVIDENCE])


def _weaker(one: Action, other: Action) -> Action:
    return one if ACTIONS.index(one) <= ACTIONS.index(other) else other


def _score(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
