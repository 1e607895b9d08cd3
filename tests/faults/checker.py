"""Was every record decided exactly once? Pure functions over what was read back after a run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from contracts import dead_letter
from contracts.decision import Action, Decision, Source
from contracts.flag import Cause, Flag

Kind = Literal["post", "edit", "deletion", "bad", "verdict"]
DECIDED: tuple[Kind, ...] = ("post", "edit", "deletion")
CAUSES: dict[Kind, Cause] = {
    "post": "post",
    "edit": "post",
    "deletion": "deleted",
    "bad": "post",
    "verdict": "moderator",
}
SHOWN = 20


class Expected(NamedTuple):
    """What must become of one record. `action` None: any will do; `code` is that of a dead letter, `part` one of `degraded`."""

    kind: Kind
    post_id: str = ""
    revision: int = 0
    action: Action | None = None
    code: str = ""
    part: str = ""


class Letter(NamedTuple):
    """A dead letter, as far as it is checked."""

    source: Source
    code: str


class Progress(NamedTuple):
    """A source partition at the end: the group's committed offset (None: never committed) and the end of the partition."""

    topic: str
    partition: int
    committed: int | None
    end: int


@dataclass
class Report:
    """What was found. Every list is empty where all is well; entries are for people."""

    records: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    bank: list[str] = field(default_factory=list)

    @property
    def findings(self) -> dict[str, list[str]]:
        """The lists by name."""
        return {name: getattr(self, name) for name in ("lost", "doubled", "wrong", "stuck", "bank")}

    @property
    def ok(self) -> bool:
        """Whether nothing was found in at least one record."""
        return self.records > 0 and not any(self.findings.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{len(found)} {name}" for name, found in self.findings.items())
        examples = [f"  {name}: {each}" for name, found in self.findings.items() for each in found[:SHOWN]]
        return "\n".join([f"{self.records} records: {counts}", *examples])


class _Verdict(NamedTuple):
    """The parts of a decision that are compared, and a digest of all of it."""

    post_id: str
    revision: int
    action: Action
    degraded: tuple[str, ...]
    digest: int


class _Found(NamedTuple):
    """What was read of one source."""

    verdicts: list[_Verdict]
    flags: list[tuple[Cause, Action, int]]
    codes: list[str]


def check(
    sent: Mapping[Source, Expected],
    decisions: Iterable[Decision],
    flags: Iterable[Flag],
    letters: Iterable[Letter],
    progress: Sequence[Progress],
) -> Report:
    """Compare what was sent with what was read committed. The iterables are consumed once and not kept."""
    report = Report(records=len(sent))
    places: defaultdict[Source, _Found] = defaultdict(lambda: _Found([], [], []))
    for decision in decisions:
        places[decision.source].verdicts.append(_verdict(decision))
    for flag in flags:
        places[flag.source].flags.append((flag.cause, flag.action, _digest(flag)))
    for letter in letters:
        places[letter.source].codes.append(letter.code)
    for source, expected in sent.items():
        _check_one(report, f"{expected.kind} {source}", expected, places[source])
    report.wrong += [
        f"{_kinds(found)} of {source}, never sent" for source, found in places.items() if source not in sent
    ]
    report.stuck += [
        f"{each.topic}/{each.partition}: committed {each.committed} of {each.end}"
        for each in progress
        if each.end and each.committed != each.end
    ]
    return report


def _check_one(report: Report, name: str, expected: Expected, found: _Found) -> None:
    _count(report, f"decision of {name}", len(found.verdicts), int(expected.kind in DECIDED))
    _count(report, f"dead letter of {name}", len(found.codes), int(expected.kind == "bad"))
    _count(report, f"flag of {name}", len(found.flags), _flags_needed(expected, found.verdicts))
    if expected.kind == "bad":
        report.wrong += [f"{name}: code {code}, not {expected.code}" for code in found.codes if code != expected.code]
    for verdict in found.verdicts:
        report.wrong += [f"{name}: {each}" for each in _differences(verdict, expected)]
    digests = {each.digest for each in found.verdicts}
    for cause, action, digest in found.flags:
        if cause != CAUSES[expected.kind]:
            report.wrong.append(f"flag of {name}: cause {cause}, not {CAUSES[expected.kind]}")
        if digests and digest not in digests:
            report.wrong.append(f"flag of {name} says other than its decision")
        if expected.kind == "verdict" and action != expected.action:
            report.wrong.append(f"flag of {name}: action {action}, not {expected.action}")


def _kinds(found: _Found) -> str:
    return f"{len(found.verdicts)} decisions, {len(found.flags)} flags, {len(found.codes)} dead letters"


def _flags_needed(expected: Expected, decided: list[_Verdict]) -> int:
    if expected.kind in ("verdict", "deletion"):
        return 1
    return int(any(each.action != "allow" or each.revision >= 1 for each in decided))


def _count(report: Report, name: str, found: int, needed: int) -> None:
    if found < needed:
        report.lost.append(f"no {name}")
    elif needed and found > needed:
        report.doubled.append(f"{found} times the {name}")
    elif found > needed:
        report.wrong.append(f"a {name}, which should have none")


def _differences(verdict: _Verdict, expected: Expected) -> list[str]:
    pairs = [
        ("post id", verdict.post_id, expected.post_id),
        ("revision", verdict.revision, expected.revision),
        ("action", verdict.action, expected.action or verdict.action),
        ("degraded", expected.part in verdict.degraded or not expected.part, True),
    ]
    return [f"{name} {found!r}, not {needed!r}" for name, found, needed in pairs if found != needed]


def _verdict(decision: Decision) -> _Verdict:
    return _Verdict(decision.post_id, decision.revision, decision.action, decision.degraded, _digest(decision))


def _digest(decision: Decision) -> int:
    """Of the fields that every decision has, also of a flag, which has more."""
    values = (getattr(decision, name) for name in Decision.__struct_fields__)
    return hash(msgspec.json.encode([None if value is msgspec.UNSET else value for value in values]))


def letter_of(headers: Iterable[tuple[str, bytes]]) -> Letter:
    """What a dead letter's headers say of its source. Raises KeyError or ValueError where they don't."""
    held = dict(headers)
    source = Source(
        held[dead_letter.SOURCE_TOPIC].decode(),
        int(held[dead_letter.SOURCE_PARTITION]),
        int(held[dead_letter.SOURCE_OFFSET]),
    )
    return Letter(source, held[dead_letter.ERROR_CODE].decode())


def bank_differences(saved: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    """What a bank that was read back (id -> text) lacks, has too much or has otherwise than what was saved."""
    return [
        *(f"exemplar {each} is missing" for each in sorted(saved.keys() - held.keys())),
        *(f"exemplar {each} was never saved" for each in sorted(held.keys() - saved.keys())),
        *(f"exemplar {each} differs" for each in sorted(saved.keys() & held.keys()) if saved[each] != held[each]),
    ]
